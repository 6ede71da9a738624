"""The user's own templates of the reports: the files under reports/templates/."""

from __future__ import annotations

from pathlib import Path

from portkit.errors import UserError
from portkit.report.page import Templates


def read_templates(folder: Path, name: str = "") -> Templates:
    """The templates (`*.j2`) and style sheets (`*.css`) in `folder`; none where it is not there. `name` is what
    messages call the folder (default: its path).

    Raises UserError, with the file, where one cannot be read or is no UTF-8.
    """
    texts = {}
    for path in sorted(folder.glob("*")):
        if path.suffix in (".j2", ".css"):
            try:
                texts[path.name] = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UserError("the template cannot be read", where=str(path), cause=str(error)) from error
    return Templates(texts, name or str(folder))
