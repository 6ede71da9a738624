"""What is compiled of a component, and with which flags, by its Makefile.

Only flags that say what the source means are taken over (-D, -U, -I, -W, -std, signed chars): a Makefile may belong
to anybody, and a compiler can be told to load a plugin or to write a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portkit.audit.makefile import Makefile, read
from portkit.change.changeset import Blob
from portkit.paths import RepoPath, parent

_MEANING = re.compile(
    r"-[DU][A-Za-z_]\w*(?:=.*)?|-std=[A-Za-z0-9:]+|-f(?:un)?signed-char|-fno-strict-aliasing|-W(?:no-)?[a-z][a-z0-9=-]*",
    re.DOTALL,
)
_UNASKED = re.compile(r"-W(?:error|inline|missing-include-dirs|system-headers|no-error|maybe|no-maybe)\b.*|-W[alp],.*")
"""Warnings that are errors change what an error is; those of headers are not the component's; clang knows not all."""

_PROGRAMS = ("bin", "games", "lib", "libexec", "sbin", "usr.bin", "usr.sbin")
"""Where the Makefiles of programs are, whose sources may stand elsewhere."""

_GENERATED = (".y", ".l")
DEFAULT_STANDARD = "-std=gnu99"
"""share/mk/bsd.sys.mk's, where it does not say."""


@dataclass(frozen=True, slots=True)
class Besides:
    """What one source is compiled with besides (`_tool.c_FLAGS`, share/mk/bsd.lib.mk): `flags`; `forced`: files of the
    tree that are read before it (-include)."""

    source: RepoPath
    flags: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """How a component's sources are compiled. `sources` in order; `include`: folders of the tree, `-I`'s; `flags`:
    definitions and the standard; `warnings`: of its own WARNS (`warns`, None where nobody says); `left`: sources that
    are not looked at, each with the reason; `besides`: what single sources are compiled with besides."""

    folder: str
    sources: tuple[RepoPath, ...]
    include: tuple[str, ...]
    flags: tuple[str, ...]
    warnings: tuple[str, ...]
    warns: int | None
    left: tuple[tuple[str, str], ...]
    besides: tuple[Besides, ...] = ()

    def besides_of(self, source: str) -> Besides:
        """What `source` is compiled with besides."""
        return next((one for one in self.besides if one.source == source), Besides(RepoPath(source)))


class Builder:
    """Reads Makefiles of one tree. `further` gives the files under folders of it."""

    def __init__(
        self,
        further: Callable[[Iterable[str]], Mapping[RepoPath, Blob]],
        read_blob: Callable[[str], bytes],
    ) -> None:
        self._further = further
        self._read = read_blob

    def builds(
        self, entries: Mapping[RepoPath, Blob], mine: Callable[[str], bool]
    ) -> tuple[tuple[Build, ...], Mapping[RepoPath, Blob]]:
        """The builds of the component whose files `entries` are (those for which `mine` holds; others beside them
        too); and what they take from elsewhere in the tree: folders of -I and of .PATH."""
        makes = [
            self._make(parent(path), blob)
            for path, blob in sorted(entries.items())
            if path.rpartition("/")[2] == "Makefile"
        ]
        makes = [make for make in makes if make.text("SRCS") or make.text("PROG") or make.text("LIB")]
        extra = {one for make in makes for one in (*make.paths(), *_included(make))}
        outside = sorted(one for one in extra if not _within(one, entries))
        found: Mapping[RepoPath, Blob] = {
            path: blob
            for path, blob in (self._further(outside) if outside else {}).items()
            if (path.endswith(".c") and parent(path) in extra) or path.endswith(".h")
        }
        known = {**found, **entries}
        made = [self._built(make, known, mine) for make in makes]
        made = [one for one in made if one.sources or one.left]
        if not made:
            found, made = self._from_elsewhere(entries, mine)
        if not made:
            made = self._without(entries, mine)
        return tuple(made), found

    def _from_elsewhere(
        self, entries: Mapping[RepoPath, Blob], mine: Callable[[str], bool]
    ) -> tuple[Mapping[RepoPath, Blob], list[Build]]:
        """The builds of Makefiles that reach the component's sources by .PATH, as those of contrib/ are built."""
        folders = {parent(path) for path in entries if path.endswith(".c") and mine(path)}
        last = tuple(folder.rpartition("/")[2].encode("utf-8", "surrogateescape") for folder in sorted(folders))
        found: dict[RepoPath, Blob] = {}
        result = []
        for path, blob in sorted(self._further(_PROGRAMS).items() if folders else ()):
            if not path.endswith("/Makefile"):
                continue
            content = self._read(blob.oid)
            if b".PATH" not in content or not any(one in content for one in last):
                continue
            make = read(content, parent(path))
            if not folders & set(make.paths()):
                continue
            extra = {*make.paths(), *_included(make)}
            found |= {
                one: held
                for one, held in self._further(sorted({make.folder, *extra})).items()
                if one.endswith(".h") or (one.endswith(".c") and parent(one) in {make.folder, *extra})
            }
            built = self._built(make, {**found, **entries}, mine)
            result += [built] if any(mine(source) for source in built.sources) else []
        return found, result

    def _make(self, folder: str, blob: Blob) -> Makefile:
        return read(self._read(blob.oid), folder)

    def _built(self, make: Makefile, known: Mapping[RepoPath, Blob], mine: Callable[[str], bool]) -> Build:
        paths = make.paths()
        names = make.words("SRCS") or ((f"{make.text('PROG')}.c",) if make.text("PROG") else ())
        sources: list[RepoPath] = []
        left: list[tuple[str, str]] = []
        for name in dict.fromkeys(names):
            path = _found(make, name, paths, known)
            if name.endswith(_GENERATED):
                if path is not None and mine(path):
                    left.append((path, "its C is made by yacc or lex, which are not run"))
            elif not name.endswith(".c"):
                continue
            elif path is None:
                if all(mine(f"{make.folder}/{one}") for one in ("x.c", "y.c")):  # a folder that is mapped whole
                    left.append((f"{make.folder}/{name}", "the tree has no such file; the build makes it"))
            elif mine(path) or parent(path) in paths:
                sources.append(path)
        warns = self._warns(make)
        return Build(
            make.folder, tuple(sources), tuple(dict.fromkeys([make.folder, *_included(make)])), _flags(make),
            self._warnings(make, warns), warns, tuple(left), tuple(_besides(make, sources)),
        )  # fmt: skip

    def _without(self, entries: Mapping[RepoPath, Blob], mine: Callable[[str], bool]) -> list[Build]:
        """A component with no Makefile of its own that names its sources: all of them, one folder at a time."""
        folders: dict[str, list[RepoPath]] = {}
        for path in sorted(entries):
            if path.endswith(".c") and mine(path):
                folders.setdefault(parent(path), []).append(path)
        result = []
        for folder, sources in folders.items():
            blob = entries.get(RepoPath(f"{folder}/Makefile"))
            make = self._make(folder, blob) if blob is not None else Makefile(folder, {})
            warns = self._warns(make)
            result.append(
                Build(folder, tuple(sources), (folder, *_included(make)), _flags(make), self._warnings(make, warns),
                      warns, ())
            )  # fmt: skip
        return result

    def _warns(self, make: Makefile) -> int | None:
        own = make.number("WARNS")
        if own is not None:
            return own
        folder = parent(make.folder) if make.folder else ""
        while folder:
            name = RepoPath(f"{folder}/Makefile.inc")
            blob = self._further([name]).get(name)
            if blob is not None:
                return read(self._read(blob.oid), folder).number("WARNS")
            folder = parent(folder)
        return None

    def _warnings(self, make: Makefile, warns: int | None) -> tuple[str, ...]:
        if warns is None:
            return tuple(one for one in make.words("CFLAGS") if _is_warning(one))
        name = RepoPath("share/mk/bsd.sys.mk")
        blob = self._further([name]).get(name)
        if blob is None:
            return ("-Wall",) if warns >= 2 else ()
        rules = read(self._read(blob.oid), "share/mk", {"WARNS": str(warns)})
        every = (*rules.words("CWARNFLAGS"), *rules.words("_cnowarnflags"), *make.words("CFLAGS"))
        return tuple(dict.fromkeys(one for one in every if _is_warning(one)))


def _is_warning(flag: str) -> bool:
    return flag.startswith("-W") and _MEANING.fullmatch(flag) is not None and not _UNASKED.fullmatch(flag)


def _flags(make: Makefile) -> tuple[str, ...]:
    words = [one for one in make.words("CFLAGS") if not one.startswith("-W") and _MEANING.fullmatch(one)]
    words = [one for one in words if not one.startswith("-I")]
    standard = make.text("CSTD")
    if standard and re.fullmatch(r"[a-z0-9]+", standard):
        words.append(f"-std={standard}")
    if not any(one.startswith("-std=") for one in words):
        words.append(DEFAULT_STANDARD)
    return tuple(dict.fromkeys(words))


def _besides(make: Makefile, sources: Iterable[RepoPath]) -> Iterator[Besides]:
    for source in sources:
        words = make.words(f"_{source.rpartition('/')[2]}_FLAGS")
        if words:
            named = [after for word, after in pairwise(words) if word == "-include"]
            forced = [make.inside(one) for one in named]
            flags = tuple(one for one in words if _MEANING.fullmatch(one) and not one.startswith("-W"))
            yield Besides(source, flags, tuple(one for one in forced if one))


def _included(make: Makefile) -> tuple[str, ...]:
    """The folders of the tree that `-I` names; those out of it are left out."""
    words: Sequence[str] = make.words("CFLAGS")
    named = [word[2:] or after for word, after in zip(words, (*words[1:], ""), strict=False) if word.startswith("-I")]
    found = [make.inside(one) for one in named if one and not one.startswith("-")]
    return tuple(dict.fromkeys(one for one in found if one))


def _found(
    make: Makefile, name: str, paths: Sequence[str], known: Mapping[RepoPath, Blob]
) -> RepoPath | None:
    for folder in (make.folder, *paths):
        path = make.inside(f"/{folder}/{name}")
        if path is not None and path in known:
            return RepoPath(path)
    return None


def _within(folder: str, entries: Mapping[RepoPath, Blob]) -> bool:
    return any(parent(path) == folder for path in entries)
