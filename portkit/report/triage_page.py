"""The triage report as one page. Filters are rules of the style sheet; search, keys and copying need the script, which
the page carries itself and names by its hash."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from importlib import resources

from markupsafe import Markup

from portkit.report.card_wording import KINDS, proof, short
from portkit.report.marked import marked
from portkit.report.page import Templates, render
from portkit.report.triage import Triage, filters, tags
from portkit.report.type_check import told
from portkit.report.wording import place


def page(view: Triage, own: Templates | None = None) -> bytes:
    """The page, UTF-8."""
    script = (resources.files("portkit.report") / "templates" / "triage.js").read_text("utf-8")
    digest = b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return render(
        "triage.html.j2", view, own, marked=marked, filters=filters, tags=tags, proof=proof, place_of=place,
        cause_kinds=KINDS, check_told=told, short=short, script=Markup(script), script_hash=f"sha256-{digest}",
    )  # fmt: skip
