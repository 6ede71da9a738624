"""The ledger: only trailers of the last paragraph count, a revert takes back, and a revert of that gives again."""

from __future__ import annotations

import time

import pytest

from portkit.change.changeset import Changeset, Person
from portkit.protocols import TargetCommit
from portkit.sync.ledger import Ledger, read_ledger
from portkit.sync.message import MessageWriter, Revision

PERSON = Person("Pat Porter", "pat@example.org")


def upstream(number: int) -> str:
    return f"{number:040x}"


def commit(number: int, message: str) -> TargetCommit:
    return TargetCommit(_target(number), (_target(number - 1),), number, number, PERSON, message)


def _target(number: int) -> str:
    """Hashes that differ in their first digits, as hashes do."""
    return f"{number * 2654435761 % 2**32:08x}" + f"{number:032x}"


def port(number: int, *changesets: int, rest: str = "", revision: str = "sbin/a.c 1.7") -> TargetCommit:
    trailers = [f"Upstream-commit: {upstream(one)}" for one in changesets]
    return commit(number, "a - Change.\n\nWhy.\n\n" + "\n".join([*trailers, f"Upstream-revision: {revision}"]) + rest)


def revert(number: int, of: int, *, length: int = 40) -> TargetCommit:
    return commit(number, f'Revert "a - Change."\n\nThis reverts commit {_target(of)[:length]}.\n')


def carried(*commits: TargetCommit) -> set[str]:
    return set(read_ledger(commits).carried())


def test_a_port_is_an_entry() -> None:
    ledger = read_ledger([port(1, 7)])
    assert ledger.carried() == {upstream(7): _target(1)}
    assert ledger.carried_revisions() == {("sbin/a.c", "1.7"): _target(1)}
    assert ledger.standing[0].parents == (_target(0),)
    assert ledger.carried_of(["sbin/a.c"])
    assert not ledger.carried_of(["sbin/b.c"])


def test_several_changesets_in_one_commit() -> None:
    assert carried(port(1, 7, 8)) == {upstream(7), upstream(8)}


def test_the_newest_commit_is_named_and_the_oldest_is_found_by_path() -> None:
    ledger = read_ledger([port(1, 7), port(2, 7), port(3, 9)])
    assert ledger.carried()[upstream(7)] == _target(2)
    first = ledger.first_touching("sbin/a.c")
    assert first is not None
    assert first.commit == _target(1)
    assert ledger.first_touching("sbin/b.c") is None


@pytest.mark.parametrize(
    "message",
    [
        f"a - Change.\n\nUpstream-commit: {upstream(7)}\n\nMore words.\n",  # not the last paragraph
        f"a - Change.\n\nSee Upstream-commit: {upstream(7)}\n",
        f"a - Change.\n\nUpstream-commit: {upstream(7)}\nand so on\n",
        f"a - Change.\n\n> Upstream-commit: {upstream(7)}\n",
        "a - Change.\n\nUpstream-commit: 1234567\n",  # an abbreviation is no name
        f"a - Change.\n\nUpstream-commit: {'g' * 40}\n",
        f"a - Change.\n\nUpstream-commit: {upstream(7)} and more\n",
        f"a - Change.\n\nupstream-commit: {upstream(7)}\n",
        f"a - Change.\n\nupstream log:\n  Upstream-commit: {upstream(7)}\n",
        f"a - Change.\n\nUpstream-commit: {upstream(7)}\nPortkit-draft: conflict\n",
        f"a - Change.\n\nPortkit-draft: on a draft\nUpstream-commit: {upstream(7)}\n",
        "",
        "\n\n\n",
    ],
)
def test_what_is_no_entry(message: str) -> None:
    assert read_ledger([commit(1, message)]) == Ledger()


@pytest.mark.parametrize(
    "rest",
    [
        f"\n(cherry picked from commit {'1' * 40})",
        "\nSigned-off-by: Pat Porter <pat@example.org>",
        f"\nReviewed-by: Rob\n(cherry picked from commit {'1' * 40})\n(cherry picked from commit {'2' * 40})\n\n\n",
        "\nSubmitted-by: Sam\n  and another line of it\n",
    ],
)
def test_what_git_and_people_add_below_the_trailers_loses_no_entry(rest: str) -> None:
    assert carried(port(1, 7, rest=rest)) == {upstream(7)}


def test_a_merge_commit_that_says_so_is_an_entry() -> None:
    merge = TargetCommit(_target(3), (_target(1), _target(2)), 3, 3, PERSON, port(3, 7).message)
    assert carried(merge) == {upstream(7)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sbin/a.c 1.17", ("sbin/a.c", "1.17")),
        ("sbin/a b.c 1.1.2.3", ("sbin/a b.c", "1.1.2.3")),
        ("sbin/a.c deleted", ("sbin/a.c", "deleted")),
        (f"sbin/a.c blob {'a' * 40}", ("sbin/a.c", f"blob {'a' * 40}")),
        ("sbin/1.2 1.3", ("sbin/1.2", "1.3")),
    ],
)
def test_revisions(value: str, expected: tuple[str, str]) -> None:
    assert list(read_ledger([port(1, 7, revision=value)]).carried_revisions()) == [expected]


@pytest.mark.parametrize("value", ["sbin/a.c", "1.17", "sbin/a.c x1.2", "sbin/a.c 1", "", "sbin/a.c blob xyz"])
def test_what_is_no_revision_is_left_out(value: str) -> None:
    assert read_ledger([port(1, 7, revision=value)]).carried_revisions() == {}


# Reverts


@pytest.mark.parametrize(
    ("reverts", "stands"),
    [
        ([], True),
        ([1], False),
        ([1, 2], True),  # 3 takes back 2, which took back 1
        ([1, 2, 3], False),
        ([1, 2, 3, 4], True),
        ([1, 1], False),  # taken back twice
        ([1, 2, 2], True),
        ([1, 2, 1], False),  # given again, and taken back anew
        ([1, 2, 1, 4], True),
        ([1, 1, 2], False),  # only one of the two reverts is taken back
    ],
)
def test_reverts_of_reverts(reverts: list[int], stands: bool) -> None:
    commits = [port(1, 7), *(revert(number, of) for number, of in enumerate(reverts, 2))]
    assert (upstream(7) in carried(*commits)) is stands


def test_what_was_taken_back_and_ported_again_stands() -> None:
    ledger = read_ledger([port(1, 7), revert(2, 1), port(3, 7)])
    assert ledger.carried() == {upstream(7): _target(3)}
    assert ledger.reverted == {_target(1)}
    first = ledger.first_touching("sbin/a.c")
    assert first is not None
    assert first.commit == _target(1)  # the baseline is from before it all


def test_a_revert_may_abbreviate_and_may_name_what_is_no_port() -> None:
    assert carried(port(1, 7), revert(2, 1, length=8)) == set()
    assert carried(port(1, 7), revert(2, 99)) == {upstream(7)}
    assert carried(port(1, 7), commit(2, "This reverts commit abc.\n")) == {upstream(7)}


def test_a_port_whose_upstream_log_speaks_of_a_revert_is_a_port() -> None:
    message = port(2, 8).message.replace("Why.", f"This reverts commit {_target(1)}.")
    assert carried(port(1, 7), commit(2, message)) == {upstream(7), upstream(8)}


def test_a_revert_of_a_draft_or_of_another_commit_changes_nothing() -> None:
    draft = commit(1, port(1, 7).message + "\nPortkit-draft: conflict\n")
    assert read_ledger([draft, revert(2, 1)]) == Ledger()


def test_thousands_of_reverts_take_no_more_than_seconds() -> None:
    commits = [port(number, number) for number in range(1, 5000)]
    commits += [revert(number + 5000, number) for number in range(1, 5000, 2)]
    start = time.process_time()
    assert len(carried(*commits)) == 2499
    assert time.process_time() - start < 3


# What portkit writes, read back


@pytest.mark.parametrize(
    "log",
    [
        "",
        "Fix it.",
        f"Fix it.\n\nUpstream-commit: {upstream(9)}\nUpstream-revision: sbin/b.c 1.9\n",
        f"Upstream-commit: {upstream(9)}",
        f"Fix it.\n\nPortkit-draft: conflict\nUpstream-commit: {upstream(9)}",
        f"Fix it.\n\n\tUpstream-commit: {upstream(9)}\n\x0bUpstream-commit: {upstream(9)}",
        f"x\r\n\r\nUpstream-commit: {upstream(9)}\r\n",
        f"x\n\nfoo: bar\n\u2028Upstream-commit: {upstream(9)}",
        "ok deraadt@: yes",
        f"This reverts commit {_target(1)}.",
        "caf\xe9 \x1b[31m\x00 \u202e",
    ],
)
@pytest.mark.parametrize(
    "template",
    [
        None,
        "{{ subject }}\n\n{{ log }}\n",
        "{{ subject }}\n\n{{ changeset.message }}",
        "{{ changeset.message }}x",
        "{{ subject }}\n\nObtained-from: {{ title }}\n",
        "{{ subject }}",
    ],
)
def test_what_portkit_writes_is_read_back_whatever_upstream_and_the_template_say(
    log: str, template: str | None
) -> None:
    writer = MessageWriter("a", "OpenBSD", template)
    changeset = Changeset(upstream(7), "", 0, PERSON, log, ())
    message = writer.write(changeset, [Revision("sbin/a b.c", "1.7"), Revision("sbin/c.c", "deleted")])
    ledger = read_ledger([commit(3, message.decode())])
    assert set(ledger.carried()) == {upstream(7)}
    assert set(ledger.carried_revisions()) == {("sbin/a b.c", "1.7"), ("sbin/c.c", "deleted")}
    draft = writer.write(changeset, [Revision("sbin/a b.c", "1.7")], draft="conflict")
    assert read_ledger([commit(3, draft.decode())]) == Ledger()


@pytest.mark.parametrize(
    "path", ["a\nUpstream-commit: x", "a\tb.c", " a.c", "a.c ", '"a".c', "caf\xe9.c", "\udce9.c", "a\\b", "a\u202eb"]
)
def test_a_path_of_any_bytes_is_read_back(path: str) -> None:
    changeset = Changeset(upstream(7), "", 0, PERSON, "x", ())
    message = MessageWriter("a", "OpenBSD").write(changeset, [Revision(path, "1.7")])
    assert read_ledger([commit(1, message.decode())]).carried_revisions() == {(path, "1.7"): _target(1)}
