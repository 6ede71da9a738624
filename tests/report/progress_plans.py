"""Plans and commits made by hand, for the progress report's tests."""

from __future__ import annotations

from portkit.change.changeset import Person
from portkit.components.model import DoneBy, Milestone, PlanEntry
from portkit.protocols import TargetCommit
from portkit.report.work import Found

DAY = 86400
MAY_21 = 1337558400  # 2012-05-21T00:00:00Z
STUDENT = Person("A Student", "student@x.example")
MENTOR = Person("A Mentor", "mentor@x.example")

PORTED = f"Upstream-commit: {'d' * 40}\nUpstream-revision: sbin/d/d.c 1.2"


def found(
    number: int,
    message: str,
    *,
    component: str = "d",
    day: int = 0,
    who: Person = STUDENT,
    merged: bool = True,
    public: bool = True,
    parents: int = 1,
) -> Found:
    """A commit of `day` days after the plan began."""
    date = MAY_21 + day * DAY
    ids = tuple(f"{number - at:040x}" for at in range(1, parents + 1))
    commit = TargetCommit(f"{number:040x}", ids, date, date, who, message)
    return Found(commit, who, component, merged, "" if merged else f"portkit/{component}", public)


PLAN = (
    PlanEntry(
        ("msg", "d"), "2012-05-21", "2012-06-03", "Import msg, then sync.", "it builds", 1,
        milestones=(
            Milestone("msg is there", DoneBy.PATH, "lib/libmsg/msg.c"),
            Milestone("somebody read it", DoneBy.TRAILER, "Reviewed-by"),
            Milestone("it runs", DoneBy.TOLD, "", "2012-05-30"),
        ),
        was=("2012-05-27",), why="exams",
    ),
    PlanEntry(("logd",), "2012-06-04", "2012-06-17", "Separate logd.", "the logs are made", 9),
)  # fmt: skip
