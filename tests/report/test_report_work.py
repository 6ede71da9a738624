"""Whose work is whose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from progress_plans import DAY, MENTOR, PORTED, STUDENT, found

from portkit.report.work import Kind, Known, Share, shares, told_apart


@pytest.mark.parametrize(
    ("message", "known", "kind"),
    [
        (f"d - What.\n\n{PORTED}\n", Known(), Kind.LANDED),
        (f"d - What.\n\n{PORTED}\n", Known(("d" * 40,), adapted=False), Kind.LANDED),
        (f"d - What.\n\n{PORTED}\n", Known(("d" * 40,), adapted=True), Kind.ADAPTED),
        (f"d - What.\n\n{PORTED}\nPortkit-resolution: abc\n", Known(), Kind.ADAPTED),
        ("d - What.\n\nObtained-from: OpenBSD\n", Known(), Kind.ADAPTED),
        ("d - What.\n\nTaken-from: OpenBSD\n", Known(), Kind.ADAPTED),
        ("d - What.\n", Known(("d" * 40,), adapted=False), Kind.ADAPTED),
        ("d - What.\n", Known(), Kind.WRITTEN),
        (f"d - What.\n\n{PORTED}\n\nAnd more words.\n", Known(), Kind.WRITTEN),
    ],
)
def test_a_commit_is_told_by_what_it_says(message: str, known: Known, kind: Kind) -> None:
    one = found(1, message)
    (work,) = told_apart([one], {one.commit.id: known})
    assert work.kind is kind


def test_what_a_person_amended_on_the_branch_is_theirs() -> None:
    one = found(2, f"d - What.\n\n{PORTED}\n", merged=False)
    as_made = Known(parent=one.commit.date - DAY)
    assert told_apart([one], {one.commit.id: as_made})[0].kind is Kind.LANDED
    amended = replace(one, commit=replace(one.commit, date=one.commit.date + 60))
    assert told_apart([amended], {one.commit.id: as_made})[0].kind is Kind.ADAPTED


def test_drafts_merges_and_what_was_seen_are_left_out() -> None:
    draft = found(1, f"DRAFT (conflict): d\n\n{PORTED}\nPortkit-draft: conflict\n")
    merge = found(2, "Merge branch x\n", parents=2)
    one = found(3, "d - What.\n")
    assert [work.id for work in told_apart([draft, merge, one, replace(one, component="msg")], {})] == [one.commit.id]


def test_every_person_has_their_share() -> None:
    work = told_apart(
        [
            found(1, f"One.\n\n{PORTED}\n", who=STUDENT),
            found(2, "Two.\n\nReviewed-by: A Mentor <mentor@x.example>\n", who=STUDENT),
            found(3, "Three.\n\nObtained-from: OpenBSD\nReviewed-by: A Mentor\n", who=STUDENT),
            found(4, "Four.\n\nReviewed-by: A Student\nApproved-by: Somebody Else\n", who=MENTOR),
        ],
        {},
    )
    assert shares(work) == (
        Share("A Student", 1, 1, 1, 1), Share("A Mentor", 0, 0, 1, 2), Share("Somebody Else", 0, 0, 0, 1),
    )  # fmt: skip
