"""Where the target installs its headers: the layout of /usr/include, out of the paths of its source tree.

What include/Makefile installs, by the lists that stand in it; and each library's own. So a header that the tree holds
and does not install counts as lacking, as it would for a compiler on that system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from portkit.audit.makefile import Makefile, read
from portkit.change.changeset import Blob
from portkit.paths import RepoPath

FOLDERS = ("include", "sys", "lib", "secure/lib", "gnu/lib")
"""What of the target's tree is looked at; a library's sources in contrib/ and the like come to that."""

_LIBRARIES = ("lib/", "secure/lib/", "gnu/lib/")
_WHOLE = ("bus", "gnu", "libprop", "net", "netbt", "netgraph", "netgraph7", "netinet", "netinet6", "netproto", "sys",
          "vfs", "vm")  # fmt: skip
"""Folders of sys/ that are installed where include/Makefile does not say which."""

_TOP = ("aio.h", "errno.h", "fcntl.h", "linker_set.h", "poll.h", "sched.h", "syslog.h", "ucontext.h")
"""Headers of sys/sys/ that are reached by their bare name too, where include/Makefile does not say which."""

_REGULAR = 0o100000
_VERSION = re.compile(rb"^#\s*(?:define|undef)\s+__DragonFly_version\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Headers:
    """`files`: header as it is included to the blob in the tree; `made`: those whose content is made here; `sources`:
    header to the path in the tree; `generated`: those that the build makes out of another file of the tree, which it
    is to, and which are not there therefore."""

    files: Mapping[str, Blob]
    made: Mapping[str, bytes]
    sources: Mapping[str, RepoPath]
    generated: Mapping[str, RepoPath] = field(default_factory=dict)

    @property
    def system(self) -> bool:
        """Whether the system's own are among them: on a library's alone, everything would be an error."""
        return any(path.startswith(("include/", "sys/")) for path in self.sources.values())


def installed(
    entries: Mapping[RepoPath, Blob],
    read_blob: Callable[[str], bytes],
    further: Callable[[Iterable[str]], Mapping[RepoPath, Blob]],
) -> Headers:
    """The layout of `entries`, the files under `FOLDERS`. `further` gives the files under other folders of the tree,
    for libraries whose sources stand there."""
    layout = _Layout({path: blob for path, blob in entries.items() if blob.mode & 0o170000 == _REGULAR})
    layout.tree("include/", "")
    include = entries.get(RepoPath("include/Makefile"))
    make = read(read_blob(include.oid), "include") if include is not None else Makefile("include", {})
    listed = [*make.words("LDIRS"), *make.words("LSUBDIRS")]
    if listed:
        for folder in dict.fromkeys(listed):
            layout.folder(f"sys/{folder}/", f"{folder}/")
    else:
        for folder in _WHOLE:
            layout.tree(f"sys/{folder}/", f"{folder}/")
    layout.tree("sys/opencrypto/", "crypto/")
    layout.tree("sys/crypto/rijndael/", "crypto/")
    layout.tree("sys/cpu/x86_64/include/", "cpu/")
    layout.tree("sys/platform/pc64/include/", "machine/")
    layout.tree("sys/cpu/x86_64/include/", "machine/")
    for name in make.words("LHDRS") or _TOP:
        layout.file(f"sys/sys/{name}", name)
    layout.libraries(read_blob, further)
    made: dict[str, bytes] = {}
    param = entries.get(RepoPath("sys/sys/param.h"))
    version = _VERSION.search(read_blob(param.oid)) if param is not None else None
    if version and "osreldate.h" not in layout.files:
        made["osreldate.h"] = b"#undef __DragonFly_version\n#define __DragonFly_version " + version[1] + b"\n"
    generated = {
        f"{path.removeprefix('include/').removesuffix('.x')}.h": path
        for path in entries
        if path.startswith("include/") and path.endswith(".x")
    }
    return Headers(layout.files, made, layout.sources, generated)


class _Layout:
    """The headers so far; the first of a name stays."""

    def __init__(self, entries: Mapping[RepoPath, Blob]) -> None:
        self._entries = dict(entries)
        self.files: dict[str, Blob] = {}
        self.sources: dict[str, RepoPath] = {}
        self._by_folder: dict[str, list[RepoPath]] = {}
        for path in self._entries:
            self._note(path)

    def _note(self, path: RepoPath) -> None:
        if path.endswith(".h"):
            self._by_folder.setdefault(path[: path.rfind("/") + 1], []).append(path)

    def folder(self, folder: str, place: str) -> None:
        """The headers of one folder, not of those in it."""
        for path in self._by_folder.get(folder, ()):
            self.file(path, place + path[len(folder) :])

    def tree(self, folder: str, place: str) -> None:
        for other in [one for one in self._by_folder if one.startswith(folder)]:
            self.folder(other, place + other[len(folder) :])

    def file(self, path: str, place: str) -> None:
        blob = self._entries.get(RepoPath(path))
        if blob is None or place in self.files:
            return
        self.files[place] = blob
        self.sources[place] = RepoPath(path)

    def libraries(
        self,
        read_blob: Callable[[str], bytes],
        further: Callable[[Iterable[str]], Mapping[RepoPath, Blob]],
    ) -> None:
        """The headers that the Makefiles under lib/ install."""
        makes = [
            read(read_blob(blob.oid), path.rpartition("/")[0])
            for path, blob in self._entries.items()
            if path.startswith(_LIBRARIES) and path.endswith("/Makefile")
        ]
        makes = [make for make in makes if any(name.endswith("INCS") for name in make.values)]
        outside = {one for make in makes for one in _folders(make) if not one.startswith(FOLDERS)}
        for path, blob in (further(sorted(outside)) if outside else {}).items():
            if blob.mode & 0o170000 == _REGULAR:
                self._entries[path] = blob
                self._note(path)
        for make in makes:
            self._library(make)

    def _library(self, make: Makefile) -> None:
        for group in make.words("INCSGROUPS") or ("INCS",):
            place = (make.text(f"{group}DIR") or "/usr/include").removeprefix("/usr/include").strip("/")
            for word in make.words(group):
                name = word.rpartition("/")[2]
                for folder in ("", *(f"/{one}" for one in _folders(make))):
                    path = make.inside(f"{folder}/{word}" if folder else word)
                    if path in self._entries:
                        self.file(path, f"{place}/{name}" if place else name)
                        break
        links = make.words("INCSLINKS")
        for old, new in zip(links[::2], links[1::2], strict=False):
            source = self.sources.get(old)
            if source is not None and new.startswith("/usr/include/"):
                self.file(source, new.removeprefix("/usr/include/"))


def _folders(make: Makefile) -> tuple[str, ...]:
    """Where a library's headers may stand besides its own folder."""
    source = make.inside(make.text("SRCDIR")) if make.text("SRCDIR") else None
    return tuple(dict.fromkeys([*make.paths(), *([source] if source else [])]))
