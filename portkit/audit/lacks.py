"""What upstream's code needs and the target lacks, read from what a compiler says of it on the target's headers.

A compiler tells of one missing declaration many times, and of much that only follows from it. Here each thing that is
missing is told once, with every place that needs it; what follows from another is left out. A name is missing only
where upstream's own headers declare it: a variable that the compiler lost in a declaration that it did not understand
is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from portkit.audit.checking import Checked, Diagnostic


class LackKind(StrEnum):
    """What is missing. `differs`: both have it, and upstream's code does not fit the target's."""

    HEADER = "header"
    FUNCTION = "function"
    MACRO = "macro"
    TYPE = "type"
    MEMBER = "member"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `line` from 1, `function` "" outside of all."""

    path: str
    line: int
    function: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing. `name`: for a member `struct x.y`; `places`: where it is needed, in order;
    `declared`: upstream's header that has it, "" where none was found; `brings`: of a header, the names out of it that
    are needed; `text`: the compiler's words where it differs; `since`: the changeset that first needed it, and its
    date; `replacement`: what is known to stand in."""

    kind: LackKind
    name: str
    places: tuple[Place, ...]
    declared: str = ""
    brings: tuple[str, ...] = ()
    text: str = ""
    since: str = ""
    since_date: int = 0
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """Where upstream's headers declare a name, and as what."""

    header: str
    kind: LackKind


@dataclass(frozen=True, slots=True)
class Sorted:
    """What the diagnostics of one check come to. `lacks`: by kind and name, each with its places; `following`: how many
    errors only follow from those; `other`: errors that no lack explains."""

    lacks: Mapping[tuple[LackKind, str], tuple[Place, ...]]
    following: int = 0
    other: tuple[Diagnostic, ...] = ()
    texts: Mapping[tuple[LackKind, str], str] = field(default_factory=dict)


_HEADER = re.compile(r"'([^']+)' file not found")
_FUNCTION = re.compile(
    r"(?:call to undeclared (?:library )?function|implicit declaration of function|"
    r"implicitly declaring library function) '(\w+)'"
)
_NAME = re.compile(r"use of undeclared identifier '(\w+)'")
_TYPE_NAME = re.compile(r"unknown type name '(\w+)'")
_INCOMPLETE = re.compile(
    r"(?:incomplete|never completed).*?'(?:const |volatile )*(?:struct|union|enum) (\w+)\b", re.DOTALL
)
_NEVER = re.compile(r"type '(?:const )?(?:struct|union|enum) (\w+)(?:\[\d*\])?' that is never completed")
_AKA = re.compile(r"incomplete.*\(aka '(?:const )?(?:struct|union) (\w+)'\)")
_MEMBER = re.compile(r"no member named '(\w+)' in '(?:const |volatile )*((?:struct|union) \w+)'")
_FIELD = re.compile(r"field designator '(\w+)' does not refer to any field in type '((?:struct|union) \w+)'")
_DIFFERS = re.compile(
    r"(?:too (?:few|many) arguments to function call|conflicting types for '(\w+)'|"
    r"(?:static|non-static) declaration of '(\w+)' follows|redefinition of '(\w+)'|typedef redefinition|"
    r"passing .* to parameter of incompatible type)"
)

KNOWN_ORDER = tuple(LackKind)


def needs(diagnostic: Diagnostic) -> tuple[LackKind, str] | None:
    """What one error says is missing; a bare identifier as a macro, which `sort` may correct. None for another."""
    text = diagnostic.text
    for pattern, kind in (
        (_HEADER, LackKind.HEADER),
        (_FUNCTION, LackKind.FUNCTION),
        (_NAME, LackKind.MACRO),
        (_TYPE_NAME, LackKind.TYPE),
        (_NEVER, LackKind.TYPE),
        (_AKA, LackKind.TYPE),
        (_INCOMPLETE, LackKind.TYPE),
    ):
        found = pattern.search(text)
        if found:
            return kind, found[1]
    member = _MEMBER.search(text) or _FIELD.search(text)
    return (LackKind.MEMBER, f"{member[2]}.{member[1]}") if member else None


def wanted_names(checked: Iterable[Checked]) -> frozenset[str]:
    """The names that the errors of `checked` speak of, headers left out; a member by its own name."""
    found = (needs(one) for unit in checked for one in unit.errors)
    return frozenset(name.rpartition(".")[2] for kind, name in filter(None, found) if kind is not LackKind.HEADER)


def sort(
    checked: Sequence[Checked],
    declared: Mapping[str, Declared],
    function_at: Mapping[tuple[str, int], str] | None = None,
    own: frozenset[str] = frozenset(),
    used: Mapping[tuple[str, int], str] | None = None,
) -> Sorted:
    """The errors of `checked` as lacks. `declared`: by name, what upstream's headers declare; `own`: names that the
    component itself defines; `function_at`: the function of a path's line; `used`: of a line that the compiler could
    make nothing of, the macro that only upstream has."""
    lacks: dict[tuple[LackKind, str], dict[tuple[str, int], None]] = {}
    texts: dict[tuple[LackKind, str], str] = {}
    following = 0
    other: list[Diagnostic] = []
    used = used or {}
    for unit in checked:
        errors = unit.errors
        explained = False
        for one in errors:
            found = needs(one)
            if found is None:
                differs = _DIFFERS.search(one.text)
                if differs and not one.path.startswith("<"):
                    name = next((group for group in differs.groups() if group), "") or one.text
                    found = (LackKind.DIFFERS, name)
                    texts.setdefault(found, one.text)
                elif (one.path, one.line) in used:
                    found = (LackKind.MACRO, used[one.path, one.line])
                elif explained or one.path.startswith("<"):
                    following += 1
                    continue
                else:
                    other.append(one)
                    continue
            kind, name = found
            if kind not in (LackKind.HEADER, LackKind.DIFFERS):
                bare = name.rpartition(".")[2]
                known = declared.get(bare)
                if (known is None and kind is not LackKind.FUNCTION) or (bare in own and known is None):
                    following += 1
                    continue
                if known is not None and kind in (LackKind.MACRO, LackKind.FUNCTION):
                    if known.kind is LackKind.MEMBER:  # a variable of the component's own, lost with its declaration
                        following += 1
                        continue
                    kind = known.kind
                if one.path.startswith("<"):  # the target's own header lacks what stands before it
                    following += 1
                    continue
            explained = True
            lacks.setdefault((kind, name), {})[one.path, one.line] = None
    places = {
        key: tuple(Place(path, line, (function_at or {}).get((path, line), "")) for path, line in sorted(found))
        for key, found in lacks.items()
    }
    ordered = dict(sorted(places.items(), key=lambda item: (KNOWN_ORDER.index(item[0][0]), item[0][1])))
    return Sorted(ordered, following, tuple(dict.fromkeys(other)), texts)


def declarations(names: frozenset[str], headers: Mapping[str, bytes]) -> dict[str, Declared]:
    """Which of `headers`, by path, declares each of `names`, and as what: a definition before a mention, and of
    several headers the one that stands first in `headers`."""
    if not names:
        return {}
    wanted = frozenset(name.encode() for name in names)
    best: dict[str, tuple[int, Declared]] = {}
    for path, content in headers.items():
        held = wanted.intersection(_WORD.findall(content))  # a pattern of all names would be tried at every word
        if not held:
            continue
        pattern = re.compile(rb"\b(?:" + b"|".join(sorted(held)) + rb")\b")
        for match in pattern.finditer(content):
            name = match[0].decode()
            rank, kind = _declared_as(content, match.start(), match.end())
            if rank and (name not in best or rank > best[name][0]):
                best[name] = (rank, Declared(path, kind))
    return {name: found for name, (_, found) in best.items()}


_TYPE_BEFORE = re.compile(rb"(?:struct|union|enum)\s+$")
_ENUM_BEFORE = re.compile(rb"\benum(?:\s+\w+)?\s*$")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_DEFINE_BEFORE = re.compile(rb"#[ \t]*define[ \t]+$")


def _declared_as(content: bytes, start: int, end: int) -> tuple[int, LackKind]:
    """How surely, 3 to 0, a name at this place is being declared, and as what."""
    before = content[max(0, start - 60) : start]
    after = content[end : end + 40]
    line = before.rpartition(b"\n")[2]
    if _DEFINE_BEFORE.search(line):
        return 3, LackKind.MACRO
    if _TYPE_BEFORE.search(before):
        return (3, LackKind.TYPE) if after.lstrip().startswith(b"{") else (0, LackKind.TYPE)
    stripped = after.lstrip()
    if line.lstrip().startswith((b"#", b"*", b"/*", b"//")):
        return 0, LackKind.MACRO
    if stripped.startswith(b"(") and not line.rstrip().endswith((b"=", b"(", b",", b"&", b"|")):
        return (2, LackKind.FUNCTION) if line[:1].strip() or b"\t" in line or not line else (1, LackKind.FUNCTION)
    if stripped.startswith(b")(") or re.match(rb"\)\s*\(", stripped):
        return 1, LackKind.FUNCTION
    if re.match(rb"\s*(?:\[[^\]]*\]\s*)?(?::\s*\d+\s*)?;", after):
        typedef = content.rfind(b"typedef", max(0, start - 4000), start)
        if typedef >= 0 and _at_its_end(content[typedef:start]):
            return 3, LackKind.TYPE
        return 2, LackKind.MEMBER
    if re.match(rb"\s*[,=}]", after) and _in_enumeration(content, start):
        return 2, LackKind.MACRO
    return 0, LackKind.MACRO


def _at_its_end(declaration: bytes) -> bool:
    """Whether what follows `declaration` is what it declares: no brace is open, and it has not ended."""
    closed = declaration.rfind(b"}")
    return declaration.count(b"{") == declaration.count(b"}") and declaration.find(b";", max(closed, 0)) < 0


def _in_enumeration(content: bytes, start: int) -> bool:
    opened = content.rfind(b"{", max(0, start - 4000), start)
    if opened <= content.rfind(b"}", 0, start):
        return False
    return _ENUM_BEFORE.search(content[max(0, opened - 60) : opened]) is not None
