"""The words for what a merge comes to: what the gate says of it, and what sort of conflict it is."""

from __future__ import annotations

from enum import StrEnum


class Gate(StrEnum):
    """What the gate says of a clean result; NONE where it was not asked."""

    FAITHFUL = "faithful"
    ALREADY = "already"
    FAILED = "failed"
    NONE = ""


class ConflictKind(StrEnum):
    """What sort of conflict it is: the kinds of the contract's `conflicts` (docs/cli.md). `check` is what a
    type check that the map makes binding refused; `patch` is kept for what no merge finds."""

    CONTENT = "content"
    DELETE_MODIFY = "delete-modify"
    ADD_ADD = "add-add"
    MODE = "mode"
    NO_ANCESTOR = "no-ancestor"
    GATE = "gate"
    CHECK = "check"
    PATCH = "patch"
