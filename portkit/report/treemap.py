"""A map of weighed boxes: rectangles that fill an area, each as large as its weight and as square as it goes
(Bruls, Huizing, van Wijk: Squarified Treemaps, 2000)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, edge: float, top: float) -> Box:
        """What is left of it within an edge on every side, and `top` more at the top; never less than nothing."""
        return Box(
            self.x + edge, self.y + edge + top, max(0.0, self.width - 2 * edge), max(0.0, self.height - 2 * edge - top)
        )


def boxes(weights: Sequence[float], area: Box) -> list[Box]:
    """One box for each of `weights` (positive, the largest first), which together fill `area`."""
    total = sum(weights)
    if not weights or total <= 0 or area.width <= 0 or area.height <= 0:
        return [Box(area.x, area.y, 0.0, 0.0) for _ in weights]
    scale = area.width * area.height / total
    sizes = [weight * scale for weight in weights]
    result: list[Box] = []
    x, y, width, height = area.x, area.y, area.width, area.height
    at = 0
    while at < len(sizes):
        side = min(width, height)
        count = 1
        while at + count < len(sizes) and _worst(sizes[at : at + count + 1], side) <= _worst(
            sizes[at : at + count], side
        ):
            count += 1
        row = sizes[at : at + count]
        depth = sum(row) / side if side > 0 else 0.0
        along = 0.0
        for size in row:
            length = size / depth if depth > 0 else 0.0
            if width >= height:
                result.append(Box(x, y + along, depth, length))
            else:
                result.append(Box(x + along, y, length, depth))
            along += length
        if width >= height:
            x, width = x + depth, max(0.0, width - depth)
        else:
            y, height = y + depth, max(0.0, height - depth)
        at += count
    return result


def _worst(row: Sequence[float], side: float) -> float:
    """How far from square the least square box of a row is."""
    whole = sum(row)
    if whole <= 0 or side <= 0:
        return float("inf")
    return max(side * side * max(row) / (whole * whole), whole * whole / (side * side * min(row)))
