"""The decisions file: read with every mistake's line, written without touching what a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from portkit.change.revision import FileRevision, parse_revision
from portkit.decisions.model import Decision, DecisionKind, Until, Wait
from portkit.decisions.reading import parse_until
from portkit.errors import UserError
from portkit.paths import RepoPath
from portkit.store.decisions import DecisionsFile

A, B = "sbin/dhclient/a.c", "sbin/dhclient/b.c"
WHO = "Pat Porter <pat@example.org>"


def revision(path: str = A, label: str = "1.2") -> FileRevision:
    return FileRevision(RepoPath(path), label)


def skip(path: str = A, label: str = "1.2", reason: str = "not ours", **more: object) -> Decision:
    return Decision(DecisionKind.SKIP, (revision(path, label),), reason, WHO, **more)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> DecisionsFile:
    return DecisionsFile(tmp_path / "patches", "dhclient")


def written(file: DecisionsFile, text: str) -> None:
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_text(text, "utf-8")


ENTRY = """\
- decision: skip
  of:
    - sbin/dhclient/a.c 1.2
  reason: not ours
"""


@pytest.mark.parametrize(
    "decision",
    [
        skip(),
        skip(reason='a: "b" # c \\ {d} é ☃'),
        skip(reason="yes"),
        skip(hunk=3, lines="0123456789ab"),
        skip(path="sbin/dhclient/with space\n#3.c", label="blob " + "1" * 40),
        skip(changesets=("1" * 40,), conflict="c-0123456789ab"),
        Decision(DecisionKind.DEFER, (revision(), revision(B)), "later", WHO, Until(Wait.DAY, day="2013-01-15")),
        Decision(DecisionKind.DEFER, (revision(),), "later", WHO, Until(Wait.CHANGESET, revision=revision(B, "1.30"))),
        Decision(DecisionKind.DEFER, (revision(),), "later", WHO, Until(Wait.BASELINE, revision=revision(A, "1.9"))),
        Decision(DecisionKind.SQUASH, (revision(), revision(B)), "one piece", "", changesets=("1" * 40, "2" * 40)),
    ],
)
def test_what_is_added_reads_back(file: DecisionsFile, decision: Decision) -> None:
    file.add(decision)
    (found,) = file.read().every
    assert found.line
    assert found == Decision(**{name: getattr(decision, name) for name in Decision.__slots__} | {"line": found.line})


def test_no_file_is_no_decision(file: DecisionsFile) -> None:
    assert file.read().every == ()
    assert file.read().on(revision()) is None


def test_entries_stand_in_the_order_of_path_and_revision(file: DecisionsFile, tmp_path: Path) -> None:
    made = [skip(A, "1.10"), skip(A, "1.9"), skip(B, "1.1"), skip(A, "1.9", hunk=2)]
    for one in made:
        file.add(one)
    other = DecisionsFile(tmp_path / "others", "dhclient")
    for one in reversed(made):
        other.add(one)
    assert file.path.read_bytes() == other.path.read_bytes()
    assert [(str(one.of[0]), one.hunk) for one in file.read().every] == [
        (f"{A} 1.9", 0), (f"{A} 1.9", 2), (f"{A} 1.10", 0), (f"{B} 1.1", 0),
    ]  # fmt: skip


def test_what_a_person_wrote_stays_to_the_byte(file: DecisionsFile) -> None:
    mine = (
        "# my own words\n\n"
        "# about a.c\n"
        "-   decision:   skip   # because\n"
        "    of: sbin/dhclient/a.c 1.2\n"
        "    reason: >-\n      over two\n      lines\n"
        "\n# about the end\n"
    )
    written(file, mine)
    file.add(skip(A, "1.1"))
    file.add(skip(B, "1.1"))
    text = file.path.read_text("utf-8")
    for part in mine.split("\n\n"):
        assert part in text
    assert [str(one.of[0]) for one in file.read().every] == [f"{A} 1.1", f"{A} 1.2", f"{B} 1.1"]
    assert file.read().every[1].reason == "over two lines"
    file.take_back(file.read().every[1], reason="now we do", who=WHO)
    found = file.read()
    assert [one.reopened for one in found.every] == ["", "now we do", ""]
    assert found.on(revision(A, "1.2")) is None
    assert "      lines\n    reopened: now we do\n    reopened-by: Pat" in file.path.read_text("utf-8")


def test_two_peoples_entries_on_different_things_merge(file: DecisionsFile, tmp_path: Path) -> None:
    import subprocess

    file.add(skip(A, "1.5"))
    base = file.path.read_bytes()
    sides = []
    for name, one in (("ours", skip(A, "1.2")), ("theirs", skip(B, "1.2"))):
        side = DecisionsFile(tmp_path / name, "dhclient")
        side.path.parent.mkdir(parents=True)
        side.path.write_bytes(base)
        side.add(one)
        sides.append(side.path)
    (tmp_path / "base").write_bytes(base)
    done = subprocess.run(
        ["git", "merge-file", "-p", str(sides[0]), str(tmp_path / "base"), str(sides[1])], capture_output=True
    )
    assert done.returncode == 0
    written(file, done.stdout.decode())
    assert [str(one.of[0]) for one in file.read().every] == [f"{A} 1.2", f"{A} 1.5", f"{B} 1.2"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("- decision: [\n", 2, "no YAML"),
        ("decisions: 1\n", 1, "a list is expected"),
        ("- skip\n", 1, "a mapping is expected"),
        (ENTRY.replace("skip", "skp"), 1, "'skip'"),
        (ENTRY.replace("  reason: not ours\n", ""), 1, "'reason' is missing"),
        (ENTRY.replace("reason: not ours", "reason: ''"), 4, "says nothing"),
        (ENTRY.replace("1.2", "x"), 3, "no `path revision`"),
        (ENTRY.replace("sbin/dhclient/a.c", "../../etc/passwd"), 3, "no `path revision`"),
        (ENTRY + "  hunk: zero\n", 5, "the number of a hunk"),
        (ENTRY + "  hunk: 0\n", 5, "the number of a hunk"),
        (ENTRY.replace("1.2\n", "1.2\n    - sbin/dhclient/b.c 1.1\n") + "  hunk: 1\n", 6, "that file alone"),
        (ENTRY + "  until: 2013-01-15\n", 5, "only what is deferred"),
        (ENTRY.replace("skip", "defer") + "  until: 2013-02-30\n", 5, "no day"),
        (ENTRY + "  colour: red\n", 5, "no key 'colour'"),
        (ENTRY + "\n" + ENTRY.replace("skip", "not-applicable"), 6, "line 1 says skip"),
        ("- !!python/object:os.system\n", 1, "tags"),
        (ENTRY.replace("not ours", '"a\\u001bb"'), 4, "control character"),
        (ENTRY.replace("    - sbin/dhclient/a.c 1.2", "    []"), 2, "at least one"),
    ],
)
def test_nonsense_is_told_with_file_and_line_and_nothing_is_written(
    file: DecisionsFile, text: str, line: int, says: str
) -> None:
    written(file, text)
    for call in (file.read, lambda: file.add(skip(B))):
        with pytest.raises(UserError) as caught:
            call()
        assert f"patches/dhclient/decisions.yaml:{line}" in str(caught.value)
        assert says in str(caught.value)
        assert caught.value.hint
    assert file.path.read_text("utf-8") == text


def test_a_style_without_blocks_is_left_alone(file: DecisionsFile) -> None:
    text = "[{decision: skip, of: sbin/dhclient/a.c 1.2, reason: mine}]\n"
    written(file, text)
    assert file.read().on(revision()) is not None
    with pytest.raises(UserError, match="no place for a block") as caught:
        file.add(skip(B))
    assert "sbin/dhclient/b.c 1.2" in caught.value.cause
    assert file.path.read_text("utf-8") == text


@pytest.mark.parametrize("text", ["sbin/a b.c 1.2", '"sbin/\\033.c" 1.2.3.4', "x deleted", "x blob 0123456"])
def test_a_revision_of_a_file_as_text(text: str) -> None:
    found = parse_revision(text)
    assert found is not None
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "1.2", "x", "x 1", "/x 1.2", "../x 1.2", "x 1.2 ", ".git/x 1.2"])
def test_what_is_no_revision_of_a_file(text: str) -> None:
    assert parse_revision(text) is None


def test_what_a_deferral_waits_for_as_text() -> None:
    for text in ("2013-01-15", "sbin/x.c 1.2", "baseline sbin/x.c 1.2"):
        assert str(parse_until(text)) == text
    assert parse_until("tomorrow") is None
