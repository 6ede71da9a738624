"""A port beside upstream's changeset, and why an ident line and the content disagree."""

from __future__ import annotations

from portkit.change.changeset import Blob
from portkit.paths import RepoPath
from portkit.ports.explain import explained
from portkit.ports.model import HunkState, PortedFile
from portkit.ports.review import Contents, differences, reviewed
from portkit.sync.lineage import FileVersion

PATH = RepoPath("sbin/leased/leased.c")


def source(calls: str, revision: str = "1.1") -> bytes:
    lines = "".join(f"\terror = call_{word}(lease, 5);\n" for word in calls.split())
    head = f"/*\t$OpenBSD: leased.c,v {revision} 2011/03/26 14:46:42 krw Exp $\t*/\n"
    return (head + "\nint\nstart_it(struct lease *lease)\n{\n" + lines + "\n\treturn (error);\n}\n").encode()


def test_each_hunk_stands_beside_what_the_target_made_of_it() -> None:
    base = source("one two three four five six seven eight nine")
    theirs = source("one new two three four five six late seven eight nine last", "1.2")
    before = source("one two three four five six own seven eight nine")
    after = source("one new two three ours four five six own seven eight nine", "1.2")
    file = PortedFile("c" * 40, PATH, PATH, "1.2", (HunkState.MADE, HunkState.LEFT_OUT, HunkState.LEFT_OUT), True)
    found = reviewed(file, Contents(base, theirs, before, after))
    assert [(one.number, one.state, one.upstream.function) for one in found.hunks] == [
        (1, HunkState.MADE, "start_it"), (2, HunkState.LEFT_OUT, "start_it"), (3, HunkState.LEFT_OUT, "start_it"),
    ]  # fmt: skip
    (mine,) = found.hunks[0].target
    assert mine.added == found.hunks[0].upstream.added == (b"\terror = call_new(lease, 5);\n",)
    assert found.hunks[1].target == ()
    assert [part.added for part in found.besides] == [(b"\terror = call_ours(lease, 5);\n",)]  # no ident line


def test_a_file_added_whole() -> None:
    file = PortedFile("c" * 40, PATH, PATH, "1.1", (HunkState.MADE,))
    found = reviewed(file, Contents(None, source("one"), None, source("one")))
    assert len(found.hunks) == 1
    assert found.hunks[0].target[0].added == found.hunks[0].upstream.added


def test_differences_leave_ident_lines_out() -> None:
    (part,) = differences(source("one two"), source("one own two", "1.7"))
    assert (part.start, part.function, part.removed) == (7, "start_it", ())
    assert differences(source("one"), source("one", "1.7")) == ()


def versions(*contents: bytes) -> tuple[list[FileVersion], dict[str, bytes]]:
    made = [FileVersion(n, f"c{n}", Blob(f"b{n}", 0o100644), f"1.{n + 1}", PATH) for n in range(len(contents))]
    return made, {f"b{n}": content for n, content in enumerate(contents)}


def test_what_lies_between_is_there_or_not() -> None:
    life, blobs = versions(
        source("one two three"), source("one new two three"), source("one new two three more and"),
        source("one new two three more and last"),
    )  # fmt: skip
    told = list(explained(life, "1.4", "1.1", source("one two three more and"), blobs.__getitem__))
    assert told == [
        "1.2: its one-line change is not there", "1.3: its change of 2 lines is there",
        "1.4: its one-line change is not there",
    ]  # fmt: skip
    assert list(explained(life, "1.1", "1.2", source("one new two three"), blobs.__getitem__)) == [
        "1.2: its one-line change is there"
    ]
    assert list(explained(life, "1.2", "1.2", b"", blobs.__getitem__)) == []
    assert list(explained(life, "1.9", "1.2", b"", blobs.__getitem__)) == []
