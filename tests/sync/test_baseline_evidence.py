"""What outweighs the ident line: a content that is with the other version by half of the lines between the two."""

from __future__ import annotations

import pytest
from sync_worlds import Notes, Upstream, hashed, source

from portkit.components.model import BaselinePolicy
from portkit.paths import RepoPath
from portkit.sync.baseline import Baseline, BaselineFinder
from portkit.sync.lineage import Lineage

PATH = RepoPath("sbin/dhclient/a.c")
LETTERS = "abcdefghijklmnop"
OWN = "ABCDEFGHIJ"
"""What the target has of its own."""

VERSIONS = (LETTERS, LETTERS + "1234", LETTERS + "123456", LETTERS + "123456789")


def found(content: bytes, policy: BaselinePolicy = BaselinePolicy.AUTO) -> Baseline:
    upstream = Upstream()
    for number, letters in enumerate(VERSIONS, 1):
        upstream.commit(f"Change {number}.", {PATH: source("a.c", f"1.{number}", letters)})
    lineage = Lineage(upstream.changesets(lambda _: True), upstream, Notes(), "OpenBSD")
    finder = BaselineFinder(lineage, upstream, Notes(), "OpenBSD", policy=policy)
    return finder.find(PATH, PATH, hashed(content), lambda: content, until=len(VERSIONS) - 1)


@pytest.mark.parametrize(
    ("recorded", "letters", "used"),
    [
        ("1.1", LETTERS + OWN + "123", "1.2"),  # all but one of four lines are there
        ("1.1", LETTERS + OWN + "12", "1.1"),  # two of four: neither is nearer
        ("1.2", LETTERS + OWN + "123456", "1.3"),
        ("1.2", LETTERS + OWN + "123", "1.2"),
        ("1.3", LETTERS + OWN, "1.1"),  # bumped past what was never taken
        ("1.4", LETTERS + OWN + "12345", "1.3"),
    ],
)
def test_the_content_decides_where_it_says_something(recorded: str, letters: str, used: str) -> None:
    assert found(source("a.c", recorded, letters)).file.used == used


def test_one_line_of_many_is_chance() -> None:
    """Of the nine lines between 1.1 and 1.4 the target has five, and none where upstream has them: one line nearer."""
    content = source("a.c", "1.1", LETTERS + OWN + "56789")
    file = found(content).file
    assert (file.recorded, file.nearest, file.used, file.confidence) == ("1.1", "1.4", "1.1", "sure")
    assert (file.distance, file.recorded_distance) == (14, 15)
    assert file.note == "recorded 1.1 (15 lines off) stands: 1.4 is hardly nearer (14) for the lines between the two"
    assert found(content, BaselinePolicy.NEAREST).file.used == "1.4"
