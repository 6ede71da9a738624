"""The pages say what is so: links lead somewhere, names are the program's own."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

from portkit.change.changeset import Changeset, FileChange, Person
from portkit.cli import main
from portkit.components import keys
from portkit.git.door import MINIMUM_GIT
from portkit.merge.kinds import ConflictKind, Gate
from portkit.sync.outcome import ComponentOutcome, FileState, Notice, State

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("patches/*.md"), *ROOT.glob("reports/*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def named(text: str) -> set[str]:
    """What `text` names as code."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in code.split()}


def rows(text: str) -> set[str]:
    """What the tables of `text` name as code in their first column."""
    return {word for line in text.splitlines() if line.startswith("|") for word in named(line.split("|")[1])}


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))]
    gone = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert gone == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(path: Path) -> None:
    found = re.findall(r"(?:portkit|tests|bench)/[\w/.-]*\w\.(?:py|md|j2)\b", path.read_text("utf-8"))
    assert [one for one in found if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("reference", re.findall(r"`(tests/[^`]+::[^`]+)`", page("docs/safety.md")))
def test_a_promise_names_a_test_that_is_there(reference: str) -> None:
    file, _, name = reference.partition("::")
    assert re.search(rf"^def {re.escape(name)}\(", page(file), re.MULTILINE)


def test_modules_of_the_architecture_are_there() -> None:
    text = page("docs/architecture.md")
    parts = "store|git|upstream|target|sync|ports|survey|change|merge|components|report|cli|demo"
    found = set(re.findall(rf"`((?:{parts})\.[a-z0-9]+)`", text))
    assert len(found) > 20
    assert sorted(one for one in found if not (ROOT / "portkit" / f"{one.replace('.', '/')}.py").exists()) == []


def test_the_readme_s_commands_are_the_makefile_s() -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        commands = re.findall(r"(?:^    |`)make ([a-z-]+)", page(name), re.MULTILINE)
        assert commands
        assert set(commands) <= targets


def test_the_readme_s_requirements_are_the_program_s() -> None:
    least = ".".join(map(str, MINIMUM_GIT))
    assert f"git {least} or newer" in page("README.md")
    python = re.search(r'requires-python = ">=([\d.]+)"', page("pyproject.toml"))
    assert python is not None
    assert f"Python {python[1]} or newer" in page("README.md")
    assert f"Python {python[1]} or newer" in page("Makefile")


def test_the_readme_s_options_are_the_program_s() -> None:
    for line in re.findall(r"^    (?:\.venv/bin/)?portkit (.*?)(?:   .*)?$", page("README.md"), re.MULTILINE):
        words = line.split()
        name = next(word for word in words if word in main._COMMANDS)
        known = options(main.cli) | options(command(name))
        assert {word for word in words if word.startswith("-")} <= known


def command(name: str) -> click.Command:
    found = main.cli.get_command(click.Context(main.cli), name)
    assert found is not None
    return found


def options(one_command: click.Command) -> set[str]:
    every = [one for one in one_command.params if isinstance(one, click.Option)]
    found = {option for one in every for option in one.opts} - {"--version"}
    if isinstance(one_command, click.Group) and one_command is not main.cli:
        found = found.union(*map(options, one_command.commands.values()))
    return found


def test_every_command_and_option_is_described() -> None:
    text = page("docs/cli.md")
    described = {line.split("`")[1].split()[0] for line in section(text, "Commands").splitlines() if "| `" in line}
    every: set[str] = set()
    for name in main._COMMANDS:
        every |= {name} | options(command(name))
        for option in options(command(name)):
            lines = [line for line in text.splitlines() if line.startswith(f"| `{option}")]
            of = " ".join(line.split("|")[2] for line in lines)
            assert re.search(rf"\b{name}\b", of), f"{option} is an option of {name}"
    assert described == every
    assert options(main.cli) - named(text) <= {"--quiet", "--verbose"}


def test_every_key_of_the_map_is_described() -> None:
    text = page("docs/map.md")
    for title, table in (
        ("The whole map", keys.MAP), ("upstreams", keys.UPSTREAM), ("target", keys.TARGET), ("commit", keys.COMMIT),
        ("links", keys.LINKS), ("plan", keys.PLAN), ("audit", keys.AUDIT),
    ):  # fmt: skip
        assert rows(section(text, title)) == set(keys.names(table)), title
    components = section(text, "components")
    assert rows(components) == set(keys.names(keys.COMPONENT))
    for entries in (keys.NEED, keys.MOVED, keys.NOT_APPLICABLE, keys.EDIT, keys.IMPORT, keys.RETIRED):
        assert set(keys.names(entries)) <= named(components)


def test_every_state_and_kind_is_in_the_glossary() -> None:
    words = named(page("docs/glossary.md"))
    for closed in (State, FileState, ConflictKind):
        assert {str(one) for one in closed} <= words
    kinds = re.search(r"`kind` is one of: ([^.]+)\.", Notice.__doc__ or "")
    assert kinds is not None
    assert {one.strip() for one in kinds[1].split(",")} == rows(section(page("docs/glossary.md"), "Notices"))


def test_the_json_s_words_are_the_program_s() -> None:
    text = page("docs/cli.md")
    assert f'"state": "{"|".join(State)}"' in text
    assert f'"state": "{"|".join(FileState)}", "method"' in text
    assert f'"gate": "{"|".join(one for one in Gate if one)}, or null' in text
    assert {"lag_days", "changed", "notices[]"} <= named(text)
    assert {one.name for one in dataclasses.fields(ComponentOutcome)} >= {"lag_days", "changed", "notices"}


def test_template_variables_are_those_of_a_changeset() -> None:
    text = page("docs/templates.md")
    fields = {one.name for one in dataclasses.fields(Changeset)} | {"subject"}
    told = {one.removeprefix("changeset.") for one in rows(text) if one.startswith("changeset.")}
    assert told == fields - {"parent"}
    assert {f".{one.name}" for one in dataclasses.fields(Person)} | {".login"} <= named(text)
    assert {f".{one.name}" for one in dataclasses.fields(FileChange)} <= named(text)
    built_in = page("portkit/sync/templates/commit.txt.j2")
    shown = re.findall(r"^    (.*)$", text.split("is\nused")[1].split("| variable")[0], re.MULTILINE)
    assert shown == [line for line in built_in.splitlines() if not line.startswith("{#")]
