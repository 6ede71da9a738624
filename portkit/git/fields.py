"""What git prints with -z, as fields: each ends in NUL, and may hold any other byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def split_fields(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The fields in `blocks`, as they come; what stands after the last NUL is one too, where it is not empty."""
    rest: list[bytes] = []
    for block in blocks:
        first, *others = block.split(b"\0")
        rest.append(first)
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            rest = [others[-1]]
    last = b"".join(rest)
    if last:
        yield last
