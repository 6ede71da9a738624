"""Upstream's code as it stands, on the target's headers: what is missing there, where, and since when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.audit.checking import Checked, Compiler, Diagnostic
from portkit.audit.headers import Headers
from portkit.audit.lacks import Declared, Lack, LackKind, Sorted, declarations, needs, sort, wanted_names
from portkit.audit.replacements import known
from portkit.audit.sides import Side
from portkit.change.changeset import Blob
from portkit.paths import RepoPath, problem_with
from portkit.protocols import Tree

STAND_IN = "portkit-stand-in"
"""The folder in which upstream's own headers stand in for those that the target lacks, to see past them."""

_ROUNDS = 6
_FOR_PROGRAMS = re.compile(r"[^/]*$|(?:sys|net|netinet|netinet6|arpa|machine)/[^/]*$")
"""Headers that it makes sense to send somebody to."""
_INCLUDED = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)[>\"]", re.MULTILINE)
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(rb"[A-Za-z_]\w*")
_HEADER_FOLDERS = ("include", "sys", "lib", "gnu/lib", "gnu/usr.bin/gcc")
_OTHER_MACHINES = re.compile(r"sys/arch/(?!amd64/include/)|sys/(?:dev|lib|stand|compat)/|/regress/")


TreeOfWanted = Callable[[Sequence[str], Callable[[str], bool]], Tree]
"""Gives a tree's files under folders, those that are wanted, at one commit."""


@dataclass(frozen=True, slots=True)
class Portability:
    """What upstream's code needs that the target lacks. `commit`: upstream's, that was looked at; `following`: errors
    that only follow from a lack; `other`: errors that nothing missing explains; `warnings`: by the target folder's own
    WARNS; `left`: sources that were not looked at; `units`: how many were; `own_headers`: how many
    headers of upstream's were at hand to look a name up in."""

    commit: str
    compiler: str
    units: int
    lacks: tuple[Lack, ...]
    following: int
    other: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    left: tuple[tuple[str, str], ...]
    own_headers: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """The changeset since which a file holds a word, without a break until now."""

    changeset: str
    date: int


Since = Callable[[str, str], Origin | None]
"""(path, word) to its origin."""


def portability(
    upstream: Side,
    upstream_tree: TreeOfWanted,
    headers: Headers,
    header_contents: Callable[[Iterable[str]], Mapping[str, bytes]],
    compiler: Compiler,
    *,
    warnings: Sequence[str],
    table: Mapping[str, str],
    since: Since,
    ours: Mapping[str, bytes] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Portability, Mapping[str, str]]:
    """What `upstream` needs that `headers`, the target's, lack; and, by path, the headers of upstream's that stood in
    for missing ones, in the folder `STAND_IN`. `header_contents` gives the target's headers by the
    name they are included by; `warnings` are the switches of the target's folder; `ours`: the component's own sources
    in the target, by path, which may have what no header has."""
    progress("checking upstream's sources on the target's headers")
    units = upstream.units(warnings=warnings)
    first = compiler.check(units, upstream.contents.read)
    progress("looking up what is missing in upstream's headers")
    own = _HeaderTree(upstream_tree)
    stand_ins: dict[str, str] = {}
    without: set[str] = set()
    last = first
    for _ in range(_ROUNDS):
        missing = _missing(last) - without
        for name, path in own.closure(sorted(missing), headers.files).items():
            stand_ins[f"{STAND_IN}/{name}"] = upstream.contents.add(own.read(path))
        without |= {name for name in missing if f"{STAND_IN}/{name}" not in stand_ins}
        if not missing - without:
            break
        stuck = frozenset(one.main for one in last if _missing([one]))
        again = upstream.units(
            warnings=warnings, files=stand_ins, include=(STAND_IN,), only=stuck
        )
        better = {one.main: one for one in compiler.check(again, upstream.contents.read)}
        last = tuple(better.get(one.main, one) for one in last)
    last = tuple(_without_stand_ins(one) for one in last)
    puzzling = _puzzling([*first, *last], upstream)
    names = wanted_names([*first, *last]) | {word for words in puzzling.values() for word in words}
    where = {(one.path, one.line) for unit in (*first, *last) for one in unit.errors if not one.path.startswith("<")}
    functions = {place: upstream.function(*place) for place in where}
    declared = declarations(names, own.contents(names))
    defined = _defined(upstream)
    every = header_contents(headers.files)
    elsewhere = declarations(names, every)
    mine = declarations(names, ours or {})
    usable = {name: one for name, one in every.items() if _FOR_PROGRAMS.match(name)}
    plain = {name: one for name, one in usable.items() if "/" not in name}  # before the kernel's: it has its own memcpy
    programs = {**declarations(names, usable), **declarations(names, plain)}
    used = {
        place: word
        for place, words in puzzling.items()
        for word in reversed(words)
        if word in declared and declared[word].kind is LackKind.MACRO and word not in elsewhere
    }
    before = sort(first, declared, functions, defined, used)
    after = sort(last, declared, functions, defined, used)
    lacks = [
        *_header_lacks(before, after, own, headers, upstream, stand_ins),
        *_name_lacks(after, declared, programs, mine),
    ]
    told = tuple(_completed(one, table, since) for one in lacks)
    found = Portability(
        upstream.commit, compiler.name, len(units), told, after.following, after.other,
        tuple(one for unit in last for one in unit.warnings if not one.path.startswith("<")), upstream.left,
        len(own),
    )  # fmt: skip
    return found, stand_ins


def _puzzling(checked: Iterable[Checked], upstream: Side) -> dict[tuple[str, int], tuple[str, ...]]:
    """Of the lines of which the compiler can make nothing, the words that may be macros it does not know: a macro that
    declares something stands where no expression does."""
    found = {}
    for unit in checked:
        for one in unit.errors:
            lines = upstream.lines(one.path)
            if needs(one) is None and 0 < one.line <= len(lines):
                words = dict.fromkeys(word.decode() for word in _WORD.findall(lines[one.line - 1]) if word.isupper())
                found[one.path, one.line] = tuple(words)
    return found


def _missing(checked: Iterable[Checked]) -> set[str]:
    found = (needs(one) for unit in checked for one in unit.errors)
    return {name for kind, name in filter(None, found) if kind is LackKind.HEADER}


def _without_stand_ins(checked: Checked) -> Checked:
    """What stands in for a header is not the component's, whatever is wrong in it."""
    renamed = tuple(
        replace(one, path=f"<{one.path.removeprefix(f'{STAND_IN}/')}>") if one.path.startswith(f"{STAND_IN}/") else one
        for one in checked.diagnostics
    )
    return replace(checked, diagnostics=renamed)


def _header_lacks(
    before: Sorted, after: Sorted, own: _HeaderTree, headers: Headers, upstream: Side, stand_ins: Mapping[str, str]
) -> Iterable[Lack]:
    """The missing headers; each with the names of it that were missing until upstream's stood in for it."""
    gone = [name for kind, name in before.lacks if kind is not LackKind.HEADER and (kind, name) not in after.lacks]
    every = {key: places for key, places in {**after.lacks, **before.lacks}.items() if key[0] is LackKind.HEADER}
    for place in stand_ins:  # one that only another stand-in includes is none that the component needs
        every.setdefault((LackKind.HEADER, place.removeprefix(f"{STAND_IN}/")), ())
    taken: set[str] = set()
    for (_, name), places in sorted(every.items()):
        needed_by = tuple(one for one in places if one.path in upstream.files)
        if name in headers.generated or not needed_by:
            continue
        path = own.named(name)
        words = frozenset(_WORD.findall(own.read(path))) if path is not None else frozenset()
        brings = [one for one in gone if one not in taken and one.rpartition(".")[2].encode() in words]
        taken.update(brings)
        yield Lack(LackKind.HEADER, name, needed_by, declared=path or "", brings=tuple(sorted(brings)))


def _name_lacks(
    after: Sorted, declared: Mapping[str, Declared], programs: Mapping[str, Declared], mine: Mapping[str, Declared]
) -> Iterable[Lack]:
    """What is missing besides headers. `programs`: what the target's headers for programs declare; `mine`: what the
    component's own sources in the target do."""
    for (kind, name), places in after.lacks.items():
        if kind is LackKind.HEADER:
            continue
        bare = name.rpartition(".")[2]
        header = declared[bare].header if bare in declared else ""
        text = after.texts.get((kind, name), "")
        here, own = programs.get(bare), mine.get(bare)
        if kind not in (LackKind.MEMBER, LackKind.DIFFERS):
            if here is not None and here.kind is kind:
                text = f"the target declares it in <{here.header}>, which is not included here"
            elif own is not None and own.kind is kind and (kind is not LackKind.FUNCTION or own.header.endswith(".h")):
                text = f"the target has its own, in {own.header}"
        yield Lack(kind, name, places, declared=header, text=text)


def _completed(lack: Lack, table: Mapping[str, str], since: Since) -> Lack:
    """`lack` with its replacement, and the changeset since which it is needed: the oldest over its places."""
    word = lack.name if lack.kind is LackKind.HEADER else lack.name.rpartition(".")[2]
    paths = dict.fromkeys(place.path for place in lack.places)
    origins = [found for path in paths if (found := since(path, word)) is not None]
    oldest = min(origins, key=lambda one: one.date, default=None)
    return replace(
        lack,
        replacement=known(table, lack.name),
        since=oldest.changeset if oldest else "",
        since_date=oldest.date if oldest else 0,
    )


def _defined(upstream: Side) -> frozenset[str]:
    """Every name that a `#define` of the component's own sources makes."""
    found: set[str] = set()
    for path in upstream.own:
        found.update(name.decode() for name in _DEFINE.findall(upstream.read(path)))
    return frozenset(found)


class _HeaderTree:
    """Upstream's own headers: include/, the kernel's and the libraries'."""

    def __init__(self, tree_of: TreeOfWanted) -> None:
        self._tree = tree_of(_HEADER_FOLDERS, lambda one: one.endswith(".h") and not _OTHER_MACHINES.search(one))
        paths = sorted(self._tree.entries, key=_nearness)
        self._paths: dict[RepoPath, Blob] = {one: self._tree.entries[one] for one in paths}
        self._by_name: dict[str, list[RepoPath]] = {}
        for path in self._paths:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def __len__(self) -> int:
        return len(self._paths)

    def named(self, name: str) -> RepoPath | None:
        """The header that is included by `name`, None where there is none."""
        candidates = self._by_name.get(name.rpartition("/")[2], [])
        fitting = [path for path in candidates if _is_included_as(path, name)]
        if not fitting and name.startswith("openssl/"):  # installed from all over lib/libssl
            fitting = [path for path in candidates if path.startswith("lib/")]
        return fitting[0] if fitting else None

    def closure(self, names: Iterable[str], there: Mapping[str, object]) -> dict[str, RepoPath]:
        """The headers of `names`, and those that they include in turn and that are not `there`."""
        found: dict[str, RepoPath] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            path = self.named(name) if name not in found else None
            if path is not None:
                found[name] = path
                included = [one.decode("latin-1") for one in _INCLUDED.findall(self.read(path))]
                waiting += [one for one in included if one not in there and not problem_with(one)]
        return found

    def read(self, path: RepoPath) -> bytes:
        return self._tree.read(self._paths[path].oid)

    def contents(self, names: frozenset[str]) -> dict[str, bytes]:
        """Every header with its content; none where no name is asked about."""
        if not names:
            return {}
        by_oid: dict[str, list[RepoPath]] = {}
        for path, blob in self._paths.items():
            by_oid.setdefault(blob.oid, []).append(path)
        read = {path: content for oid, content in self._tree.read_many(by_oid) for path in by_oid[oid]}
        return {path: read[path] for path in self._paths}


def _is_included_as(path: str, name: str) -> bool:
    """Whether the header at `path` of upstream's tree is what `name` includes: <sys/event.h> is not <event.h>."""
    for folder, place in (("include/", ""), ("sys/arch/amd64/include/", "machine/"), ("sys/", "")):
        if path.startswith(folder):
            return place + path[len(folder) :] == name
    return path.endswith(f"/{name}")


def _nearness(path: str) -> tuple[int, int, str]:
    """What is installed for programs comes first, then the kernel's, then a library's inside."""
    places = ("include/", "sys/sys/", "sys/")
    first = next((number for number, place in enumerate(places) if path.startswith(place)), len(places))
    return first, path.count("/"), path


NONE = Portability("", "", 0, (), 0, (), (), ())
"""Where nothing was looked at."""

