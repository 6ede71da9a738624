"""What a patch says of itself: the header of a mail as git format-patch writes it, with the fields of DEP-3.

DEP-3 (Patch Tagging Guidelines, dep-team.debian.net/deps/dep3) names Description or Subject, Origin, Forwarded, Author
or From, Applied-Upstream, Last-Update; they may stand at the top or in a last paragraph. portkit adds Superseded-By:
upstream's changesets that together make the patch needless, all of them; and Left-Out-Of: the changeset of upstream's
which the target does not have whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portkit.change.changeset import Person
from portkit.errors import UserError
from portkit.text import decode

SUPERSEDED_BY = "superseded-by"
LEFT_OUT_OF = "Left-Out-Of"
NO_COMMIT = "0" * 40

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")
_ORIGIN = re.compile(r"(?:commit[:, ]+)([0-9a-f]{7,64})\b")
_ID = re.compile(r"[0-9a-f]{7,64}|[1-9]\d*(?:\.\d+)+")
_DANGEROUS = re.compile(r"-{3,}|diff -|Index: |From |>+From |(?:From|Date|Subject):")
_SLUG = re.compile(r"[^a-z0-9]+")
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Headers:
    """`fields` in their order, names as written; `subject` on one line without [PATCH]; `body` what follows it."""

    fields: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    body: str = ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field `name`, whatever its case."""
        return tuple(value for key, value in self.fields if key.lower() == name.lower())

    def first(self, name: str) -> str:
        """The first value of the field `name`; "" for none."""
        return next(iter(self.all(name)), "")

    @property
    def author(self) -> str:
        """Who made it, as written."""
        return self.first("From") or self.first("Author")

    @property
    def commits(self) -> tuple[str, ...]:
        """The commits that Origin names."""
        return tuple(found for value in self.all("Origin") for found in _ORIGIN.findall(value))

    @property
    def superseded_by(self) -> tuple[str, ...]:
        """Upstream's changesets (hashes, or revisions) that together supersede the patch."""
        return tuple(word for value in self.all(SUPERSEDED_BY) for word in re.split(r"[,\s]+", value) if word)

    @property
    def left_out_of(self) -> str:
        """The changeset of upstream's of which it is what the target does not have; "" for other patches."""
        return self.first(LEFT_OUT_OF)

    @property
    def forwarded(self) -> str:
        """What Forwarded says: no, not-needed, yes, or where to."""
        return self.first("Forwarded")


def read_headers(lines: Sequence[bytes], where: str) -> Headers:
    """The headers in the lines above the first diff. Raises UserError, with the line, where Superseded-By names what
    is no id."""
    texts = [decode(line).rstrip("\r\n") for line in lines]
    at = 1 if texts and texts[0].startswith("From ") else 0
    while at < len(texts) and not texts[at].strip():
        at += 1
    fields, places, body_at = _fields(texts, at)
    body = texts[body_at:]
    if "---" in body:
        body = body[: body.index("---")]
    while body and not body[-1].strip():
        body.pop()
    tail = next((index + 1 for index in range(len(body) - 1, -1, -1) if not body[index].strip()), 0)
    more, more_places, end = _fields(body, tail)
    if more and end == len(body) and any(_known(key) for key, _ in more):
        fields += more
        places += [body_at + place for place in more_places]
        body = body[:tail]
        while body and not body[-1].strip():
            body.pop()
    _checked(fields, places, where)
    said = next((value for key, value in fields if key.lower() in ("subject", "description")), "")
    subject, _, rest = said.partition("\n")
    subject = re.sub(r"^(?:\[[^\]]*\]\s*)+", "", subject).strip()
    if rest:
        body = [*rest.split("\n"), *([""] if body else []), *body]
    if not subject and body:
        subject, body = body[0].strip(), body[1:]
    return Headers(tuple(fields), subject, "\n".join(body).strip("\n"))


def _known(key: str) -> bool:
    return key.lower() in (
        "origin", "forwarded", "applied-upstream", "last-update", "description", "author", "bug", "reviewed-by",
        SUPERSEDED_BY,
    )  # fmt: skip


def _fields(texts: Sequence[str], at: int) -> tuple[list[tuple[str, str]], list[int], int]:
    """The fields from line `at` on, the line of each, and the line after them and the blank one below."""
    fields: list[tuple[str, str]] = []
    places: list[int] = []
    start = at
    while at < len(texts):
        match = _FIELD.fullmatch(texts[at])
        if match:
            fields.append((match[1], match[2].strip()))
            places.append(at)
        elif fields and texts[at][:1] in (" ", "\t") and texts[at].strip():
            key, value = fields[-1]
            joint = "\n" if key.lower() == "description" else " "
            more = texts[at].strip()
            fields[-1] = (key, value + joint + ("" if more == "." else more))
        else:
            break
        at += 1
    if not fields:
        return [], [], start
    if at < len(texts) and not texts[at].strip():
        at += 1
    return fields, places, at


def _checked(fields: Sequence[tuple[str, str]], places: Sequence[int], where: str) -> None:
    for (key, value), place in zip(fields, places, strict=True):
        if key.lower() != SUPERSEDED_BY:
            continue
        for word in re.split(r"[,\s]+", value):
            if word and not _ID.fullmatch(word):
                raise UserError(
                    f"Superseded-By names {word!r}, which is no changeset or revision", where=f"{where}:{place + 1}",
                    hint="give upstream's hashes (7 or more digits) or revisions, with blanks between",
                )  # fmt: skip


def written(
    headers: Headers, *, commit: str = NO_COMMIT, person: Person | None = None, date: int = 0, number: str = ""
) -> bytes:
    """A mail's head in git format-patch's form, down to its `---`: what `git am` makes a commit of. `number` goes
    into the [PATCH]; `person` and `date` are the author's, unless the fields say."""
    out = [f"From {commit} Mon Sep 17 00:00:00 2001"]
    fields = [(key, value) for key, value in headers.fields if key.lower() not in ("subject", "description")]
    if person is not None and not headers.author:
        fields = [("From", f"{person.name} <{person.email}>"), ("Date", mail_date(date)), *fields]
    mail = [field for field in fields if field[0].lower() in ("from", "date")]
    out += [_folded(key, value) for key, value in mail]
    out.append(_folded("Subject", f"[PATCH{' ' + number if number else ''}] {headers.subject}"))
    out += [_folded(key, value) for key, value in fields if key.lower() not in ("from", "date")]
    out.append("")
    if headers.body:
        out += [_harmless(line) for line in headers.body.split("\n")]
        out.append("")
    out.append("---")
    return ("\n".join(out) + "\n").encode("utf-8", "surrogateescape")


def _folded(key: str, value: str) -> str:
    """A field in lines of at most 78 characters, where it has blanks to fold it at (RFC 5322, 2.2.3)."""
    words = re.sub(r"[\x00-\x1f\x7f]+", " ", value).split(" ")
    lines = [f"{key}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > 78 and lines[-1].strip() and lines[-1] != f"{key}:":
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    return "\n".join(line.rstrip() for line in lines)


def _harmless(line: str) -> str:
    """A line of a log that no mail reader takes for the beginning of the patch, of another mail or of a field."""
    line = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", line)
    return f" {line}" if _DANGEROUS.match(line) else line


def mail_date(seconds: int) -> str:
    """Seconds since 1970 as a mail's date, in UTC, whatever the locale."""
    when = datetime.fromtimestamp(seconds, UTC)
    day, month = _DAY_NAMES[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day} {month} {when.year} {when:%H:%M:%S} +0000"


def file_name(subject: str) -> str:
    """What a patch with this subject is called: letters, digits and dashes, no number in front."""
    slug = _SLUG.sub("-", subject.lower()).strip("-")[:52].strip("-")
    return f"{slug or 'patch'}.patch"
