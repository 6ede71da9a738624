"""`portkit init`: a new workspace, with a commented map that is asked for or guessed from a tree."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from portkit.cli.options import STATE, Options
from portkit.components.locations import is_remote, problem_with_location, problem_with_name, problem_with_ref
from portkit.errors import UserError
from portkit.git.door import GitRepository, failure, version
from portkit.paths import RepoPath, from_bytes, name, parent
from portkit.store.atomic import write_atomic
from portkit.store.mapfile import MAP_NAME
from portkit.target.git import GitTarget

SHOWN = 40
"""How many guessed components a map names; the rest is counted."""

_KEYWORD = "OpenBSD"
_QUALIFIED = re.compile(rb"\$OpenBSD: (?:src/)?([^$ ,]*?/)(?:Attic/)?[^$ ,/]+,v ")
_PLAIN = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._/+-]*")
_FILES = {
    "patches/README.md": (
        "What portkit is told of local changes, as plain files: keep it under version control, beside the map.\n"
    ),
    "reports/README.md": (
        "`portkit report` writes here, a folder per day and index.html over all of them. The newest report is what "
        "\"new\" is measured against: keep them. templates/ is for pages of your own.\n"
    ),
    ".gitignore": f"{STATE}/\n",
}
_STARTER = ("dhclient", "sbin/dhclient/")


@dataclass(frozen=True, slots=True)
class Guess:
    """A folder of the tree (ending in `/`) whose files seem to come from upstream: how many of them have an ident
    line, of how many, and where upstream has it. `files` is filled where they are too few to take the folder."""

    name: str
    folder: str
    upstream: str
    idents: int
    files: int
    single: tuple[RepoPath, ...] = ()


@click.command("init")
@click.argument("folder", metavar="[DIR]", default="", required=False)
@click.option("--from-tree", "tree", metavar="TARGET", help="Guess components from the ident lines of this clone.")
@click.pass_obj
def command(options: Options, folder: str, tree: str | None) -> int:
    """Makes a workspace in DIR (default: here): a commented map to edit, patches/ and reports/.

    What is there already stays as it is. With --from-tree, the map names the folders of a target tree whose files
    carry OpenBSD's ident lines.
    """
    root = Path(options.directory) / folder
    place = root / MAP_NAME
    if place.exists() or place.is_symlink():
        raise UserError(
            f"there is a map already: {place}",
            hint=f"portkit -C {shlex.quote(str(root))} doctor says whether it is sound",
        )
    guesses: Sequence[Guess] = ()
    source, branch = "git://git.dragonflybsd.org/dragonfly.git", "master"
    if tree is not None:
        source, branch, guesses = _looked_at(options, tree)
    written = [one for one, text in _FILES.items() if _write_new(root / one, text)]
    write_atomic(place, map_text(source, branch, guesses).encode())
    screen = options.screen
    screen.result({
        "schema": 1, "command": "init", "workspace": str(root.resolve()), "files": sorted([MAP_NAME, *written]),
        "guesses": [
            {"component": one.name, "folder": one.folder, "upstream": one.upstream, "idents": one.idents,
             "files": one.files}
            for one in guesses
        ],
    })  # fmt: skip
    screen.say(f"a new workspace in {root}: {', '.join([MAP_NAME, *written])}")
    if tree is not None:
        _say_guesses(options, guesses)
    here = "" if root.resolve() == Path.cwd() else f" -C {shlex.quote(str(root))}"
    screen.say()
    screen.say(f"Edit the map:         {place}")
    for what, name_of in (("Is everything there:", "doctor"), ("Bring upstream here:", "fetch"),
                          ("What is pending:", "status")):  # fmt: skip
        screen.say(f"{what:<21} portkit{here} {name_of}")
    return 0


def _say_guesses(options: Options, guesses: Sequence[Guess]) -> None:
    screen = options.screen
    if not guesses:
        screen.paragraph(
            f"No file of the tree has an expanded ${_KEYWORD}$ ident line: the map names an example to edit.", first=""
        )
        return
    screen.say()
    screen.say(f"files with an ${_KEYWORD}$ ident line   folder")
    for one in guesses[:10]:
        screen.say(f"{one.idents:>10} of {one.files:<10}          {one.folder}")
    if len(guesses) > 10:
        screen.say(f"and {len(guesses) - 10} more folders")
    first = _active(guesses)[0].name
    screen.paragraph(f"{first} is active in the map; the others stand there as comments, to be taken in.", first="")


def _write_new(path: Path, text: str) -> bool:
    if path.exists() or path.is_symlink():
        return False
    write_atomic(path, text.encode())
    return True


def _looked_at(options: Options, location: str) -> tuple[str, str, list[Guess]]:
    """The target's absolute path, its branch, and what its files tell."""
    problem = problem_with_location(location)
    if problem:
        raise UserError(f"{location!r} {problem}", where="--from-tree", hint="give the path of a clone")
    if is_remote(location):
        raise UserError(
            f"{location} is no path on this machine", where="--from-tree", hint="clone it, then give the clone's path"
        )
    version()
    path = str(Path(location).expanduser().absolute())
    with GitTarget.open(path, branch="master", state_dir=Path(), progress=options.screen.progress) as target:
        repository = target.repository
        told = repository.outcome("symbolic-ref", "--quiet", "--short", "HEAD").stdout
        branch = told.decode("utf-8", "surrogateescape").strip() or "master"
        commit = repository.ref("HEAD^{commit}")
        if not commit:
            raise UserError(f"{location} has no commit yet", where="--from-tree")
        options.screen.progress(f"looking for ident lines in {location}")
        found = guess(_with_ident(repository, commit), _every(repository, commit))
    return path, "master" if problem_with_ref(branch) else branch, found


def _with_ident(repository: GitRepository, commit: str) -> Iterator[tuple[RepoPath, str]]:
    """Each file with an expanded ident line, and the folder that the line names ("" for none)."""
    arguments = ("grep", "-I", "-o", "-z", "--no-textconv", "--no-recurse-submodules", "--no-color", "--full-name",
                 "-m1", "-E", rf"\${_KEYWORD}: [^$]+,v [^$]+\$", commit)  # fmt: skip
    done = repository.outcome(*(one for one in arguments if one != "-m1" or version() >= (2, 38)))  # new in 2.38
    if not done.stdout and done.returncode > 1:
        raise failure(arguments, done.stderr)
    seen = set()
    for line in done.stdout.split(b"\n"):
        path, _, text = line.partition(b"\0")
        match = _QUALIFIED.search(text)
        raw = path.partition(b":")[2]
        if not raw or raw in seen:
            continue
        seen.add(raw)
        with suppress(UserError):  # a path that no map can name
            yield from_bytes(raw), match[1].decode("latin-1") if match else ""


def _every(repository: GitRepository, commit: str) -> Counter[str]:
    """How many files each folder holds, those of its own."""
    listed = repository.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    return Counter(raw.rpartition(b"/")[0].decode("utf-8", "surrogateescape") for raw in listed.split(b"\0") if raw)


def guess(found: Iterable[tuple[RepoPath, str]], every: Counter[str]) -> list[Guess]:
    """Components guessed from files with ident lines: one a folder, the folder with most of them first.

    A folder is taken whole where at least half of its files have one, else file by file.
    """
    by_folder: dict[str, list[tuple[RepoPath, str]]] = {}
    for path, told in found:
        if _nameable(path) and "/" in path:
            by_folder.setdefault(parent(path), []).append((path, told))
    names: Counter[str] = Counter(name(folder) for folder in by_folder)
    result: list[Guess] = []
    for folder, files in sorted(by_folder.items(), key=lambda item: (-len(item[1]), item[0])):
        whole = 2 * len(files) >= every[folder]
        said = Counter(told for _, told in files if told and _nameable(told)).most_common(1)
        short = name(folder)
        called = re.sub(r"[^A-Za-z0-9_-]+", "-", short if names[short] == 1 else folder).strip("-") or "files"
        result.append(Guess(
            called if not problem_with_name(called) else f"c-{len(result)}", f"{folder}/",
            said[0][0] if said else f"{folder}/", len(files), every[folder],
            () if whole else tuple(sorted(path for path, _ in files)),
        ))  # fmt: skip
    return _distinct(result)


def _distinct(guesses: Sequence[Guess]) -> list[Guess]:
    seen: set[str] = set()
    kept = []
    for one in guesses:
        if one.name not in seen:
            kept.append(one)
        seen.add(one.name)
    return kept


def _nameable(path: str) -> bool:
    return path.isprintable() and not any("\ud800" <= character <= "\udfff" for character in path)


def _active(guesses: Sequence[Guess]) -> tuple[Guess, list[Guess]]:
    """The guess that the map begins with, and the others."""
    first = next((one for one in guesses if one.folder == _STARTER[1]), guesses[0])
    return first, [one for one in guesses if one is not first]


def map_text(target: str, branch: str, guesses: Sequence[Guess]) -> str:
    """The map of a new workspace: valid as it is, every part explained."""
    if guesses:
        first, others = _active(guesses)
        components = _component(first) + _others(others)
    else:
        components = _component(Guess(*_STARTER, _STARTER[1], 0, 0))
    return _MAP.format(target=_yaml(target), branch=_yaml(branch), components="".join(components))


def _component(one: Guess) -> list[str]:
    lines = [f"  # {one.idents} of {one.files} files in {one.folder} carry an ident line.\n"] if one.files else []
    rules = [(one.upstream, one.folder)]
    if one.single:
        rules = [(one.upstream + name(path), path) for path in one.single]
    lines += [f"  {_yaml(one.name)}:\n", "    mode: sync                # sync | import | port | watch\n"]
    lines += ["    upstream: openbsd\n", "    paths:\n"]
    return lines + [f"      {_yaml(left)}: {_yaml(right)}\n" for left, right in rules]


def _others(others: Sequence[Guess]) -> list[str]:
    lines = []
    if others:
        lines += [
            "\n  # Other folders whose files carry ident lines, most first. Take the # away from what you want to\n",
            "  # follow, and check the left side of its paths: it is a guess.\n",
        ]
    for one in others[:SHOWN]:
        lines += ["  #\n", *(f"  #{line[1:]}" for line in _component(one))]
    if len(others) > SHOWN:
        lines.append(f"  #\n  # And {len(others) - SHOWN} more folders with fewer such files.\n")
    return lines


def _yaml(text: str) -> str:
    """`text` as YAML: as it stands where it is plain, else in double quotes, whose escapes are JSON's."""
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    plain = _PLAIN.fullmatch(text) and not re.fullmatch(r"[0-9.+_-]*", text) and text.lower() not in words
    located = re.fullmatch(r"(?:https|git|/)[A-Za-z0-9._/:+-]*[A-Za-z0-9_/]", text)
    return text if plain or located else json.dumps(text)


_MAP = f"""\
# The component map: which upstream code this tree carries, where it stands in both trees, and how it
# follows. It is yours: portkit never rewrites it. docs/map.md lists every key.
#
#   portkit doctor    says whether all of this is there
#   portkit status    says what is pending

version: 1

# Where histories are read from: a URL is cloned once, under {STATE}/; a path is used in place.
# Another clone, for one run:  portkit --upstream openbsd=PATH ...   (or PORTKIT_UPSTREAM_OPENBSD)
upstreams:
  openbsd:
    git: https://github.com/openbsd/src.git   # a URL or a path
    branch: master
    prefix: ""                                # what stands before the paths below in this source, e.g. src/

# The tree that changes go to. Branches portkit/<component> are written into it, and nothing else.
target:
  git: {{target}}
  branch: {{branch}}

# What follows what. Left is upstream's path, right the target's; a folder ends in / on both sides.
#   sync    every new upstream changeset is replayed, one by one
#   import  the files come in whole, then as sync
#   port    chosen changesets are placed hunk by hunk
#   watch   only reported
components:

{{components}}
# Further keys of a component:
#    exclude: [sbin/dhclient/*.8]         upstream paths to leave out
#    keep:    [sbin/dhclient/inet.c]      target paths that stay although upstream deletes them
#    deleted: [sbin/dhclient/old.c]       target paths that stay deleted although upstream changes them
#    needs:   [imsg]                      components that must be in place
"""
