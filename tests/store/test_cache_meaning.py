"""What other code computed is not believed."""

from __future__ import annotations

from pathlib import Path

from portkit.store.cache import Cache


def test_rows_of_another_meaning_are_forgotten(tmp_path: Path) -> None:
    place = tmp_path / "memory.sqlite"
    with Cache(place, meaning="one") as cache:
        cache.put("baseline", "key", b"value")
    with Cache(place, meaning="one") as cache:
        assert cache.get("baseline", "key") == b"value"
    with Cache(place, meaning="two") as cache:
        assert cache.get("baseline", "key") is None
    with Cache(place) as cache:
        assert cache.get("baseline", "key") is None
