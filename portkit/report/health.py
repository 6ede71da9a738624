"""How a component's local patches are, for the weekly report: what a check found, in words."""

from __future__ import annotations

import shlex

from portkit.patches.checking import Checked, Fit, PatchCheck
from portkit.report.patches import fit_words, superseded_words
from portkit.report.shown import counted
from portkit.report.view import PatchHealth, PatchLine


def health(found: Checked) -> PatchHealth:
    """The section of one component: what holds in a number, and by name what does not, or what upstream took over."""
    lines = tuple(line for one in found.patches for line in [_line(one)] if line is not None)
    holding = len(found.patches) - len(found.lost)
    equal = "baseline and patches give the tree" if found.equal else (
        f"{counted(len(found.unequal), 'file')} of the tree {'is' if len(found.unequal) == 1 else 'are'} not what "
        "baseline and patches give"
    )  # fmt: skip
    summary = f"{holding} of {_patches(found)} fit; {equal}."
    return PatchHealth(found.component, summary, lines, f"portkit patches check {shlex.quote(found.component)}")


def _patches(found: Checked) -> str:
    return "1 patch" if len(found.patches) == 1 else f"{len(found.patches)} patches"


def _line(one: PatchCheck) -> PatchLine | None:
    """A patch that is worth a line: it does not fit, or not on upstream's newest files; or upstream has it."""
    took = superseded_words(one.superseded) if one.superseded is not None else ""
    if one.in_order.fit in (Fit.FUZZ, Fit.NONE):
        return PatchLine(one.patch.name, "does not fit", one.in_order.reason or fit_words(one.in_order))
    if one.superseded is not None and one.superseded.whole:
        return PatchLine(one.patch.name, "superseded", took)
    if one.forward.fit is Fit.NONE:
        return PatchLine(one.patch.name, "will not fit upstream's newest", one.forward.reason)
    if took or one.collisions:
        met = f"met upstream's changes in {len(one.collisions)} places" if one.collisions else ""
        return PatchLine(one.patch.name, "holds", "; ".join(text for text in (took, met) if text))
    return None
