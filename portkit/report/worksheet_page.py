"""The worksheet of a port for a person at work: a page, and a list to tick off.

Per function of the target: what upstream changed, and what is left to do by hand.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.merge.fate import Fate
from portkit.report.contract import iso
from portkit.report.links import Links
from portkit.report.page import Templates, render
from portkit.report.shown import Side, counted, cut, one_line, sides
from portkit.report.worksheet import Section, begin, sections
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome
from portkit.sync.worksheet import Candidate, Entry, NetHunk, What, Worksheet
from portkit.text import decode, printable, split_lines

_SHOWN = 40
"""Lines of a side that are shown."""

_WIDTH = 80
_TAB = 4
_DIFF = 60
"""Lines of a net change that the list shows."""


@dataclass(frozen=True, slots=True)
class FileSheet:
    """The sections of one target file that have something left, and how much of the file is done."""

    file: str
    sections: tuple[Section, ...]
    left: int
    done: int


@dataclass(frozen=True, slots=True)
class SheetView:
    """A worksheet as its page shows it: `files` with the most left first; `absent` are the entries of files that the
    target lacks, or has in a version of its own, by upstream path; `done` what landed or is there, in order."""

    outcome: ComponentOutcome
    sheet: Worksheet
    links: Links
    files: tuple[FileSheet, ...]
    absent: tuple[tuple[str, tuple[Entry, ...]], ...]
    done: tuple[Entry, ...]
    ticked: frozenset[str]
    changesets: Mapping[str, ChangesetOutcome]

    def subject(self, id: str) -> str:
        """The first line of a changeset's log."""
        one = self.changesets.get(id)
        return one.changeset.subject if one is not None else ""

    def date(self, id: str) -> int:
        """When a changeset was committed, in seconds since 1970."""
        one = self.changesets.get(id)
        return one.changeset.date if one is not None else 0


def view(outcome: ComponentOutcome, links: Links, done: Sequence[str] = ()) -> SheetView:
    """The worksheet of a port, sorted for a reader. `done`: the ids that were ticked off."""
    sheet = outcome.worksheet
    assert sheet is not None
    by_file: dict[str, list[Section]] = {}
    for section in sections(sheet):
        hunks = tuple(entry for entry in section.entries if entry.what in (What.HUNK, What.FOLLOWED))
        if hunks:
            by_file.setdefault(section.file, []).append(replace(section, entries=hunks))
    files = [
        FileSheet(
            file, tuple(section for section in found if section.open),
            sum(len(section.open) for section in found), sum(section.done for section in found),
        )
        for file, found in by_file.items()
    ]  # fmt: skip
    absent: dict[str, list[Entry]] = {}
    for entry in sheet.entries:
        if entry.open and entry.what not in (What.HUNK, What.FOLLOWED):
            absent.setdefault(entry.upstream, []).append(entry)
    return SheetView(
        outcome, sheet, links,
        tuple(sorted((one for one in files if one.left), key=lambda one: (-one.left, one.file))),
        tuple(sorted((path, tuple(several)) for path, several in absent.items())),
        tuple(entry for entry in sheet.entries if not entry.open),
        frozenset(done),
        {one.changeset.id: one for one in outcome.changesets},
    )  # fmt: skip


def page(one: SheetView, own: Templates | None = None) -> bytes:
    """The page, UTF-8. Raises UserError for what is wrong with a template of the user's."""
    return render(
        "worksheet.html.j2", one, own, nearest=_nearest, place=place, sides=_sides, title=_title, net=_net, diff=_diff,
        target=_target, begin=begin,
    )


def _target(hunk: NetHunk) -> tuple[str, ...]:
    """The target's lines at a net hunk."""
    return tuple(cut(printable(decode(raw)).rstrip("\n")) for raw in split_lines(hunk.here)[:_SHOWN])


def _net(section: Section) -> str:
    """What is left of a function as one change, in a sentence."""
    net = section.net
    changesets = counted(len({entry.changeset for entry in section.open}), "changeset")
    hunks = f"{counted(len(section.open), 'hunk')} of {changesets}"
    if net is None or not net.hunks:
        return f"{hunks}; in the end nothing is left of them: later changesets took it back"
    if not net.left:
        return f"{hunks}; in the end the target has all that came of them"
    there = f", {len(net.hunks) - net.left} there already" if len(net.hunks) > net.left else ""
    return f"{hunks}; as one change, {counted(net.left, 'place')} to be done{there}"


def _diff(hunk: NetHunk) -> tuple[tuple[str, str], ...]:
    """The lines of a net hunk: what each is ("added", "removed", "same") and its text."""
    kinds = {"+": "added", "-": "removed"}
    shown = hunk.lines[:_SHOWN]
    lines = [cut(printable(decode(raw)).rstrip("\n")) for raw in shown]
    told = [(kinds.get(line[:1], "same"), line) for line in lines]
    if len(hunk.lines) > _SHOWN:
        told.append(("gap", f"... {len(hunk.lines) - _SHOWN} more lines"))
    return tuple(told)


def _sides(entry: Entry) -> tuple[Side, ...]:
    """Upstream before and after, and the target where a line is known."""
    base, ours, theirs = sides(entry.before, entry.here, entry.after, _SHOWN)
    return (base, theirs, ours) if entry.here else (base, theirs)


def place(entry: Entry) -> str:
    """Which hunk of upstream's, and where it would be here."""
    told = f"{entry.upstream.rpartition('/')[2]} {entry.revision}".strip()
    told += f", hunk {entry.number}" if entry.number else ""
    return f"{told}, line {entry.line}" if entry.line else told


def markdown(one: SheetView) -> bytes:
    """The worksheet as a list to tick off, UTF-8. What comes from a repository stands in indented blocks, where
    nothing of it is alive."""
    sheet = one.sheet
    lines = [f"# Worksheet of {one.outcome.name}", ""]
    lines += textwrap.wrap(one_line(sheet.sentence() + ".", 1000), _WIDTH)
    facts = [("from", sheet.first[:12]), ("to", sheet.last[:12]), ("onto", one.outcome.onto[:12])]
    if one.outcome.branch:
        facts.append(("branch", f"{one_line(one.outcome.branch)} {one.outcome.tip[:12]}"))
    if one.outcome.draft:
        facts.append(("draft", f"{one_line(one.outcome.draft)}, with what fits and waits"))
    lines += ["", *(f"    {name:6} {text}" for name, text in facts)]
    if begin(one.outcome):
        lines += ["", "To finish it by hand:", "", f"    {one_line(begin(one.outcome), 1000)}"]
    if one.sheet.words:
        lines += ["", "Upstream's lines are shown in the target's words:", ""]
        lines += [_short(f"    {one_line(word)}") for word in one.sheet.words]
    if one.files:
        lines += ["", "## Left for a hand"]
    for file in one.files:
        lines += ["", f"    {one_line(file.file)}: {file.left} left, {file.done} done"]
        for section in file.sections:
            lines += ["", f"      {one_line(_title(section))}"]
            lines += _wrapped(_net(section), 8)
            for number, hunk in enumerate(section.net.hunks if section.net is not None else (), 1):
                if hunk.fate is not Fate.ALREADY:
                    lines += [f"        place {number}" + (f", near line {hunk.line}" if hunk.line else ""), ""]
                    lines += [_short(f"            {line}") for _, line in _diff(hunk)[:_DIFF]] + [""]
            for entry in section.open:
                lines += _item(one, entry)
    if one.absent:
        lines += ["", "## Files that the target has not, or has in a version of its own"]
    for path, entries in one.absent:
        lines += ["", f"    {one_line(path)}: {len(entries)} changesets"]
        lines += _wrapped(f"[ ] {entries[0].reason}", 8)
        lines += [line for candidate in entries[0].candidates for line in _wrapped(_nearest(candidate), 12)]
    counts = sheet.counts()
    lines += ["", "## Done", "", f"    placed {counts['placed']}, there already {counts['already']}"]
    lines += [f"        [x] {one_line(place(entry))}, ticked off" for entry in one.done if entry.id in one.ticked]
    for entry in one.done:
        lines += _wrapped(f"[x] {place(entry)}: {entry.reason}", 8) if entry.decided else []
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _title(section: Section) -> str:
    if section.function:
        other = section.upstream_function
        return section.function + (f" (upstream's {other})" if other != section.function else "")
    if section.upstream_function:
        return f"upstream's {section.upstream_function}, which the target has not"
    return "outside of functions"


def _item(one: SheetView, entry: Entry) -> Iterator[str]:
    fits = "on the draft: " if entry.fate is Fate.READY else ""
    yield from _wrapped(f"[ ] {place(entry)}: {fits}{entry.reason}", 8)
    day = iso(one.date(entry.changeset))[:10]
    yield from _wrapped(f"{day} {entry.changeset[:10]} {one.subject(entry.changeset)}", 12)
    if entry.follows:
        yield from _wrapped(f"builds on {', '.join(id[:10] for id in entry.follows)}, left too", 12)
    for candidate in entry.candidates:
        yield from _wrapped(_nearest(candidate), 12)


def _short(line: str) -> str:
    text = line.expandtabs(_TAB)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _nearest(candidate: Candidate) -> str:
    where = f"{candidate.file}:{candidate.line}"
    return f"nearest: {where} {candidate.function}".rstrip() + f" ({candidate.why})"


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        one_line(text), _WIDTH, initial_indent=space, subsequent_indent=f"{space}    ", break_on_hyphens=False
    )
