"""Every key a map may have: one table, from which the loader knows the keys and the JSON Schema is made.

A key that is not listed here is a mistake, so that a misspelt one is never silently without effect. What a value may
be is said twice: by the loader, with messages for people, and here, for editors; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portkit.components.model import AuthorPolicy, BaselinePolicy, CheckPolicy, IdentStyle, Mode

Shape = Mapping[str, object]
"""A fragment of JSON Schema (draft 2020-12)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it is, in a sentence for editors, and what its value looks like."""

    name: str
    help: str
    shape: Shape
    required: bool = False


def names(keys: Sequence[Key]) -> tuple[str, ...]:
    """The names of `keys`, in their order."""
    return tuple(key.name for key in keys)


def required(keys: Sequence[Key]) -> tuple[str, ...]:
    """The names of those that must be there."""
    return tuple(key.name for key in keys if key.required)


def schema() -> Shape:
    """The JSON Schema of a whole map."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "upstream-map.yaml",
        "description": "portkit's component map: which code comes from where, and how it follows.",
        **_record(MAP),
        "$defs": _DEFINITIONS,
    }


def _record(keys: Sequence[Key]) -> dict[str, object]:
    """A mapping with these keys and no other. An optional key without a value is as good as not there."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required(keys)),
        "properties": {
            key.name: {"description": key.help, **(key.shape if key.required else _or_nothing(key.shape))}
            for key in keys
        },
    }


def _or_nothing(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


def _list(shape: Shape) -> Shape:
    """A list of such; one alone needs no list."""
    return {"anyOf": [shape, {"type": "array", "items": shape}]}


def _words(words: Sequence[str]) -> Shape:
    return {"enum": list(words)}


def _by_name(shape: Shape) -> Shape:
    return {"type": "object", "minProperties": 1, "propertyNames": _ref("name"), "additionalProperties": shape}


_PLAIN = r"[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"
"""One character that is no control character."""

_DEFINITIONS: dict[str, Shape] = {
    "name": {
        "description": "Letters, digits, '.', '_' and '-': it becomes part of a branch",
        "type": "string", "pattern": r"^(?!.*\.\.)(?!.*(?:\.|\.lock)$)[A-Za-z0-9][A-Za-z0-9._-]*$",
    },
    "text": {"type": "string", "pattern": f"^{_PLAIN}*$"},
    "words": {"type": "string", "pattern": rf"^(?:{_PLAIN}|\s)*[^\s](?:{_PLAIN}|\s)*$"},
    "line": {"type": "string", "pattern": rf"^(?:{_PLAIN}|\t)*(?!\s){_PLAIN}(?:{_PLAIN}|\t)*$"},
    "lines": {"type": "string", "pattern": rf"^(?:{_PLAIN}|[\t\n])*(?!\s){_PLAIN}(?:{_PLAIN}|[\t\n])*$"},
    "path": {
        "description": "A path from the top of the tree; a folder ends in /",
        "type": "string",
        "pattern": rf"^(?!/)(?!(?:.*/)?\.\.?(?:/|$))(?!(?:.*/)?\.[gG][iI][tT](?:/|$))(?!.*//){_PLAIN}+$",
    },
    "branch": {
        "type": "string",
        "pattern": r"^(?!-)(?!@$)(?![/.])(?!.*(?:\.\.|@\{|//|/\.))(?!.*[/.]$)(?!.*\.lock(?:/|$))"
        r"[^\u0000-\u0020\u007f-\u009f\u2028-\u202e\u2066-\u2069~^:?*\[\\]+$",
    },
    "point": {
        "description": "A day (YYYY-MM-DD) or an upstream revision",
        "anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[^- ~^:?*\\[\\\\][^ ~^:?*\\[\\\\]*$"}],
    },
    "revision": {
        "description": "A revision, such as 1.20",
        "anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": r"^(?!\d{1,4}[-/]\d{1,2}[-/]\d{1,4}$)[^- ~^:?*\[\\][^ ~^:?*\[\\]*$"},
        ],
    },
    "trailer": {"type": "string", "pattern": rf"^[A-Za-z][A-Za-z0-9-]*(?::{_PLAIN}*)?$"},
    "day": {"description": "A day: YYYY-MM-DD", "type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "location": {
        "description": "A URL that git can clone, or a path, relative to the map's folder",
        "type": "string",
        "pattern": r"^(?!-)(?!\s*$)(?![A-Za-z0-9+.-]+::)(?:(?:https?|git|ssh|git\+ssh|ssh\+git|file)://(?!-)|(?!.*://))"
        rf"{_PLAIN}*$",
    },
    "command": {
        "description": "A command and its arguments, in quotes where they hold blanks",
        "type": "string", "pattern": r"^(?=.*\S)(?:[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069'\"\\]"
        r"|'[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069']*'"
        r'|"[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"\\]*")*$',
    },
    "folder": {
        "description": "A CVS repository, or any folder of ,v files; or what rsync reaches",
        "type": "string", "pattern": rf"^(?!-)(?!:)(?!\s*$)(?:rsync://(?!-)|(?!.*://)){_PLAIN}*$",
    },
    "root": {"description": "An absolute path", "type": "string", "pattern": rf"^(?!.*\$)/{_PLAIN}*$"},
    "module": {
        "description": "A folder of a CVS repository",
        "type": "string", "pattern": rf"^(?!/)(?!(?:.*/)?\.\.?(?:/|$))(?!.*//){_PLAIN}+$",
    },
}  # fmt: skip


def _link(*placeholders: str) -> Shape:
    allowed = "|".join(placeholders)
    return {
        "type": "string",
        "pattern": rf"""^[hH][tT][tT][pP][sS]?://[^/\s<>"'{{}}](?:[^\s<>"'{{}}]|\{{(?:{allowed})\}})*$""",
        "allOf": [{"pattern": rf"\{{{one}\}}"} for one in placeholders],
    }


_CHANGESET: Shape = {
    "anyOf": [
        {"type": "number", "minimum": 1000000},
        {"type": "string", "pattern": r"^[0-9A-Za-z]{7,64}(?:\.[a-z]*\d+)?$"},
    ],
}

UPSTREAM = (
    Key("git", "A URL, or a path relative to the map's folder.", _ref("location")),
    Key("cvs", "A CVS repository, or any folder of ,v files; or what rsync reaches: rsync://HOST/MODULE, HOST:PATH.",
        _ref("folder")),
    Key("branch", "The branch that is followed; with CVS, a branch or tag. Default: master, with CVS HEAD, the trunk.",
        _ref("branch")),
    Key("module", "With CVS: the folder of the repository that paths start from, such as src.", _ref("module")),
    Key("root", "With CVS: where the repository lies for those who commit, as $Header$ names it. Default: /cvs.",
        _ref("root")),
    Key("prefix", "What stands before every upstream path in this source, such as src/.",
        {"anyOf": [{"const": ""}, _ref("path")]}),
    Key("title", "How the upstream writes its name: in messages, and as the keyword of its ident lines.", _ref("text")),
)  # fmt: skip

TARGET = (
    Key("git", "A URL, or a path relative to the map's folder.", _ref("location"), required=True),
    Key("branch", "Where a sync starts from, unless --onto says otherwise. Default: master.", _ref("branch")),
)

COMMIT = (
    Key("author", "self: whoever runs portkit. upstream: upstream's person.", _words([*AuthorPolicy])),
    Key("template", "A file, relative to the workspace: the message of a commit.", _ref("text")),
)

LINKS = (
    Key("commit", "The address of a target commit, with {id}.", _link("id")),
    Key("changeset", "The address of an upstream changeset, with {id}.", _link("id")),
    Key("revision", "The address of one revision of an upstream file, with {path} and {revision}.",
        _link("path", "revision")),
)  # fmt: skip

DONE_WHEN = (
    Key("path", "A path of the target that is there then.", _ref("path")),
    Key("audit", "A finding of the audit that is gone then.", _ref("words")),
    Key("trailer", "A trailer that a commit has then: Reviewed-by, or Reviewed-by: a name.", _ref("trailer")),
)

MILESTONE = (
    Key("what", "What is to be done.", _ref("words"), required=True),
    Key("done-when", "What shows that it is done. Default: that `done` says so.",
        {**_record(DONE_WHEN), "minProperties": 1, "maxProperties": 1}),
    Key("done", "The day on which it was done: YYYY-MM-DD.", _ref("day")),
)  # fmt: skip

PLAN = (
    Key("component", "The component, or list of components, that the work is about.", _list(_ref("text")),
        required=True),
    Key("from", "The first day: YYYY-MM-DD.", _ref("day"), required=True),
    Key("to", "The last day: YYYY-MM-DD.", _ref("day"), required=True),
    Key("was", "The last day, or days, that were planned before it slipped: oldest first.", _list(_ref("day"))),
    Key("why", "Why it slipped.", _ref("words")),
    Key("work", "What is to be done.", _ref("words"), required=True),
    Key("done-when", "What must be so when it is done.", _ref("words")),
    Key("done", "The day on which it was done, where no milestones say so: YYYY-MM-DD.", _ref("day")),
    Key("milestones", "The parts of it that can be told to be done.", {"type": "array", "items": _record(MILESTONE)}),
)  # fmt: skip

NEED = (
    Key("component", "The component that must be in place.", _ref("text"), required=True),
    Key("since", "The day or upstream revision from which on it is needed. Default: always.", _ref("point")),
)

IMPORT = (
    Key("at", "A day (its end, UTC) or a revision. Default: the newest.", _ref("point")),
    Key("vendor", "A branch of the target's, such as vendor/NAME, for the sources alone: they are merged from it. "
        "Default: none.", _ref("branch")),
)  # fmt: skip

PORT = (
    Key("from", "The first changeset that is placed: a day or an upstream revision. Default: upstream's first.",
        _ref("point")),
    Key("to", "The last one: a day (its end, UTC) or an upstream revision. Default: the newest.", _ref("point")),
    Key("changesets", "Only these, by the first 7 or more digits of their hashes.", _list(_CHANGESET)),
)  # fmt: skip

WATCH = (
    Key("since", "The first changeset that is told: a day or an upstream revision.", _ref("point")),
    Key("days", "In place of since: those of so many days up to the newest. Default: 90.",
        {"type": "integer", "minimum": 1, "maximum": 99999}),
)  # fmt: skip

RETIRED = (
    Key("at", "When upstream ended the component: a day or a revision.", _ref("point"), required=True),
    Key("successor", "What followed it.", _ref("text")),
)

MOVED = (
    Key("from", "The upstream path before the move; a folder ends in /.", _ref("path"), required=True),
    Key("to", "The upstream path after it, which `paths` maps.", _ref("path"), required=True),
    Key("at", "The last day or revision at which the old path is followed.", _ref("point"), required=True),
)

NOT_APPLICABLE = (
    Key("path", "Upstream paths, folders or patterns that it is about. Default: all.", _ref("path")),
    Key("changeset", "The upstream changeset that it is about. Default: every one.",
        _CHANGESET),
    Key("reason", "Why it does not apply: it is shown.", _ref("words"), required=True),
)  # fmt: skip

EDIT = (
    Key("path", "The target's file.", _ref("path"), required=True),
    Key("before", "The line before which the text goes in: it must be there exactly once.", _ref("line"),
        required=True),
    Key("insert", "The text, one line or more.", _ref("lines"), required=True),
    Key("reason", "Why: it becomes the commit's subject.", _ref("words"), required=True),
)  # fmt: skip

COMPONENT = (
    Key("mode", "How the component follows upstream.", _words([*Mode]), required=True),
    Key("upstream", "The name of an upstream.", _ref("text"), required=True),
    Key("paths", "Upstream path: target path. A folder ends in / on both sides; a pattern of file names maps into a "
        "folder.",
        {"type": "object", "minProperties": 1, "propertyNames": _ref("path"), "additionalProperties": _ref("path")},
        required=True),
    Key("exclude", "Upstream paths, folders or patterns that are left out.", _list(_ref("path"))),
    Key("keep", "Target paths, or folders, that stay although upstream deletes them.", _list(_ref("path"))),
    Key("deleted", "Target paths, folders or patterns that stay deleted although upstream changes them.",
        _list(_ref("path"))),
    Key("not-applicable", "What of upstream does not apply to the target, and why.", {
        "type": "array",
        "items": {**_record(NOT_APPLICABLE), "anyOf": [{"required": ["path"]}, {"required": ["changeset"]}]},
    }),
    Key("edit", "Lines that an import adds to files of the target, each before a line that is there exactly once.",
        {"type": "array", "items": _record(EDIT)}),
    Key("moved", "Upstream moves: the history of the old path goes on at the new one.",
        {"type": "array", "items": _record(MOVED)}),
    Key("needs", "Components that must be in place.", _list({"anyOf": [_ref("text"), _record(NEED)]})),
    Key("retired", "Upstream ended the component.", _record(RETIRED)),
    Key("import", "For mode import: which state comes in whole.", _record(IMPORT)),
    Key("port", "For mode port: which changesets are placed.", _record(PORT)),
    Key("watch", "For mode watch: how far back changesets are told.", {**_record(WATCH), "maxProperties": 1}),
    Key("baseline", "Target path: the revision it derives from, where portkit finds it wrong.",
        {"type": "object", "propertyNames": _ref("path"), "additionalProperties": _ref("revision")}),
    Key("baseline-policy", "What decides where ident line and content disagree. auto: the content, or the ident line "
        "where it is hardly nearer to another. recorded: the ident line. nearest: the content alone.",
        _words([*BaselinePolicy])),
    Key("fold", "Further keywords that are folded in merging, as $Id$ is.",
        _list({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"})),
    Key("ident", "as-is: a new revision goes into the ident line as the target writes it. learned: it follows the last "
        "bump.", _words([*IdentStyle])),
    Key("subject", "What commit subjects begin with. Default: the component's name.", _ref("text")),
    Key("check", "What the type check of a changeset decides. annotate: nothing, it is told. binding: one that adds an "
        "error does not land. none: it is not made.", _words([*CheckPolicy])),
    Key("verify", "Commands that sync --verify runs in a throw-away worktree of the branch; no shell reads them.",
        _list(_ref("command"))),
    Key("entry", "Functions of the target in which its unprivileged side begins, for audit. Default: they are found.",
        _list({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"})),
)  # fmt: skip

AUDIT = (
    Key("replacements", "A name that the target lacks (a function, macro, type, header, or a member as struct x.y): "
        "what stands in for it. An empty text takes portkit's own entry away.",
        {"type": "object", "propertyNames": {"pattern": r"^(?:(?:struct|union) )?[A-Za-z_][A-Za-z0-9_./-]*$"},
         "additionalProperties": {"anyOf": [{"const": ""}, _ref("words")]}}),
)  # fmt: skip

MAP = (
    Key("version", "The version of the map's format.", {"const": 1}, required=True),
    Key("upstreams", "Name: where a history is read from.", _by_name(
        {**_record(UPSTREAM), "oneOf": [{"required": ["git"]}, {"required": ["cvs"]}]}), required=True),
    Key("target", "The tree that changes go to.", _record(TARGET), required=True),
    Key("components", "Name: what follows what.", _by_name(_record(COMPONENT)), required=True),
    Key("commit", "How commits look.", _record(COMMIT)),
    Key("links", "Where a commit or a revision can be looked at.", _record(LINKS)),
    Key("audit", "What an audit is to know besides portkit's own tables.", _record(AUDIT)),
    Key("plan", "Who works on what, when, in the order of the days.", {"type": "array", "items": _record(PLAN)}),
)  # fmt: skip
