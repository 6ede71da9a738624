"""The shell that every HTML report stands in, and the templates that fill it: the built-in ones, or the user's own.

A page is self-contained: it asks nobody for anything, and works without a script. Whatever a template writes is
escaped, and made printable before that, whatever it is and wherever it comes from. docs/templates.md says what a
template may count on.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from portkit.errors import UserError
from portkit.report.contract import iso
from portkit.report.shown import counted, cut, headline, log, one_line
from portkit.text import printable

BUILT_IN = "built-in/"
"""What stands before a template's name where portkit's own is meant, although the user has one of that name."""

_HINT = "docs/templates.md lists what a template may use; without the file, portkit's own is used"


@dataclass(frozen=True, slots=True)
class Templates:
    """The user's own templates: `texts` by name (weekly.html.j2, report.css), and the `folder` that messages name."""

    texts: Mapping[str, str] = field(default_factory=dict)
    folder: str = "reports/templates"


def names() -> tuple[str, ...]:
    """The names of the built-in templates and style sheets: those that a user can replace."""
    found = (one.name for one in (resources.files("portkit.report") / "templates").iterdir() if one.is_file())
    return tuple(sorted(name for name in found if name.endswith((".j2", ".css"))))


def render(template: str, view: object, own: Templates | None = None, **names: object) -> bytes:
    """The page that `template` (its file's name) makes of `view`, UTF-8. `names`: what else the template uses.

    Raises UserError, with file and line, where a template of the user's does not parse or fails.
    """
    own = own or Templates()
    environment = _environment(own)
    try:
        text = environment.get_template(template).render(**names, view=view)
    except Exception as error:  # whatever the user's own words come to
        raise _blamed(error, own) from error
    return text.encode("utf-8", "backslashreplace")


def _environment(own: Templates) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Loader(own), autoescape=True, undefined=StrictUndefined, finalize=_finalized, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {
        "counted": counted,
        "day": lambda seconds: iso(seconds)[:10],
        "headline": headline,
        "line": one_line,
        "log": log,
    }
    style = own.texts.get("report.css")
    environment.globals["style"] = Markup(_read("report.css") if style is None else style)
    return environment


class _Loader(BaseLoader):
    """The user's templates before portkit's own; these alone under `BUILT_IN`."""

    def __init__(self, own: Templates) -> None:
        self._own = own

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template in self._own.texts:
            return self._own.texts[template], f"{self._own.folder}/{template}", None
        name = template.removeprefix(BUILT_IN)
        if name not in names():
            raise TemplateNotFound(template)
        return _read(name), f"{BUILT_IN}{name}", None


def _blamed(error: Exception, own: Templates) -> Exception:
    """`error` as the mistake of the user's template that it came up in; as it is where it came up in none."""
    frames = [(frame.filename, frame.lineno or 1) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError):
        frames.append((error.filename or "", error.lineno))
    for file, line in reversed(frames):
        if file.removeprefix(f"{own.folder}/") in own.texts and file.startswith(f"{own.folder}/"):
            what = "the template does not parse" if isinstance(error, TemplateSyntaxError) else "the template fails"
            cause = printable(cut(f"{type(error).__name__}: {error}"))
            return UserError(what, where=f"{file}:{line}", cause=cause, hint=_HINT)
    return error


def _finalized(value: object) -> object:
    """What is about to be escaped and written: printable, and not endless."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(cut(value, 200_000))


def _read(name: str) -> str:
    return (resources.files("portkit.report") / "templates" / name).read_text("utf-8")
