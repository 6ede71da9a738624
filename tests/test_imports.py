"""The walls of the house: who may import whom. Read from the sources, so that an import inside a function counts too.

docs/architecture.md draws the picture that is checked here.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    ("errors", "text", "paths", "codec"),
    ("change",),
    ("components", "merge"),
    ("protocols",),
    ("patches", "decisions"),
    ("sync",),
    ("ports", "survey", "audit"),
    ("triage",),
    ("report",),
    ("store",),
    ("git",),
    ("upstream", "target", "check"),
    ("demo",),
    ("cli",),
    ("__main__",),
)
"""From the ground up. A part imports itself and what stands on a lower layer; the ground's three know one another."""

PURE = (
    "errors", "text", "paths", "codec", "change", "components", "merge", "protocols", "patches", "decisions", "sync",
    "ports", "survey", "audit", "triage", "report",
)  # fmt: skip

WORLD = frozenset((
    "os", "subprocess", "sqlite3", "socket", "shutil", "tempfile", "fcntl", "signal", "threading", "multiprocessing",
    "concurrent", "asyncio", "urllib.request", "http", "time", "random", "secrets", "uuid", "git", "click", "rich",
    "ruamel",
))  # fmt: skip
"""What the pure core does not touch: processes, disk, network, screen, clock and chance."""

DISTRIBUTIONS = {
    "clang": "libclang",
    "git": "GitPython",
    "jinja2": "Jinja2",
    "markdown_it": "markdown-it-py",
    "markupsafe": "MarkupSafe",
    "ruamel": "ruamel.yaml",
}
"""Where a library is imported by another name than it is installed by."""


def imports(source: str, package: str) -> Iterator[str]:
    """Every module that `source`, in `package`, imports: full names, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                parent = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{parent}.{alias.name}"
                yield whole if whole in MODULES else parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted((ROOT / "portkit").rglob("*.py"))}
MODULES = frozenset(FILES)
IMPORTS = {
    name: frozenset(imports(path.read_text("utf-8"), name if path.stem == "__init__" else name.rpartition(".")[0]))
    for name, path in FILES.items()
}
OWN = {name: frozenset(one for one in found if one in MODULES and one != name) for name, found in IMPORTS.items()}


def part(module: str) -> str:
    """The package or top module that `module` belongs to: `sync` for portkit.sync.replay."""
    return [*module.split("."), ""][1]


def test_an_import_is_seen_wherever_it_stands() -> None:
    source = "import os.path\nfrom portkit import errors\nif 1:\n  from .linediff import Hunk\n  from .. import text\n"
    found = set(imports(source, "portkit.change"))
    assert found == {"os.path", "portkit.errors", "portkit.change.linediff", "portkit.text"}


def test_every_part_has_its_layer() -> None:
    known = {name for layer in LAYERS for name in layer}
    assert {part(module) for module in MODULES} - {""} == known
    assert set(PURE) <= known


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_down(module: str) -> None:
    height = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    ground = LAYERS[0]
    wrong = [
        other
        for other in sorted(OWN[module])
        if part(other) and part(other) != part(module)
        and not height[part(other)] < height.get(part(module), 0)
        and not (part(module) in ground and part(other) in ground)
    ]  # fmt: skip
    assert wrong == [], f"{module} imports what stands beside or above it"


@pytest.mark.parametrize("module", sorted(one for one in MODULES if part(one) in PURE))
def test_the_core_is_pure(module: str) -> None:
    outside = sorted(one for one in IMPORTS[module] if {one, one.partition(".")[0]} & WORLD)
    assert outside == [], f"{module} touches the world"


def test_no_module_imports_in_a_circle() -> None:
    try:
        order = list(TopologicalSorter(OWN).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert set(order) == MODULES


def test_no_package_imports_in_a_circle() -> None:
    between: dict[str, set[str]] = {}
    for module, others in OWN.items():
        between.setdefault(part(module), set()).update(part(other) for other in others if part(other) != part(module))
    assert between[""] == set(), "portkit/__init__.py imports nothing of the project"
    try:
        TopologicalSorter(between).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_package_is_only_a_folder() -> None:
    """An `__init__` that imports its own modules would load them all for the sake of one."""
    found = {name for name, path in FILES.items() if path.stem == "__init__" and OWN[name]}
    assert found == set()


def test_the_judge_shares_nothing_with_what_it_judges() -> None:
    path = ROOT / "bench" / "faithful.py"
    found = {one.partition(".")[0] for one in imports(path.read_text("utf-8"), "bench")}
    assert found
    assert found <= sys.stdlib_module_names, f"{path.name} imports more than the standard library"


def test_the_script_that_acts_on_causes_knows_nothing_of_how_they_are_found() -> None:
    path = ROOT / "bench" / "triage.py"
    found = set(imports(path.read_text("utf-8"), "bench"))
    assert not any(one.partition(".")[0] == "portkit" for one in found)
    assert {one for one in found if one.startswith("bench")} == {"bench.scratch"}


def declared() -> tuple[set[str], set[str], set[str]]:
    """The distributions that pyproject.toml names: portkit's own, those of its tests, those that it can do without."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    optional = project["optional-dependencies"]
    extras = [one for name, found in optional.items() if name != "test" for one in found]
    return _names(project["dependencies"]), _names(optional["test"]), _names(extras)


def _names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=;\[ ]", one)[0] for one in requirements}


def foreign(modules: Iterable[str]) -> set[str]:
    """The distributions that bring `modules`, those of Python itself and of the project left out."""
    tops = {one.partition(".")[0] for one in modules}
    return {DISTRIBUTIONS.get(one, one) for one in tops - sys.stdlib_module_names - {"portkit", "bench"}}


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    own, _, extras = declared()
    assert foreign(one for found in IMPORTS.values() for one in found) == own | extras


def test_what_can_be_done_without_is_imported_where_it_is_used() -> None:
    """At the head of a module it would be needed to start."""
    extras = declared()[2]
    for name, path in FILES.items():
        body = ast.parse(path.read_text("utf-8")).body
        heads = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        source = "\n".join(ast.unparse(node) for node in heads)
        assert not foreign(imports(source, name.rpartition(".")[0])) & extras, name


def test_what_the_tests_import_is_declared() -> None:
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    used = foreign(one for path in paths for one in imports(path.read_text("utf-8"), ""))
    assert used - {path.stem for path in paths} <= set.union(*declared())
