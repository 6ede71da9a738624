"""Blank lines stand everywhere: two of them do not say that a place is upstream's."""

from __future__ import annotations

from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import Gate

HEAD = b"int\nattach(struct dev *dev)\n{\n\tint error;\n\n"
NEW = b"\t/* The first page is the one. */\n\tphy_write(dev, 0);\n\n"
BASE = HEAD + (
    b"\tdev->flags |= NO_LOOP;\n\n\tdev->speed = 10;\n\tdev->wide = 2;\n\n"
    b"\t/* Copper where it can be. */\n\tif (dev->model == FIRST)\n\t\tcopper(dev);\n\treturn (0);\n}\n"
)
THEIRS = BASE.replace(b"\t/* Copper", NEW + b"\t/* Copper")


def merged(ours: bytes) -> tuple[Gate, bool]:
    found = FileMerger().merge(*(Version(content, 0o100644) for content in (BASE, ours, THEIRS)))
    return found.gate, found.lands


def test_where_only_blank_lines_agree_nothing_lands() -> None:
    other = HEAD + (
        b"\tprobe(dev);\n\n\tdev->bus = bus_of(dev);\n\tdev->name = name_of(dev);\n\n"
        b"\tswitch (dev->model) {\n\tcase SECOND:\n\t\tfiber(dev);\n\t}\n\treturn (0);\n}\n"
    )
    assert not merged(other)[1]


def test_one_line_with_words_and_a_blank_one_are_enough() -> None:
    near = BASE.replace(b"\tdev->speed = 10;\n\tdev->wide = 2;\n", b"\tdev->bus = bus_of(dev);\n")
    near = near.replace(b"\tif (dev->model == FIRST)\n\t\tcopper(dev);\n", b"\tcopper(dev, 1);\n\tfiber(dev, 0);\n")
    assert merged(near) == (Gate.FAITHFUL, True)
