"""Commit messages: what upstream said, where it came from, and the trailers the ledger reads back.

The body is a Jinja2 template that users can replace. The trailers are not part of it: they are portkit's own, in the
message's last paragraph, so that neither a template nor upstream's text can forge or lose them.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from portkit.change.changeset import Changeset
from portkit.errors import UserError
from portkit.paths import quoted
from portkit.text import printable

SUBJECT_WIDTH = 72
"""A subject stays under this many characters."""

COMMIT = "Upstream-commit"
REVISION = "Upstream-revision"
DRAFT = "Portkit-draft"
PATCH = "Portkit-patch"
RESOLUTION = "Portkit-resolution"
"""A file of the changeset that a person resolved: `path revision name`, the name being the resolution's."""
WORDS = "Portkit-words"
"""A word of the target's in which the commit says what upstream says otherwise: `say(*) = OUT((ctx, *))`."""
BESIDE = "Portkit-beside"
WITHIN = "Portkit-within-lines"
"""A hunk that was made within lines of the target's own: `path revision #hunk`."""
HUNKS = "Upstream-hunks"
LEFT_OUT = "Portkit-left-out"
"""A file or hunk of the changeset that a person decided to leave out: `path revision [#hunk] state`."""

PARTIAL = "PARTIAL: "
"""What the subject begins with where only a part of the changeset is in the commit."""

_PARTIAL_NOTE = (
    "This commit carries upstream's changeset in part: the files and hunks that the\n"
    "lines below name. The rest is left for a person."
)

_DRAFT_NOTE = (
    "This commit stands on a draft, no branch to take: where upstream's change did not fit,\n"
    "upstream's side stands here unreviewed."
)
_WAITING_NOTE = (
    "This commit stands on a draft, no branch to take: the hunks that the lines below name\n"
    "fit here, and wait for something that did not land. The worksheet says for what."
)

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(<])|\n\s*\n")
_LIST_MARK = re.compile(r"^[-*o+]\s+")
_TRAILER_LIKE = re.compile(r"^(Upstream-[A-Za-z-]+|Portkit-[A-Za-z-]+)(?=:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Revision:
    """One file of a ported changeset: its upstream path, and its revision ("1.17", "deleted", "blob <hash>")."""

    path: str
    revision: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file of which only some hunks were ported: `numbers` of `count`, from 1."""

    path: str
    revision: str
    numbers: tuple[int, ...]
    count: int


class MessageWriter:
    """Renders messages; `template` replaces the built-in one (its `name` is used in errors)."""

    def __init__(self, prefix: str, title: str, template: str | None = None, name: str = "commit.txt.j2") -> None:
        from jinja2 import StrictUndefined, TemplateError  # a run that writes nothing starts without
        from jinja2.sandbox import SandboxedEnvironment

        self._prefix = prefix
        self._title = title
        self._name = name
        environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
        if template is None:
            template = (resources.files("portkit.sync") / "templates" / "commit.txt.j2").read_text("utf-8")
        try:
            self._template = environment.from_string(template)
        except TemplateError as error:
            raise UserError(
                f"the commit template does not parse: {error}", where=f"{name}:{getattr(error, 'lineno', '') or 1}"
            ) from error

    def write(
        self,
        changeset: Changeset,
        revisions: Sequence[Revision],
        *,
        subject: str = "",
        draft: str = "",
        also: Sequence[str] = (),
        notes: Sequence[tuple[str, str]] = (),
        parts: Sequence[Part] = (),
        partial: bool = False,
    ) -> bytes:
        """The whole message of the commit that carries `changeset`. `draft` (the changeset's state) makes it a
        message of the draft branch, which says that it is none to take, and with `parts` that these hunks wait. `also`:
        further changesets that it carries;
        `notes`: further trailers; `partial`: only these `revisions`, and these `parts` of files, are in it."""
        log = tidy(changeset.message)
        mark = f"DRAFT ({draft}): " if draft else PARTIAL if partial else ""
        named = [f"{quoted(one.path)} {one.revision}" for one in revisions]
        try:
            body = self._template.render(
                subject=subject_line(self._prefix, subject or log, SUBJECT_WIDTH - len(mark)),
                log=log,
                title=self._title,
                revisions=named,
                changeset=changeset,
                component=self._prefix,
            )
        except Exception as error:  # whatever the template's own words come to
            raise UserError(
                f"the commit template fails: {error}",
                where=f"{self._name}:{_line_of(error)}",
                hint="docs/templates.md lists what a template may use",
            ) from error
        body = tidy(body)
        if not body.partition("\n")[0]:
            raise UserError("the commit template gives a message without a first line", where=self._name)
        body = mark + body
        trailers = [f"{COMMIT}: {one}" for one in (changeset.id, *also)]
        trailers += [f"{REVISION}: {one}" for one in named]
        trailers += [f"{key}: {value}" for key, value in notes]
        trailers += [
            f"{HUNKS}: {quoted(one.path)} {one.revision}: {','.join(map(str, one.numbers))} of {one.count}"
            for one in parts
        ]
        if partial:
            body = f"{body.rstrip()}\n\n{_PARTIAL_NOTE}"
        if draft:
            body = f"{body.rstrip()}\n\n{_WAITING_NOTE if parts else _DRAFT_NOTE}"
            trailers.append(f"{DRAFT}: {draft}")
        joint = "\n" if "\n\n" in body and last_paragraph(body) else "\n\n"
        return (body.rstrip() + joint + "\n".join(trailers) + "\n").encode("utf-8", "replace")


def own_message(name: str, subject: str, body: str, *, draft: bool = False) -> bytes:
    """The message of a commit that is the target's own: a patch of the series, or an edit of the map's."""
    text = tidy(" ".join(subject.split())) or name
    if draft:
        text = f"DRAFT (on a draft): {text}"
    if tidy(body):
        text = f"{text}\n\n{tidy(body)}"
    trailers = [f"{PATCH}: {name}"]
    trailers += [f"{DRAFT}: on a draft"] if draft else []
    joint = "\n" if "\n\n" in text and last_paragraph(text) else "\n\n"
    return (text.rstrip() + joint + "\n".join(trailers) + "\n").encode("utf-8", "replace")


def _line_of(error: Exception) -> int:
    """The line of the template at which `error` came up (Jinja2 puts it into the traceback)."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return (lines[-1] if lines else None) or 1


def tidy(log: str) -> str:
    """Upstream's log as it may stand in a message: no control characters, no line that passes for a trailer of
    portkit's, no white space at line ends."""
    text = printable(log.replace("\r\n", "\n"))
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    return _TRAILER_LIKE.sub(r"> \1", text)


def subject_line(prefix: str, log: str, width: int = SUBJECT_WIDTH) -> str:
    """`prefix - First sentence.`, cut at a word so that it stays under `width` characters.

    The habit of the target's tree (`dhclient - What.`); committer(7) asks for a short summary.
    """
    first = _LIST_MARK.sub("", _SENTENCE_END.split(log.strip(), maxsplit=1)[0])
    first = re.sub(rf"^{re.escape(prefix)}\s*[:-]\s+", "", first)  # upstream's own `dhclient: what`
    sentence = " ".join(first.split()) or "Sync with upstream."
    subject = f"{prefix} - {sentence}"
    if len(subject) < width:
        return subject
    cut = subject[: width - 4].rsplit(" ", 1)[0].rstrip(" ,;:-")
    if len(cut) <= len(prefix) + 3:  # one endless word
        cut = subject[: width - 4]
    return cut + "..."


def last_paragraph(message: str) -> list[tuple[str, str]]:
    """The trailers of a message: its last paragraph, where every line of it is `Key: value` (or git cherry-pick's
    note of where it was picked from)."""
    paragraph = message.rstrip().rsplit("\n\n", 1)[-1].split("\n")
    found: list[tuple[str, str]] = []
    for line in paragraph:
        key, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", key):
            found.append((key, value.strip()))
        elif not line.startswith("(cherry picked from commit ") and not (line[:1] in (" ", "\t") and found):
            return []
    return found
