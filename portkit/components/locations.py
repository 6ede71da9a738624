"""What may name a repository, a branch, a component, a revision: syntax only, nothing is looked up.

Each `problem_with_...` returns the end of a sentence, empty where nothing is wrong. The map may come from
someone else, and these words end up in git's arguments, in ref names and in file names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

SCHEMES = ("https", "http", "git", "ssh", "git+ssh", "ssh+git", "file")
"""The transports that git has built in and that run no program the URL chooses."""

CVS = "cvs:"
"""What stands before the path of a CVS repository where a location is one word (--upstream NAME=cvs:PATH)."""

_CONTROL = re.compile("[\\0-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SCHEME = re.compile(r"([A-Za-z0-9+.-]+)://([^/]*)")
_HOST_AND_PATH = re.compile(r"[^/:]+:(?!:)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LIKE_A_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_CHANGESET = re.compile(r"[0-9A-Za-z]{7,64}(?:\.[a-z]*\d{1,9})?")
_SAFE_REMOTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~/@:+%\[\]-]*")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_LINK = re.compile(r"https?://[^/\s<>\"'{}][^\s<>\"']*", re.IGNORECASE)
_CVS_REVISION = re.compile(r"\d+(\.\d+)+")


def holds_control(text: str) -> bool:
    """Whether `text` holds a control character: C0, DEL, C1, line separators, bidirectional overrides."""
    return _CONTROL.search(text) is not None


def problem_with_name(text: str) -> str:
    """Of a component or an upstream: part of a branch and of file names (git-check-ref-format(1))."""
    if not _NAME.fullmatch(text):
        return "is no name: letters, digits, '.', '_' and '-', a letter or digit first"
    if ".." in text or text.endswith((".", ".lock")):
        return "is no name: git refuses '..', and '.' or '.lock' at the end, in a branch"
    return ""


def problem_with_ref(text: str) -> str:
    """Of a branch (git-check-ref-format(1))."""
    if not text:
        return "is empty"
    if text.startswith("-"):
        return "begins with '-'"
    if holds_control(text) or re.search(r"[ ~^:?*\[\\]|\.\.|@\{|//|/\.", text):
        return "is no branch that git accepts"
    if text == "@" or text.startswith(("/", ".")) or text.endswith(("/", ".")) or ".lock/" in text + "/":
        return "is no branch that git accepts"
    return ""


def problem_with_revision(text: str) -> str:
    """Of a revision: a commit, a tag or branch, or a CVS revision."""
    if _LIKE_A_DAY.fullmatch(text) and not _CVS_REVISION.fullmatch(text):
        return "is a date where a revision is expected"
    if problem_with_ref(text):
        return "is no revision"
    return ""


def problem_with_point(text: str) -> str:
    """Of a point in upstream's history: a day (YYYY-MM-DD) or a revision."""
    if _DAY.fullmatch(text):
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return "is no day of the calendar"
        return ""
    if problem_with_revision(text):
        return "is neither a day (YYYY-MM-DD) nor a revision"
    return ""


def problem_with_day(text: str) -> str:
    """Of a day."""
    return problem_with_point(text) if _DAY.fullmatch(text) else "is no day (YYYY-MM-DD)"


def problem_with_hash(text: str) -> str:
    """Of a changeset: the first digits of its hash, or of its commitid, enough to know it by."""
    return "" if _CHANGESET.fullmatch(text) else "is no hash or commitid: 7 or more digits and letters"


def problem_with_keyword(text: str) -> str:
    """Of what stands between the dollar signs of a keyword (co(1), KEYWORD SUBSTITUTION)."""
    return "" if _KEYWORD.fullmatch(text) else "is no keyword: letters, digits and '_', a letter first"


def problem_with_words(text: str) -> str:
    """Of a text that people are to read."""
    return "" if text.strip() else "says nothing"


def problem_with_function(text: str) -> str:
    """Of the name of a C function."""
    return "" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) else "is no name of a function"


def problem_with_declared(text: str) -> str:
    """Of a name that C headers declare, of a header itself, or of a member as `struct x.y`."""
    found = re.fullmatch(r"(?:(?:struct|union) )?[A-Za-z_][A-Za-z0-9_./-]*", text)
    return "" if found else "is no name of a function, macro, type, header, or of a member (struct x.y)"


def problem_with_command(text: str) -> str:
    """Of a command and its arguments: words and quotes, no shell. A backslash quotes nothing outside of ''."""
    if not text.strip():
        return "is no command"
    return "" if re.fullmatch(r"""(?:[^'"\\]|'[^']*'|"[^"\\]*")*""", text) else "has a quote or backslash out of place"


def problem_with_link(text: str, placeholders: Sequence[str]) -> str:
    """Of a URL template with these placeholders: every one is needed, others are not known."""
    if not _LINK.fullmatch(text):
        return "is no http or https address"
    found = re.findall(r"\{([^{}]*)\}", text)
    for one in found:
        if one not in placeholders:
            return f"holds {{{one}}}, which is not known here; known: {', '.join(f'{{{one}}}' for one in placeholders)}"
    missing = [one for one in placeholders if one not in found]
    if missing:
        return f"lacks {{{missing[0]}}}: every link would lead to one page"
    return "holds a brace of no placeholder" if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)) else ""


def is_remote(location: str) -> bool:
    """Whether `location` is a URL, or host:path with no slash before the colon (git-clone(1))."""
    return "://" in location or _HOST_AND_PATH.match(location) is not None


def problem_with_location(text: str, kind: str = "git") -> str:
    """Of a git URL or path, or (`kind` cvs) of a folder that holds ,v files."""
    if not text.strip():
        return "is empty"
    if text.startswith("-"):
        return "begins with '-'"
    if holds_control(text):
        return "holds a control character"
    if kind == "cvs":
        return _problem_with_cvs(text)
    if re.match(r"[A-Za-z0-9+.-]+::", text):
        return "names a transport that runs a program (ext:: and its kin)"
    url = _SCHEME.match(text)
    if url is not None and url[1].lower() not in SCHEMES:
        return f"has the unknown scheme {url[1]!r}; known: {', '.join(SCHEMES)}"
    if url is None and "://" in text:
        return "is no URL"
    host = url[2] if url is not None else text.partition(":")[0] if is_remote(text) else ""
    if host.startswith("-") or "@-" in host:
        return "names a host that begins with '-'"
    return ""


def _problem_with_cvs(text: str) -> str:
    """Of a folder on this machine, or of a remote one that rsync reaches. Before rsync 3.2.4 a remote shell sees the
    words of a remote path, so that they may hold nothing it would act upon."""
    if text.startswith(":"):
        return "is a CVSROOT of cvs's own kind; give a folder, or what rsync reaches: rsync://HOST/MODULE, HOST:PATH"
    if "://" in text and not text.startswith("rsync://"):
        return "is no folder on this machine, and nothing that rsync reaches"
    if not is_remote(text):
        return ""
    host = text.removeprefix("rsync://").partition("/" if "://" in text else ":")[0]
    if host.startswith("-") or "@-" in host or not host:
        return "names no host"
    return "" if _SAFE_REMOTE.fullmatch(text) else "holds a character that a remote shell could act upon"


def problem_with_module(text: str) -> str:
    """Of a CVS repository's module: a folder in it."""
    parts = text.removesuffix("/").split("/")
    if not text or holds_control(text) or any(part in ("", ".", "..") for part in parts):
        return "is no folder of a repository"
    return ""


def problem_with_root(text: str) -> str:
    """Of the place of a CVS repository as its keywords name it."""
    return "" if text.startswith("/") and "$" not in text else "is no absolute path"


def split_kind(location: str) -> tuple[str, str]:
    """(kind, the rest): `cvs:PATH` is ("cvs", "PATH"), everything else ("git", as it is)."""
    if location.startswith(CVS) and not location.startswith(CVS + "//"):
        return "cvs", location.removeprefix(CVS)
    return "git", location
