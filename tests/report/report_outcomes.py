"""Outcomes made by hand: the shortest way to one of each kind, and to the worst text there is."""

from __future__ import annotations

from dataclasses import replace

from portkit.change.changeset import Changeset, FileChange, Person
from portkit.merge.kinds import ConflictKind, Gate
from portkit.paths import RepoPath
from portkit.sync.outcome import (
    ChangesetOutcome,
    Complaint,
    ComponentOutcome,
    Conflict,
    FileBaseline,
    FileOutcome,
    FileState,
    Notice,
    State,
    TypeChecked,
    TypeCheckRun,
)

ONTO = "a" * 40
DAY = 1345025472  # 2012-08-15T10:11:12Z

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> &lt; &#60; {{ 7*7 }} {% raw %} "
    "[click](javascript:alert(3)) ![x](http://evil.example/x.png) **bold** _em_ `code` | # - 1. http://evil.example "
    "\x1b[31mred\x1b[0m \x07 \u202eevil\u202c \u2066 \u200b \ufeff \x9b31m \"quoted\" 'single'"
)
"""One line that means something to every format, and to a terminal."""

HOSTILE_LOG = (
    f"{HOSTILE}\n\n# A heading\n* item\n```\nfence\n```\n</pre></details></body>\r\n---\n\x0c\u2028{'x' * 100_000}\n"
)


def changeset(number: int, message: str = "", path: str = "sbin/d/d.c", *, who: str = "krw") -> Changeset:
    id = f"{number:040x}"
    change = FileChange(RepoPath(path), None, None)
    return Changeset(id, "", DAY + number, Person(who, f"{who}@x.example"), message or f"Subject {number}.", (change,))


def conflict(
    id: str = "c-0123456789ab",
    kind: ConflictKind = ConflictKind.CONTENT,
    file: str = "sbin/d/d.c",
    *,
    function: str = "main",
    reason: str = "both changed it",
    base: bytes = b"one\ntwo\n",
    ours: bytes = b"one\nTWO\n",
    theirs: bytes = b"one\n2\n",
) -> Conflict:
    return Conflict(id, kind, RepoPath(file), function, 1, reason, base, ours, theirs)


def file(
    state: FileState, revision: str | None, path: str = "sbin/d/d.c", conflicts: tuple[Conflict, ...] = ()
) -> FileOutcome:
    gate = {FileState.CONFLICT: Gate.NONE, FileState.FLAGGED: Gate.FAILED, FileState.ALREADY: Gate.ALREADY}
    return FileOutcome(
        RepoPath(path), RepoPath(path), revision, state, "diff3", gate.get(state, Gate.FAITHFUL), conflicts=conflicts
    )


def ported(number: int, message: str = "", commit: str | None = "b" * 40) -> ChangesetOutcome:
    one = file(FileState.PORTED, f"1.{number}")
    return ChangesetOutcome(changeset(number, message), State.PORTED, (one,), commit)


def parked(number: int, *conflicts: Conflict, message: str = "", state: State = State.CONFLICT) -> ChangesetOutcome:
    of_file = FileState.FLAGGED if state is State.FLAGGED else FileState.CONFLICT
    one = file(of_file, f"1.{number}", conflicts=conflicts)
    return ChangesetOutcome(changeset(number, message), state, (one,), reason="it does not fit")


def blocked(number: int, *roots: int, message: str = "") -> ChangesetOutcome:
    one = file(FileState.CONFLICT, f"1.{number}", conflicts=(conflict(f"c-{number:012x}"),))
    names = tuple(f"{root:040x}" for root in roots)
    return ChangesetOutcome(
        changeset(number, message), State.BLOCKED, (one,), blocked_by=names, reason="it builds on a parked one"
    )


def component(
    *changesets: ChangesetOutcome,
    name: str = "d",
    mode: str = "sync",
    tip: str = "c" * 40,
    notices: tuple[Notice, ...] = (),
    baselines: tuple[FileBaseline, ...] = (),
    watched: tuple[Changeset, ...] = (),
    draft: str = "",
) -> ComponentOutcome:
    return ComponentOutcome(
        name, mode, "openbsd", ONTO, f"portkit/{name}", tip, True, changesets, baselines, notices, draft,
        lag_days=12, upstream_tip="d" * 40, newest=DAY, watched=watched,
    )  # fmt: skip


def hostile() -> ComponentOutcome:
    """A component in which every text that comes from a repository is the worst there is."""
    name = "sbin/d/" + "".join(HOSTILE.replace("/", "").split("\x07"))
    base, ours, theirs = (f"{HOSTILE}\n{'y' * 100_000}\n</pre>{side}\n".encode() for side in ("b", "o", "t"))
    bad = conflict(function=HOSTILE, reason=HOSTILE, file=name, base=base, ours=ours, theirs=theirs)
    files = (file(FileState.CONFLICT, "1.9", name, (bad,)), file(FileState.CONFLICT, None, "x\udcff`y", ()))
    said = Complaint(name, 7, HOSTILE, HOSTILE, HOSTILE)
    check = TypeChecked((0, 2), (1, 3), (said, said), 1, (name,), draft=True)
    root = ChangesetOutcome(
        changeset(1, HOSTILE_LOG, name, who=HOSTILE), State.CONFLICT, files, reason=HOSTILE, check=check
    )
    baseline = FileBaseline(
        RepoPath(name), RepoPath(name), "1.1", "1.2", HOSTILE, 1, 2, "e" * 40, "likely", f"note {HOSTILE}"
    )
    kinds = ("unmapped", "kept", "deleted-on-purpose", "branch", "needs", "rewritten", "port", "jumped")
    made = component(
        root,
        blocked(2, 1, message=HOSTILE_LOG),
        replace(ported(3, HOSTILE_LOG), check=replace(check, draft=False)),
        ChangesetOutcome(changeset(4, HOSTILE_LOG), State.SKIPPED, (file(FileState.READY, "1.4"),), reason=HOSTILE),
        ChangesetOutcome(changeset(5, "\n\n"), State.ALREADY, (file(FileState.ALREADY, "1.5"),)),
        name=HOSTILE,
        notices=tuple(Notice(kind, HOSTILE, name) for kind in kinds),
        baselines=(baseline,),
        watched=(changeset(6, HOSTILE_LOG, name),),
        draft=f"portkit/{HOSTILE}",
    )
    return replace(made, type_check=TypeCheckRun(HOSTILE, "", (0, 2)))
