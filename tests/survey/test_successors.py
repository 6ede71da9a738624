"""Where a file went that upstream deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portkit.paths import RepoPath
from portkit.survey.model import Derived, Standing
from portkit.survey.resolve import Event
from portkit.survey.successors import gone, moved, successors

DAY = 86400
TEXT = b"".join(b"line number %d of it\n" % number for number in range(20))
HALF = b"".join(b"line number %d of it\n" % number for number in range(12)) + b"another ending of it\n"
OTHER = b"".join(b"nothing of that at all %d\n" % number for number in range(20))


class There:
    """Contents by their ids."""

    def read(self, oid: str) -> bytes:
        return {"a": TEXT, "b": HALF, "c": OTHER}[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((oid, self.read(oid)) for oid in oids)


def life(*events: tuple[int, str]) -> tuple[Event, ...]:
    return tuple(Event(day, f"{day}", day * DAY, oid) for day, oid in events)


def derived(upstream: str) -> Derived:
    path = RepoPath(upstream)
    return Derived(path, 20, Standing.RESOLVED, None, path, "1.1", "1", 1, 1, "sure", True)


def went(others: dict[str, tuple[Event, ...]]) -> str:
    lives = {RepoPath("old/x.c"): life((1, "a"), (100, ""))}
    lives |= {RepoPath(path): events for path, events in others.items()}
    files = [derived("old/x.c")]
    found = gone(files, lives)
    to = dict(zip(found, successors(list(found.values()), There()), strict=True))
    return moved(files, {str(path): place for path, place in to.items()})[0].successor


def test_the_same_file_in_another_folder_at_that_time() -> None:
    assert went({"new/x.c": life((99, "b"), (300, "c"))}) == "new/x.c"
    assert went({"lib/x.c": life((101, "b")), "new/x.c": life((101, "a"))}) == "new/x.c"  # the most of its lines


def test_what_came_at_another_time_or_is_another_file_or_gone_itself() -> None:
    assert went({"new/x.c": life((2, "a"))}) == ""
    assert went({"new/x.c": life((99, "c"))}) == ""
    assert went({"new/x.c": life((99, "a"), (200, ""))}) == ""
    assert went({"new/y.c": life((99, "a"))}) == ""
    assert went({"new/x.c": life((5, "c"), (6, ""), (99, "a"))}) == "new/x.c"  # it was there once before
