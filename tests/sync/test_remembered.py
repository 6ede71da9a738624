"""What was found at one commit is carried on to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from portkit.sync.remembered import carried_on


@dataclass(frozen=True)
class Walked:
    steps: tuple[str, ...] = ()


@dataclass
class Kept:
    values: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def get(self, kind: str, key: str) -> bytes | None:
        return self.values.get((kind, key))

    def get_many(self, kind: str, keys: object) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.values[kind, key] = value

    def put_many(self, kind: str, items: object) -> None:
        pass


ORDER = "abcd"


def walk(memory: Kept, at: str, *, asked: list[str], upstream: str = "one") -> Walked:
    def find(before: Walked | None) -> Walked:
        start = before.steps if before is not None else ()
        asked.append(ORDER[len(start) : ORDER.index(at) + 1])
        return Walked(tuple(ORDER[: ORDER.index(at) + 1]))

    return carried_on(memory, "walk", (upstream,), at, Walked, lambda last: ORDER.index(last) < ORDER.index(at), find)


def test_only_what_came_since_is_looked_at() -> None:
    memory, asked = Kept(), list[str]()
    assert walk(memory, "b", asked=asked).steps == ("a", "b")
    assert walk(memory, "d", asked=asked).steps == ("a", "b", "c", "d")
    assert walk(memory, "d", asked=asked).steps == ("a", "b", "c", "d")
    assert asked == ["ab", "cd"]


def test_nothing_is_carried_back_nor_over_to_another_upstream() -> None:
    memory, asked = Kept(), list[str]()
    walk(memory, "c", asked=asked)
    walk(memory, "b", asked=asked)
    walk(memory, "d", asked=asked, upstream="two")
    assert asked == ["abc", "ab", "abcd"]


def test_what_cannot_be_read_is_found_again() -> None:
    memory, asked = Kept(), list[str]()
    walk(memory, "b", asked=asked)
    for key in list(memory.values):
        memory.values[key] = b"{"
    assert walk(memory, "b", asked=asked).steps == ("a", "b")
    assert walk(memory, "c", asked=asked).steps == ("a", "b", "c")
    assert asked == ["ab", "ab", "c"]
