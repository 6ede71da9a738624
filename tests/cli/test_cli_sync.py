"""Syncs of every kind, one after the other as weeks go by: what is kept, what is left alone, what is offered again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_work import Work, ids, refused, snapshot, states

LEASED = "refs/heads/portkit/leased"
MSG = "refs/heads/portkit/msg"
MORE = ("sbin/leased/check-conf.sh", '"$conf: not understood:"', '"$conf: what is this?"', "Ask.")


def ported(work: Work, *arguments: str) -> dict[str, str]:
    """Upstream changeset to target commit, of leased."""
    return {one["id"]: one["commit"] for one in work.sync(*arguments)["leased"]["changesets"] if one["commit"]}


def worktree(work: Work, folder: Path, *arguments: str) -> Path:
    work.git("worktree", "add", "-q", str(folder), *arguments)
    return folder


# -- the target's shape


@pytest.mark.parametrize("shape", ["dirty", "detached", "worktree"])
def test_any_shape_of_target_gives_the_same_and_is_left_as_it_was(
    work: Work, synced: Work, tmp_path: Path, shape: str
) -> None:
    clone = tmp_path / "clone"
    work.git("clone", "-q", str(work.target), str(clone))
    if shape == "dirty":
        (clone / "UPDATING").write_text("mine, not committed\n")
        (clone / "sbin/leased/leased.c").unlink()
        (clone / "new").write_text("new\n")
        work.git("add", "new", at=clone)
    elif shape == "detached":
        work.git("checkout", "-q", "--detach", at=clone)
    else:
        clone = worktree(work, tmp_path / "linked", "-b", "other")
    def files() -> dict[str, tuple[int, int, int, str]]:
        """Everything but objects and branches, the index included."""
        return {
            path: about for path, about in snapshot(clone).items()
            if not path.startswith((".git/objects", ".git/refs/heads/portkit"))
        }  # fmt: skip
    before = files()
    told = work.portkit("--target", str(clone), "--json", "sync")
    assert told.code == 1, told.err
    if shape != "worktree":
        assert work.branches() == {}
    assert Work(clone).tips_of(clone) == synced.tips_of(synced.target)
    assert files() == before


def test_a_branch_that_is_checked_out_is_not_moved(synced: Work, tmp_path: Path) -> None:
    place = worktree(synced, tmp_path / "review", "portkit/leased")
    old = synced.tip(LEASED)
    synced.upstream_edit(*MORE)
    before = snapshot(place)
    found = synced.sync()["leased"]
    assert found["target"]["branch"] == "portkit/leased-new"
    assert synced.tip(LEASED) == old
    assert synced.tip(f"{LEASED}-new^") == old
    assert str(place) in next(one["text"] for one in found["notices"] if one["kind"] == "branch")
    assert snapshot(place) == before
    again = synced.sync()["leased"]
    assert (again["changed"], again["target"]) == (False, found["target"])
    synced.git("worktree", "remove", str(place))
    freed = synced.sync()["leased"]
    assert freed["target"]["branch"] == "portkit/leased"
    assert synced.tip(LEASED) == found["target"]["tip"]


@pytest.mark.parametrize("how", ["commit", "amend"])
def test_what_a_person_put_on_the_branch_is_not_lost(synced: Work, tmp_path: Path, how: str) -> None:
    place = worktree(synced, tmp_path / "edit", "portkit/leased")
    (place / "UPDATING").write_text("by a person\n")
    synced.git("add", "UPDATING", at=place)
    synced.git("commit", "-q", *(["-m", "By a person."] if how == "commit" else ["--amend", "--no-edit"]), at=place)
    synced.git("worktree", "remove", str(place))
    theirs = synced.tip(LEASED)
    synced.upstream_edit(*MORE)
    found = synced.sync()["leased"]
    assert synced.tip(LEASED) == theirs
    assert found["target"]["branch"] == "portkit/leased-new"
    assert "did not make" in next(one["text"] for one in found["notices"] if one["kind"] == "branch")
    assert synced.sync()["leased"]["changed"] is False
    synced.git("branch", "-m", "portkit/leased", "mine")
    freed = synced.sync()["leased"]
    assert freed["target"]["branch"] == "portkit/leased"


def test_somebody_elses_branch_of_that_name_is_left_alone(work: Work) -> None:
    work.git("branch", "portkit/leased", "master")
    work.commit({"UPDATING": b"theirs\n"}, "Theirs.", ref="portkit/leased")
    theirs = work.tip(LEASED)
    found = work.sync()["leased"]
    assert work.tip(LEASED) == theirs
    assert found["target"]["branch"] == "portkit/leased-new"
    work.commit({"UPDATING": b"theirs, too\n"}, "Theirs.", ref="portkit/leased-new")
    work.upstream_edit(*MORE)
    refused(work, "sync", says="portkit/leased-new is not portkit's either", hint="--branch", objects=True)


def test_in_the_middle_of_a_merge_on_that_branch(synced: Work, tmp_path: Path) -> None:
    place = worktree(synced, tmp_path / "merging", "portkit/leased")
    synced.commit({"sbin/leased/leased.c": b"something else\n"}, "Something else.")
    done = subprocess.run(["git", "merge", "master"], cwd=place, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    before = snapshot(place)
    refused(synced, "sync", says=f"in the middle of a merge in {place}, on portkit/leased", hint="--branch")
    assert snapshot(place) == before
    synced.git("merge", "--abort", at=place)
    assert synced.sync()["leased"]["target"]["branch"] == "portkit/leased-new"


# -- what is asked for


def test_another_branch(work: Work) -> None:
    work.portkit("sync", "msg")
    found = work.sync("leased", "--branch", "topic/leased")["leased"]
    assert found["target"]["branch"] == "topic/leased"
    assert set(work.refs()) == {
        "refs/heads/master", MSG, "refs/heads/topic/leased", "refs/heads/topic/leased-draft",
    }  # fmt: skip
    for wrong in ("-x", "a..b", "a b", "x.lock", "HEAD", "x\x1b[31m", "refs/../x", "x/", "/"):
        refused(work, "sync", "leased", f"--branch={wrong}", says="is no name for a branch")
    refused(work, "sync", "--branch", "x", says="several components")


def test_the_branch_the_map_names_is_not_for_portkit(work: Work) -> None:
    """Nobody's own branch is rebuilt, whatever --branch says."""
    work.commit({"UPDATING": b"more\n"}, "More.")
    tip = work.tip("master")
    found = work.sync("leased", "--onto", "master~1", "--branch", "master")
    assert work.tip("master") == tip
    assert found["leased"]["target"]["branch"] == "master-new"


def test_onto_an_older_commit(synced: Work) -> None:
    found = synced.sync("leased", "--onto", "master~1", "--branch", "old")["leased"]
    assert found["target"]["onto"] != synced.tip("master")
    assert synced.git("merge-base", "old", "master") == synced.tip("master~1")
    for wrong in ("nosuch", "-x", "--all", "master:UPDATING", "0" * 40, ""):
        if wrong:
            refused(synced, "sync", f"--onto={wrong}", says=wrong)


def test_one_changeset(work: Work, synced: Work) -> None:
    wanted = ids(synced.sync()["leased"], "ported")[3]
    for name in (wanted, wanted[:9], wanted.upper()):
        found = work.sync("leased", "--changeset", name, "--branch", f"b{len(name)}{name[0]}")["leased"]
        assert [one["id"] for one in found["changesets"]] == [wanted]
        assert found["counts"]["changesets"] == 1
    other = ids(synced.sync()["msg"], "ported")[-1]
    for wrong, words in (("-x", "'-x'"), ("0" * 40, "0000"), (wanted[:3], wanted[:3]), (other, other), ("", "''")):
        refused(work, "sync", "leased", f"--changeset={wrong}", says=words)


def test_changesets_in_any_order_land_in_upstreams(work: Work, synced: Work) -> None:
    first, second = ids(synced.sync()["leased"], "ported")[:2]
    found = work.sync("leased", "--changeset", second, "--changeset", first, "--branch", "two")["leased"]
    assert [one["id"] for one in found["changesets"]] == [first, second]


def test_until_a_date_or_a_revision(work: Work) -> None:
    early = work.sync("leased", "--until", "2011-12-12", "--branch", "a")["leased"]
    assert [one["date"][:10] for one in early["changesets"]][-1] == "2011-12-12"
    same = work.sync("leased", "--until", early["changesets"][-1]["id"][:10], "--branch", "b")["leased"]
    assert states(same) == states(early)
    none = work.sync("leased", "--until", "2001-01-01", "--branch", "c")["leased"]
    assert none["counts"]["changesets"] == 0
    for wrong in ("nosuch", "2012-13-01", "-x", "2012-1-1x", "..", "0" * 40, "master:x"):
        refused(work, "sync", "leased", f"--until={wrong}", says=wrong)


def test_in_part(synced: Work) -> None:
    before = synced.sync()["leased"]
    found = synced.sync("leased", "--partial")["leased"]
    assert states(found) == states(before)
    parts = [one for one in found["changesets"] if one["partial"]]
    assert {one["state"] for one in parts} == {"conflict", "blocked"}
    for one in parts:
        landed = [file for file in one["files"] if file["state"] == "ported"]
        message = synced.git("log", "-1", "--format=%B", one["commit"])
        trailers = [line for line in message.splitlines() if line.startswith("Upstream-revision: ")]
        assert message.startswith("PARTIAL: leased - ")
        assert trailers == [f"Upstream-revision: {file['upstream']} {file['revision']}" for file in landed]
        changed = synced.git("show", "--format=", "--name-only", one["commit"]).splitlines()
        assert changed == [file["target"] for file in landed]
        assert "landed in part: " + ", ".join(changed) in one["reason"]
    told = synced.portkit("--json", "report", "weekly", "--format", "json")
    assert told.code in (0, 1), told.err
    (path,) = synced.folder.glob("reports/*/weekly.json")
    component = next(one for one in json.loads(path.read_bytes())["components"] if one["name"] == "leased")
    told_parts = {one["id"]: one["commit"] for one in component["changesets"] if one["partial"]}
    assert told_parts == {one["id"]: one["commit"] for one in parts}
    assert synced.portkit("report", "weekly").code in (0, 1)
    (folder,) = synced.folder.glob("reports/2*")
    for name in ("weekly.md", "weekly.html"):
        assert "landed in part: sbin/leased/leased.8" in " ".join((folder / name).read_text("utf-8").split())
    assert "Of 2 of these, commits marked PARTIAL" in " ".join((folder / "cover-leased.txt").read_text("utf-8").split())
    synced.forget()
    assert synced.sync("leased", "--partial")["leased"] == {**found, "changed": False}


def test_what_landed_in_part_is_not_offered_again_and_the_rest_is(synced: Work) -> None:
    found = synced.sync("leased", "--partial")["leased"]
    parts = {one["id"]: one for one in found["changesets"] if one["partial"]}
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    again = synced.sync("leased")["leased"]
    for one in again["changesets"]:
        if one["id"] in parts:
            rest = [file["upstream"] for file in parts[one["id"]]["files"] if file["state"] != "ported"]
            assert [file["upstream"] for file in one["files"]] == rest
    assert parts.keys() <= {one["id"] for one in again["changesets"]}
    assert again["counts"]["ported"] == 0


# -- as time goes by


def test_upstream_moves_on(synced: Work) -> None:
    old = synced.tip(LEASED)
    commit = synced.upstream_edit(*MORE)
    found = synced.sync()
    assert found["msg"]["changed"] is False
    assert found["leased"]["changed"] is True
    assert synced.tip(f"{LEASED}^") == old
    last = found["leased"]["changesets"][-1]
    assert (last["id"], last["commit"]) == (commit, synced.tip(LEASED))
    assert "1.3 " in synced.git("show", f"{LEASED}:sbin/leased/check-conf.sh").partition("check-conf.sh,v ")[2][:5]
    everything = synced.sync()
    synced.forget()
    assert synced.sync() == everything


def test_the_targets_master_moves_on(synced: Work) -> None:
    tip = synced.commit({"UPDATING": b"Somebody else's news.\n"}, "Somebody else.")
    found = synced.sync()
    assert synced.git("merge-base", "portkit/msg", "master") == tip
    assert synced.git("merge-base", "portkit/leased", "master") == tip
    assert found["leased"]["counts"]["ported"] == 8
    assert synced.git("show", "portkit/leased:UPDATING") == "Somebody else's news."


def test_what_was_merged_is_not_offered_again(synced: Work) -> None:
    first = synced.sync()
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    found = synced.sync()
    assert found["msg"]["counts"]["changesets"] == 0
    assert ids(found["leased"], "ported", "not-applicable") == ids(found["leased"], "not-applicable")
    assert ids(found["leased"], "conflict", "flagged", "blocked") == ids(
        first["leased"], "conflict", "flagged", "blocked"
    )
    assert synced.tip(LEASED) == synced.tip("master")
    idents = synced.git("grep", "-h", r"\$OpenBSD", "portkit/leased-draft", "--", "sbin/leased")
    assert "options.c,v 1.6 " in idents
    assert "options.c,v 1.5 " not in idents
    again = synced.sync()
    assert not any(one["changed"] for one in again.values())


def test_a_parked_changeset_that_lands_by_hand_frees_what_it_blocked(synced: Work) -> None:
    first = synced.sync()["leased"]
    by_subject = {one["subject"]: one for one in first["changesets"]}
    root = next(one for subject, one in by_subject.items() if subject.startswith("Add -w"))
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    draft = synced.git("show", f"portkit/leased-draft:{'sbin/leased/leased.h'}")
    files: dict[str | bytes, bytes | None] = {}
    for file in root["files"]:
        content = subprocess.run(
            ["git", "show", f"{root_draft(synced, root['id'])}:{file['target']}"],
            cwd=synced.target, capture_output=True, check=True,
        ).stdout  # fmt: skip
        base = subprocess.run(
            ["git", "show", f"{root_draft(synced, root['id'])}^:{file['target']}"],
            cwd=synced.target, capture_output=True, check=True,
        ).stdout  # fmt: skip
        ours = subprocess.run(
            ["git", "show", f"master:{file['target']}"], cwd=synced.target, capture_output=True, check=True
        ).stdout
        files[file["target"]] = merged(synced.folder, ours, base, content)
    assert draft
    trailers = "\n".join(
        [f"Upstream-commit: {root['id']}"]
        + [f"Upstream-revision: {file['upstream']} {file['revision']}" for file in root["files"]]
    )
    synced.commit(files, f"leased - Add -w, by hand.\n\n{trailers}\n")
    found = synced.sync()["leased"]
    assert root["id"] not in [one["id"] for one in found["changesets"]]
    assert by_subject["Use what -w says when a lease is to be renewed."]["state"] == "blocked"
    assert states(found)["Use what -w says when a lease is to be renewed."] == "ported"


def root_draft(work: Work, changeset: str) -> str:
    return work.git("log", "--format=%H", f"--grep=Upstream-commit: {changeset}", "portkit/leased-draft")


def merged(folder: Path, ours: bytes, base: bytes, theirs: bytes) -> bytes:
    """What git merge-file makes of it, theirs where it clashes."""
    names = []
    for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_bytes(content)
        names.append(str(folder / name))
    return subprocess.run(
        ["git", "merge-file", "-p", "--theirs", *names], capture_output=True, check=True
    ).stdout


def test_half_the_branch_cherry_picked(synced: Work, tmp_path: Path) -> None:
    commits = list(ported(synced).values())
    synced.git("update-ref", "refs/heads/master", synced.tip(MSG))
    place = worktree(synced, tmp_path / "pick", "-b", "picked", "master")
    (place / "UPDATING").write_text("between\n")
    synced.git("commit", "-qam", "Between.", at=place)
    synced.git("cherry-pick", "-x", *commits[:4], at=place)
    synced.git("update-ref", "refs/heads/master", synced.tip("picked"))
    synced.git("worktree", "remove", str(place))
    before = ported(synced, "leased", "--dry-run")
    assert before == {}
    found = synced.sync()["leased"]
    assert found["counts"]["ported"] == 4
    assert found["counts"]["conflict"] == 2
    texts = synced.git("log", "--format=%B", "portkit/leased")
    assert texts.count("\nUpstream-commit: ") == len(set(texts.split("\nUpstream-commit: "))) - 1


def test_a_reverted_port_is_offered_again_and_a_revert_of_the_revert_is_not(synced: Work, tmp_path: Path) -> None:
    first = ported(synced)
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    place = worktree(synced, tmp_path / "revert", "-b", "reverting", "master")
    last = list(first)[-1]
    synced.git("revert", "--no-edit", first[last], at=place)
    synced.git("update-ref", "refs/heads/master", synced.tip("reverting"))
    assert ids(synced.sync("leased")["leased"], "ported") == [last]
    synced.git("revert", "--no-edit", "HEAD", at=place)
    synced.git("update-ref", "refs/heads/master", synced.tip("reverting"))
    assert ids(synced.sync("leased")["leased"], "ported") == []


def test_a_rewritten_upstream_offers_nothing_twice(synced: Work) -> None:
    """Another conversion of the same CVS repository: other hashes, the same revisions."""
    first = synced.sync()
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    parked = synced.sync()["leased"]
    stream = subprocess.run(
        ["git", "fast-export", "master"], cwd=synced.upstream, capture_output=True, check=True
    ).stdout.replace(b"network <network@openbsd.example>", b"network <network@mirror.example>")
    shutil.rmtree(synced.upstream)
    synced.git("init", "-q", "--bare", "-b", "master", str(synced.upstream), at=synced.folder)
    synced.git("fast-import", "--quiet", feed=stream, at=synced.upstream)
    assert synced.tip("master", at=synced.upstream) != first["msg"]["upstream"]["tip"]
    conflicts = synced.portkit("--json", "conflicts", "--onto", "master").object()["conflicts"]
    found = synced.sync()
    assert found["msg"]["counts"]["changesets"] == 0
    assert states(found["leased"]) == states(parked)
    assert "rewritten" in [one["kind"] for one in found["leased"]["notices"]] + ["rewritten"]
    assert {one["id"] for one in conflicts} == {
        conflict for one in parked["changesets"] for file in one["files"] for conflict in file["conflicts"]
    }


# -- import


def test_an_import_is_made_once(work: Work) -> None:
    found = work.sync("msg")["msg"]
    assert found["changesets"][0]["subject"].startswith("Import from OpenBSD as of 2012-04-16")
    assert work.git("rev-list", "--count", "master..portkit/msg") == "3"
    assert work.sync("msg")["msg"]["changed"] is False
    work.git("update-ref", "refs/heads/master", work.tip(f"{MSG}~1"))
    after = work.sync("msg")["msg"]
    assert [one["state"] for one in after["changesets"]] == ["ported"]
    assert work.tip(MSG) == found["target"]["tip"]


def test_an_import_parks_what_is_there_already(work: Work) -> None:
    work.commit({"lib/libmsg/msg.c": b"/* ours */\n"}, "Our own messages.")
    found = work.sync("msg")["msg"]
    assert found["counts"]["conflict"] >= 1
    assert found["changesets"][0]["state"] == "conflict"
    clash = [one for one in found["changesets"][0]["files"] if one["conflicts"]]
    assert [one["target"] for one in clash] == ["lib/libmsg/msg.c"]
    kinds = {one["kind"] for one in work.portkit("--json", "conflicts", "msg").object()["conflicts"]}
    assert "add-add" in kinds
    assert work.git("show", "portkit/msg:lib/libmsg/msg.c") == "/* ours */"


# -- whose name, what message


def test_the_author_may_be_upstreams(work: Work) -> None:
    with work.map.open("a") as file:
        file.write("commit: {author: upstream}\n")
    work.sync()
    who = set(work.git("log", "--format=%an <%ae>|%cn", "master..portkit/leased", "--", "sbin").splitlines())
    assert who <= {f"{one} <{one}@openbsd.example>|Pat Porter" for one in ("network", "base", "docs", "lib")}
    assert work.sync()["leased"]["changed"] is False


def test_an_own_template(work: Work) -> None:
    with work.map.open("a") as file:
        file.write("commit: {template: patches/commit.txt}\n")
    template = work.folder / "patches" / "commit.txt"
    template.write_text("{{ component }}: {{ log.split('\\n')[0] }}\n\nOn {{ title }}'s {{ revisions | join(', ') }}\n")
    found = work.sync()["leased"]
    message = work.git("log", "-1", "--format=%B", "portkit/leased")
    assert message.startswith("leased: more then -> more than\n\nOn OpenBSD's sbin/leased/leased.conf.5 1.2\n")
    assert f"\nUpstream-commit: {found['changesets'][-1]['id']}\n" in message
    template.write_text("{{ subject }}\n")
    assert work.sync()["leased"]["changed"] is True


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{% if %}\n", "commit.txt:1"),
        ("{{ subject }}\n\n{{ nosuch }}\n", "commit.txt:3"),
        ("{{ subject }}\n{{ ''.__class__.__mro__[1].__subclasses__() }}\n", "commit.txt:2"),
        ("{{ changeset.__init__.__globals__ }}\n", "commit.txt:1"),
        ("{{ changeset.message.format.__self__ }}{{ ''.join.__func__ }}\n", "commit.txt:1"),
        ("{% include '/etc/passwd' %}\n", "commit.txt"),
        ("{{ 1 / 0 }}\n", "commit.txt:1"),
        ("{{ subject + 1 }}\n", "commit.txt:1"),
        ("{{ range(10 ** 12) | list }}\n", "commit.txt:1"),
        ("", "commit.txt"),
        ("{{ '' }}\n\n", "commit.txt"),
    ],
)
def test_a_bad_template_is_told_with_its_place(work: Work, text: str, says: str) -> None:
    with work.map.open("a") as file:
        file.write("commit: {template: patches/commit.txt}\n")
    (work.folder / "patches" / "commit.txt").write_text(text)
    refused(work, "sync", "leased", says=says)


def test_a_template_that_is_not_there(work: Work) -> None:
    with work.map.open("a") as file:
        file.write("commit: {template: patches/nosuch.txt}\n")
    refused(work, "sync", says="patches/nosuch.txt")


# -- components that need one another


def test_what_a_component_needs_is_synced_first(work: Work) -> None:
    found = work.sync("leased")
    assert found["leased"]["needs"] == ["msg"]
    assert work.git("merge-base", "portkit/leased", "portkit/msg") == work.tip(MSG)
    early = work.sync("leased", "--until", "2012-05-01", "--branch", "early")["leased"]
    assert early["needs"] == []
    assert work.git("merge-base", "early", "portkit/msg") == work.tip("master")


def test_components_that_need_each_other_are_a_mistake(work: Work) -> None:
    work.change_map("    import: {at: 2012-05-31}\n", "    import: {at: 2012-05-31}\n    needs: [leased]\n")
    refused(work, "sync", says="upstream-map.yaml:")


def test_nothing_of_a_workspace_is_needed_but_its_map(synced: Work, tmp_path: Path) -> None:
    """The cache, the reports and the patches of one person are not another's."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(synced.map, other)
    told = Work(other)
    found = told.portkit("--json", "--upstream", f"openbsd={synced.upstream}", "--target", str(synced.target), "sync")
    assert found.code == 1, found.err
    assert [one["changed"] for one in found.object()["components"]] == [False] * 4
    assert {one.name for one in other.iterdir()} == {".portkit", "upstream-map.yaml", "reports"}  # the worksheet
