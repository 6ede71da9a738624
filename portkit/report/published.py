"""The published JSON Schemas of the reports' JSON: one file of each kind, beside this module in schemas/."""

from __future__ import annotations

from importlib import resources


def schema_of(kind: str) -> str:
    """The JSON Schema (draft 2020-12) of a kind's JSON, as text."""
    return (resources.files("portkit.report") / "schemas" / f"{kind}.json").read_text("utf-8")
