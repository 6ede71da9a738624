"""Which branches move, on real repositories: only what is all portkit's own, in nobody's hands, and only as far as
it must."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sync_worlds import Notes, Upstream, call, dhclient, source, states

from portkit.components.model import AuthorPolicy, CommitPolicy, Component, ComponentMap, Mode, Need, PathRule, Source
from portkit.errors import UserError
from portkit.paths import RepoPath
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.request import Request
from portkit.sync.run import Sync, SyncResult
from portkit.target.git import GitTarget
from portkit.target.refs import RefUpdate

A = "sbin/dhclient/a.c"
LETTERS = "abcdefghijklmnop"
BRANCH, DRAFT = "portkit/dhclient", "portkit/dhclient-draft"


class Place:
    """A target repository with a checkout, and an upstream beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = folder / "main"
        self.git("init", "-q", "-b", "master", str(self.main), at=folder)
        self.commit("Everything.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
        self.upstream = Upstream()
        for number, letters in enumerate((LETTERS, "1" + LETTERS, "12" + LETTERS), 1):
            self.upstream.commit(f"Change {number}.", {A: source("a.c", f"1.{number}", letters)})
        self.target = GitTarget.open(
            str(self.main), branch="master", state_dir=folder / "state", progress=lambda _: None
        )

    def git(self, *arguments: str, at: Path | None = None, date: int = 1_000_000_000) -> str:
        when = {"GIT_AUTHOR_DATE": f"{date} +0000", "GIT_COMMITTER_DATE": f"{date} +0000"}
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.main, capture_output=True, check=False, env=os.environ | when
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(
        self, message: str, files: Mapping[str, bytes], *, at: Path | None = None, date: int = 1_000_000_000
    ) -> str:
        for name, content in files.items():
            path = (at or self.main) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.git("add", "--", name, at=at)
        self.git("commit", "-q", "--allow-empty", "-m", message, at=at, date=date)
        return self.git("rev-parse", "HEAD", at=at)

    def conflict(self) -> None:
        """Upstream changes what the target changed."""
        self.upstream.commit("Y.", {A: source("a.c", "1.4", "12" + LETTERS.replace("h", "Y"))})

    def plan(self, *, component: Component | None = None, dry_run: bool = False, branch: str = "") -> SyncResult:
        upstream = Source("openbsd", "/nowhere", title="OpenBSD")
        components = ComponentMap(
            (upstream,), Source("dragonfly", "/nowhere"), (component or dhclient(),), CommitPolicy()
        )
        sync = Sync(components, lambda _: self.upstream, self.target, Notes())
        names = tuple(one.name for one in components.components)
        return sync.run(Request(names, self.target.default_tip(), dry_run=dry_run, branch=branch))

    def run(self, *, branch: str = "") -> ComponentOutcome:
        """A whole sync, refs moved."""
        result = self.plan(branch=branch)
        self.target.move([
            RefUpdate(self.target.branch_ref(move.branch), move.new, move.expected) for move in result.moves
        ])  # fmt: skip
        (outcome,) = result.outcomes
        return outcome

    def tip(self, branch: str) -> str:
        return self.target.tip(branch)

    def worktree(self, branch: str) -> Path:
        path = self.folder / branch.replace("/", "-")
        self.git("worktree", "add", "-q", str(path), branch)
        return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for key in [key for key in os.environ if key.startswith("GIT_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text("[user]\nname = Pat Porter\nemail = pat@example.org\n")
    made = Place(tmp_path)
    yield made
    made.target.close()


def test_a_run_writes_its_branch_and_a_second_one_nothing(place: Place) -> None:
    first = place.run()
    assert (first.branch, first.changed, states(first.changesets)) == (BRANCH, True, ["ported", "ported"])
    assert place.tip(BRANCH) == first.tip == first.changesets[-1].commit
    assert place.git("show", f"{BRANCH}:{A}") + "\n" == source(
        "a.c", "1.3", "12" + LETTERS.replace("h", "X")
    ).decode()
    assert place.plan().moves == ()
    second = place.run()
    assert (second.changed, second.tip) == (False, first.tip)


def test_commits_are_the_same_bytes_wherever_they_are_made(place: Place) -> None:
    first = place.run()
    place.git("branch", "-D", BRANCH)
    assert place.run(branch="elsewhere").tip == first.tip
    log = place.git("log", "--format=%an %ae %at %ct %cn", "-1", "elsewhere")
    date = place.upstream.commits[-1].date
    assert log == f"Pat Porter pat@example.org {date} {date} Pat Porter"


def test_committer_dates_never_go_back(place: Place) -> None:
    late = 2_000_000_000
    place.commit("Late.", {"README": b"x\n"}, date=late)
    place.run()
    assert place.git("log", "--format=%ct", "-2", BRANCH).split() == [str(late), str(late)]
    assert place.git("log", "--format=%at", "-1", BRANCH) == str(place.upstream.commits[-1].date)


def test_a_dry_run_writes_nothing(place: Place) -> None:
    before = place.git("count-objects", "-v")
    result = place.plan(dry_run=True)
    assert result.moves == ()
    assert states(result.outcomes[0].changesets) == ["ported", "ported"]
    assert place.tip(BRANCH) == ""
    assert place.git("count-objects", "-v") == before


def test_the_branch_is_rebuilt_where_the_target_went_on(place: Place) -> None:
    first = place.run()
    place.commit("Something else.", {"README": b"x\n"})
    second = place.run()
    assert second.branch == BRANCH
    assert second.tip != first.tip
    assert place.git("rev-list", "--count", f"master..{BRANCH}") == "2"


def test_once_merged_nothing_is_left_to_do(place: Place) -> None:
    place.run()
    place.git("merge", "-q", "--ff-only", BRANCH)
    again = place.run()
    assert again.changesets == ()
    assert not again.changed
    place.upstream.commit("Change 4.", {A: source("a.c", "1.4", "12" + LETTERS + "4")})
    assert states(place.run().changesets) == ["ported"]


def test_a_merge_commit_carries_what_it_merges(place: Place) -> None:
    place.run()
    place.commit("Something else.", {"README": b"x\n"})
    place.git("merge", "-q", "--no-ff", "-m", "Merge it.", BRANCH)
    assert place.run().changesets == ()


def test_a_revert_in_the_target_makes_it_pending_again(place: Place) -> None:
    place.run()
    place.git("merge", "-q", "--ff-only", BRANCH)
    place.git("revert", "--no-edit", "HEAD")
    again = place.run()
    assert [one.changeset.message for one in again.changesets] == ["Change 3."]


# Branches that are somebody's


def test_a_commit_on_top_that_portkit_did_not_make_is_not_lost(place: Place) -> None:
    place.run()
    tree = place.worktree(BRANCH)
    own = place.commit("Mine.", {"mine": b"x\n"}, at=tree)
    place.git("worktree", "remove", str(tree))
    place.upstream.commit("Change 4.", {A: source("a.c", "1.4", "12" + LETTERS + "4")})
    outcome = place.run()
    assert outcome.branch == f"{BRANCH}-new"
    assert place.tip(BRANCH) == own
    assert place.tip(f"{BRANCH}-new") == outcome.tip
    (notice,) = [one for one in outcome.notices if one.kind == "branch"]
    assert own[:12] in notice.text
    # again: nothing moves, and later that branch moves on
    assert place.plan().moves == ()
    place.upstream.commit("Change 5.", {A: source("a.c", "1.5", "12" + LETTERS + "45")})
    assert place.run().branch == f"{BRANCH}-new"


def test_a_commit_of_portkits_that_was_amended_counts_as_a_persons(place: Place) -> None:
    place.run()
    tree = place.worktree(BRANCH)
    place.git("commit", "-q", "--amend", "--no-edit", "--reset-author", at=tree, date=1_700_000_000)
    place.git("commit", "-q", "--amend", "--no-edit", at=tree, date=1_700_000_100)
    amended = place.git("rev-parse", "HEAD", at=tree)
    place.git("worktree", "remove", str(tree))
    outcome = place.run()
    assert outcome.branch == f"{BRANCH}-new"
    assert place.tip(BRANCH) == amended


def test_a_commit_below_portkits_counts_too(place: Place) -> None:
    place.run()
    tree = place.worktree(BRANCH)
    place.git("reset", "-q", "--hard", "master", at=tree)
    place.commit("Mine.", {"mine": b"x\n"}, at=tree)
    place.git("worktree", "remove", str(tree))
    assert place.run().branch == f"{BRANCH}-new"


def test_a_persons_commit_that_another_branch_holds_too_is_not_lost_by_a_move(place: Place) -> None:
    place.run()
    tree = place.worktree(BRANCH)
    place.commit("Mine.", {"mine": b"x\n"}, at=tree)
    place.git("worktree", "remove", str(tree))
    place.git("branch", "saved", BRANCH)
    assert place.run().branch == BRANCH


def test_a_branch_that_is_checked_out_is_not_moved(place: Place) -> None:
    first = place.run()
    tree = place.worktree(BRANCH)
    place.upstream.commit("Change 4.", {A: source("a.c", "1.4", "12" + LETTERS + "4")})
    outcome = place.run()
    assert outcome.branch == f"{BRANCH}-new"
    assert place.tip(BRANCH) == first.tip
    assert place.git("status", "--porcelain", at=tree) == ""
    assert str(tree) in next(one.text for one in outcome.notices if one.kind == "branch")


def test_where_neither_may_move_it_is_refused(place: Place) -> None:
    place.run()
    place.worktree(BRANCH)
    place.upstream.commit("Change 4.", {A: source("a.c", "1.4", "12" + LETTERS + "4")})
    place.run()
    place.worktree(f"{BRANCH}-new")
    place.upstream.commit("Change 5.", {A: source("a.c", "1.5", "12" + LETTERS + "45")})
    with pytest.raises(UserError, match="not moved"):
        place.run()


def test_a_branch_in_the_middle_of_a_merge_is_refused_before_anything_is_stored(place: Place) -> None:
    place.run()
    tree = place.worktree(BRANCH)
    place.git("merge", "-q", "--no-ff", "--no-commit", "-s", "ours", _side(place), at=tree)
    before = place.git("count-objects", "-v")
    place.conflict()
    with pytest.raises(UserError, match="in the middle of a merge"):
        place.run()
    assert place.git("count-objects", "-v") == before


def _side(place: Place) -> str:
    place.git("branch", "side", "master")
    tree = place.worktree("side")
    place.commit("Side.", {"side": b"x\n"}, at=tree)
    return "side"


# The draft


def test_the_draft_is_there_while_something_is_parked_and_then_goes(place: Place) -> None:
    place.conflict()
    outcome = place.run()
    assert states(outcome.changesets) == ["ported", "ported", "conflict"]
    assert outcome.draft == DRAFT
    messages = place.git("log", "--format=%s", f"master..{DRAFT}").split("\n")
    assert len(messages) == 3
    assert all(one.startswith("DRAFT (") for one in messages)
    assert "Portkit-draft: conflict" in place.git("log", "-1", "--format=%b", DRAFT)
    assert call("Y").decode() in place.git("show", f"{DRAFT}:{A}")
    assert place.plan().moves == ()
    # upstream takes it back: nothing is parked any more
    place.commit("Ours goes.", {A: source("a.c", "1.1", LETTERS)})
    after = place.run()
    assert states(after.changesets) == ["ported"] * 3
    assert after.draft == place.tip(DRAFT) == ""


def test_a_draft_that_somebody_works_on_stays(place: Place) -> None:
    place.conflict()
    place.run()
    tree = place.worktree(DRAFT)
    own = place.commit("Mine.", {"mine": b"x\n"}, at=tree)
    place.git("worktree", "remove", str(tree))
    place.commit("Ours goes.", {A: source("a.c", "1.1", LETTERS)})
    assert place.run().draft == ""
    assert place.tip(DRAFT) == own


def test_a_draft_that_was_merged_by_mistake_is_no_port(place: Place) -> None:
    place.conflict()
    place.run()
    place.git("merge", "-q", "--no-ff", "-m", "Oops.", DRAFT)
    again = place.run()
    assert {"already"} == set(states(again.changesets)) or again.changesets == ()


# Authors, needs


def test_an_author_policy_of_upstream(place: Place) -> None:
    upstream = Source("openbsd", "/nowhere", title="OpenBSD")
    components = ComponentMap(
        (upstream,), Source("dragonfly", "/nowhere"), (dhclient(),), CommitPolicy(AuthorPolicy.UPSTREAM)
    )
    sync = Sync(components, lambda _: place.upstream, place.target, Notes())
    result = sync.run(Request(("dhclient",), place.target.default_tip()))
    tip = result.outcomes[0].tip
    assert place.git("log", "-1", "--format=%ae %ce", tip) == "krw@openbsd.org pat@example.org"


def test_a_person_that_git_does_not_know_is_refused(place: Place) -> None:
    (place.folder / "gitconfig").write_text("")
    with pytest.raises(UserError, match="name and address"):
        place.run()


def test_a_component_stands_on_the_branch_of_what_it_needs(place: Place) -> None:
    place.upstream.commit("Imsg.", {"lib/libutil/imsg.c": b"int imsg;\n"})
    imsg = Component("imsg", Mode.IMPORT, "openbsd", (PathRule("lib/libutil/", "lib/libutil/"),))
    own = Component(
        "dhclient", Mode.SYNC, "openbsd", (PathRule("sbin/dhclient/", "sbin/dhclient/"),), needs=(Need("imsg"),)
    )
    upstream = Source("openbsd", "/nowhere", title="OpenBSD")
    components = ComponentMap((upstream,), Source("dragonfly", "/nowhere"), (imsg, own), CommitPolicy())
    sync = Sync(components, lambda _: place.upstream, place.target, Notes())
    result = sync.run(Request(("dhclient",), place.target.default_tip()))
    below, above = result.outcomes
    assert (below.name, above.name) == ("imsg", "dhclient")
    assert above.onto == below.tip
    assert {move.branch for move in result.moves} == {"portkit/imsg", BRANCH}
    assert place.git("show", f"{above.tip}:lib/libutil/imsg.c") == "int imsg;"
    assert RepoPath(A) in place.target.tree(above.tip, ["sbin/dhclient"]).entries


def test_one_branch_for_several_components_is_refused(place: Place) -> None:
    components = ComponentMap((), Source("dragonfly", "/nowhere"), (dhclient(),), CommitPolicy())
    sync = Sync(components, lambda _: place.upstream, place.target, Notes())
    with pytest.raises(UserError) as error:
        sync.run(Request(("dhclient", "imsg"), place.target.default_tip(), branch="x"))
    assert error.value.where == "--branch"
