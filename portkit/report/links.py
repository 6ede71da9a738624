"""Where a commit or a revision can be looked at: URL templates of the user's.

What is put into one comes from a repository and is escaped; the template itself must lead to http or https.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from portkit.errors import UserError

_NUMBERED = re.compile(r"\d+(?:\.\d+)+", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Links:
    """Three templates, each "" for no link: `commit`, a commit of the target, with {id}; `changeset`, one of
    upstream's, with {id}; `revision`, one revision of an upstream file, with {path} and {revision}."""

    commit: str = ""
    changeset: str = ""
    revision: str = ""

    def __post_init__(self) -> None:
        """Raises UserError for another scheme than http and https, or a placeholder that is not known."""
        for name, template, known in (
            ("commit", self.commit, {"id"}),
            ("changeset", self.changeset, {"id"}),
            ("revision", self.revision, {"path", "revision"}),
        ):
            if template and not re.match(r"https?://[^/\s<>\"'{}][^\s<>\"']*\Z", template, re.IGNORECASE):
                raise UserError(f"{template!r} is no http or https address", where=f"links.{name}")
            unknown = [one for one in _PLACEHOLDER.findall(template) if one not in known]
            if unknown:
                places = " and ".join(f"{{{one}}}" for one in sorted(known))
                raise UserError(f"{{{unknown[0]}}} is not known here; {places} is", where=f"links.{name}")

    def to_commit(self, id: str) -> str:
        """The address of a target commit, "" where there is none."""
        return _filled(self.commit, id=id) if id else ""

    def to_changeset(self, id: str) -> str:
        """The address of an upstream changeset, "" where there is none."""
        return _filled(self.changeset, id=id) if id else ""

    def to_revision(self, path: str, revision: str | None) -> str:
        """The address of one revision of an upstream file; "" where there is none, or its label is no revision's."""
        numbered = revision is not None and _NUMBERED.fullmatch(revision)
        return _filled(self.revision, path=path, revision=revision) if revision and numbered else ""


def _filled(template: str, **values: str) -> str:
    """`template` with every value percent-encoded; the slashes of a path stay."""
    return _PLACEHOLDER.sub(lambda match: quote(values[match[1]], safe="/", errors="surrogateescape"), template)
