"""`portkit publish`: pushes branches to a remote. Drafts never leave this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click

from portkit.cli.failing import need_clones
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components.locations import is_remote, problem_with_location
from portkit.errors import UserError, WorldError
from portkit.git.remote import Push, heads, push, without_password
from portkit.sync.message import DRAFT, PARTIAL, last_paragraph
from portkit.target.git import GitTarget
from portkit.text import decode

_ROLE = "the remote"


@dataclass(frozen=True, slots=True)
class Planned:
    """One branch: where it stands here, where the remote has it ("" for nowhere), how many commits are new there and
    how many it loses; how many of its commits are `partial`, and whether it is `held` back for them."""

    component: str
    branch: str
    tip: str
    before: str
    new: int
    lost: int
    partial: int = 0
    held: bool = False

    @property
    def state(self) -> str:
        if self.held:
            return "partial"
        return "up-to-date" if self.tip == self.before else "published"


@click.command("publish")
@click.argument("component", required=False)
@click.option("--to", default="", metavar="REPO", help="A remote's name, a URL or a path (default: origin).")
@click.option("--force-with-lease", "force", is_flag=True, help="Replace a branch that was rewritten since.")
@click.option("--partial", is_flag=True, help="Push branches of ports, too, that carry changesets in part.")
@click.option("--dry-run", is_flag=True, help="Push nothing; say what would be pushed.")
@click.pass_obj
def command(
    options: Options, component: str | None, to: str, force: bool, partial: bool, dry_run: bool
) -> int:
    """Pushes portkit/COMPONENT (default: every component's branch) to a remote: forwards only.

    Drafts are never pushed; a branch with commits marked PARTIAL only by its name, or with --partial. With
    --force-with-lease a branch that was rewritten is replaced, where the remote holds nothing that is not known here.
    No hook and no setting of the target's repository is in force meanwhile.
    """
    with workspace(options, fetch=False) as place:
        need_clones(place, upstreams=False)
        target = place.target()
        names = place.components((component,) if component else ())
        url = _url(place, target, to)
        tips = {name: target.tip(f"portkit/{name}") for name in names}
        if not any(tips.values()):
            what = f"{component} has no branch yet" if component else "no component has a branch yet"
            raise UserError(what, hint=f"portkit sync{f' {component}' if component else ''} makes it")
        known = {name: tip for name, tip in tips.items() if tip}
        parts = {name: _partial(target, tip) for name, tip in known.items()}
        hold = not component and not partial
        here = {name: tip for name, tip in known.items() if not (hold and parts[name])}
        planned = {one.component: one for one in _plan(place, target, url, here, parts, force=force)} if here else {}
        held = {name: Planned(name, f"portkit/{name}", tip, "", 0, 0, parts[name], held=True)
                for name, tip in known.items() if name not in here}  # fmt: skip
        plan = list(planned.values())
        every = [(planned | held)[name] for name in known]
        pushes = [
            Push(f"refs/heads/{one.branch}", one.tip, one.before, one.lost > 0) for one in plan if one.tip != one.before
        ]
        if pushes:
            place.screen.progress(f"pushing to {without_password(url)}")
            push(target.repository, url, pushes, role=_ROLE, own=target.cloned, dry_run=dry_run,
                 progress=place.screen.progress)  # fmt: skip
        place.screen.result({
            "schema": 1, "command": "publish", "to": without_password(url), "dry_run": dry_run,
            "branches": [
                {"component": one.component, "branch": one.branch, "tip": one.tip, "before": one.before or None,
                 "new": one.new, "lost": one.lost, "partial": one.partial, "state": one.state}
                for one in every
            ],
        })  # fmt: skip
        _tell(place, url, every, dry_run=dry_run)
        return 0


def _tell(place: Workspace, url: str, plan: list[Planned], *, dry_run: bool) -> None:
    screen = place.screen
    screen.say(f"{'to' if not dry_run else 'dry run, nothing was pushed to'} {without_password(url)}")
    for one in plan:
        if one.held:
            count = "1 commit" if one.partial == 1 else f"{one.partial} commits"
            screen.paragraph(
                f"{one.branch}: not pushed, {count} of it marked PARTIAL (a changeset in part). To push it all the"
                f" same:  portkit publish {one.component}", indent="    ",
            )  # fmt: skip
            continue
        if one.tip == one.before:
            screen.say(f"  {one.branch}: up to date at {one.tip[:12]}")
            continue
        commits = "1 commit" if one.new == 1 else f"{one.new} commits"
        lost = f", in place of {one.lost} that it gives up" if one.lost else ""
        since = f"from {one.before[:12]} " if one.before else "new branch "
        parts = f", {one.partial} of the branch marked PARTIAL" if one.partial else ""
        screen.paragraph(f"{one.branch}: {since}to {one.tip[:12]}, {commits}{parts}{lost}", indent="    ")


def _url(place: Workspace, target: GitTarget, to: str) -> str:
    """Where to push: of the target's configuration the address is taken, and nothing else."""
    if target.cloned and not to:
        return _checked(place.map.target.location, "target.git")
    home = Path(place.map.target.location)
    if not to:
        found = _address(target, "origin")
        if not found:
            raise UserError("the target has no remote origin", hint="portkit publish --to REPO names another place")
        return _checked(found, "remote.origin", home)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", to):
        return _checked(to, "--to", Path.cwd())
    found = _address(target, to)
    if found:
        return _checked(found, f"remote.{to}", home)
    if Path(to).exists():
        return _checked(to, "--to", Path.cwd())
    known = decode(target.repository.outcome("remote").stdout).split()
    raise UserError(
        f"{to!r} is neither a remote of the target nor a path", where="--to",
        cause=f"its remotes are {', '.join(known)}" if known else "it has no remote",
        hint="give a remote's name, a URL or a path",
    )  # fmt: skip


def _address(target: GitTarget, remote: str) -> str:
    """Where the target's configuration has its remote `remote`; "" for nowhere."""
    for key in ("pushurl", "url"):
        done = target.repository.outcome("config", "--get-all", f"remote.{remote}.{key}")
        if done.returncode == 0:
            return decode(done.stdout).split("\n")[0]
    return ""


def _checked(location: str, where: str, home: Path | None = None) -> str:
    problem = problem_with_location(location)
    if problem:
        raise UserError(f"{without_password(location)!r} {problem}", where=where, hint="portkit publish --to REPO")
    if home is None or is_remote(location):
        return location
    return str(home / Path(location).expanduser())


def _partial(target: GitTarget, tip: str) -> int:
    """How many commits of a branch carry their changeset in part."""
    return sum(one.message.startswith(PARTIAL) for one in target.commits_between(target.default_tip(), tip))


def _plan(
    place: Workspace, target: GitTarget, url: str, tips: dict[str, str], parts: dict[str, int], *, force: bool
) -> list[Planned]:
    """What to push. Raises where one of the branches may not go."""
    base = target.default_tip()
    for name, tip in tips.items():
        _refuse_drafts(target, f"portkit/{name}", base, tip)
    place.screen.progress(f"asking {without_password(url)}")
    there = heads(url, [f"portkit/{name}" for name in tips], role=_ROLE)
    plan = []
    for name, tip in tips.items():
        branch = f"portkit/{name}"
        before = there.get(branch, "")
        lost = 0
        if before and before != tip and not target.is_ancestor(before, tip):
            if not target.repository.ref(f"{before}^{{commit}}"):
                raise WorldError(
                    f"somebody else pushed to {branch} at {without_password(url)}",
                    cause=f"it is at {before[:12]}, and no such commit is here",
                    hint=f"fetch it into the target and look:  git fetch {without_password(url)} {branch}",
                )
            lost = len(target.commits_between(tip, before))
            if not force:
                raise WorldError(
                    f"{branch} was rewritten since it was pushed: this is no fast-forward",
                    cause=f"the remote is at {before[:12]}, which {branch} no longer holds",
                    hint=f"if nobody builds on it:  portkit publish {name} --force-with-lease",
                )
        new = len(target.commits_between(before or base, tip))
        plan.append(Planned(name, branch, tip, before, new, lost, parts[name]))
    return plan


def _refuse_drafts(target: GitTarget, branch: str, base: str, tip: str) -> None:
    for commit in target.commits_between(base, tip):
        if any(key == DRAFT for key, _ in last_paragraph(commit.message)):
            raise UserError(
                f"{branch} holds {commit.id[:12]}, a commit of a draft: drafts are not pushed",
                hint="portkit conflicts shows what stands in its way",
            )
