"""The commits of several files in one order."""

from __future__ import annotations

from portkit.change.changeset import Person
from portkit.protocols import TargetCommit
from portkit.sync.local import in_order


def commit(name: str, date: int) -> TargetCommit:
    return TargetCommit(name * 40, (), date, date, Person("Pat", "pat@example.org"), name)


def test_each_file_s_order_is_kept_and_dates_decide_where_it_leaves_a_choice() -> None:
    a, b, c, d = commit("a", 10), commit("b", 5), commit("c", 7), commit("d", 8)
    found = in_order([[a, b], [c, d], [a, d]])  # b says that it is older than a, which it follows
    assert [one.id[0] for one in found] == ["c", "a", "b", "d"]
    assert in_order([[c, d], [a, d], [a, b]]) == found
    assert in_order([]) == []
