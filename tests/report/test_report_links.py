"""Links: nothing that is put into one gets out of its place, and no other scheme gets in."""

from __future__ import annotations

import pytest

from portkit.errors import UserError
from portkit.report.links import Links


def test_values_are_escaped() -> None:
    links = Links(revision="https://cvs.example/{path}?rev={revision}&x=1")
    assert links.to_revision("sbin/d/d.c", "1.2") == "https://cvs.example/sbin/d/d.c?rev=1.2&x=1"
    assert (
        links.to_revision('a b/"><script>?#&\udcff{revision}', "1.2")
        == "https://cvs.example/a%20b/%22%3E%3Cscript%3E%3F%23%26%FF%7Brevision%7D?rev=1.2&x=1"
    )


def test_nothing_to_link_to() -> None:
    assert Links().to_commit("a" * 40) == ""
    links = Links(revision="https://cvs.example/{path}?rev={revision}")
    assert [links.to_revision("a", one) for one in ("deleted", "blob 0123", "1.2&x=", "1.2\n")] == [""] * 4
    full = Links("https://x.example/{id}", "https://x.example/{id}", "https://x.example/{path}/{revision}")
    assert full.to_commit("") == full.to_changeset("") == full.to_revision("a", None) == ""


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert({id})", "data:text/html,{id}", "//x.example/{id}", "x.example/{id}", "https://{id}",
        "file:///{id}", "https://x.example/{path}", "https://x.example/{id}/{0.__class__}", "https://x.example/ {id}",
        'https://x.example/"{id}', "https://x.example/>{id}", "https://x.example/{id}\n",
    ],
)  # fmt: skip
def test_what_is_no_template_is_the_users_mistake(template: str) -> None:
    with pytest.raises(UserError):
        Links(commit=template)
