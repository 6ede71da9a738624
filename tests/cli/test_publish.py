"""`portkit publish`: forwards only, no draft, nothing of the target's configuration or hooks, git's errors in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_work import Work, refused

from portkit.git.remote import explained
from portkit.sync.message import DRAFT


@pytest.fixture
def remote(synced: Work, tmp_path: Path) -> Path:
    """An empty bare repository: the target's origin."""
    synced.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    synced.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    return tmp_path / "remote.git"


def test_branches_are_pushed_and_drafts_are_not(synced: Work, remote: Path) -> None:
    before = synced.everything()
    told = synced.portkit("--json", "publish").object()
    assert {one["branch"]: (one["state"], one["before"], one["new"]) for one in told["branches"]} == {
        "portkit/msg": ("published", None, 3), "portkit/leased": ("published", None, 11),
        "portkit/logd": ("partial", None, 0),
    }  # fmt: skip
    held = synced.tips_of(remote)
    assert held == {
        ref: tip for ref, tip in synced.branches().items() if not ref.endswith(("-draft", "/logd"))
    }
    assert held
    assert synced.everything() == before
    again = synced.portkit("--json", "publish", "leased").object()
    assert [one["state"] for one in again["branches"]] == ["up-to-date"]


@pytest.mark.parametrize("words", [("logd",), ("--partial",)])
def test_what_is_carried_in_part_is_pushed_when_a_person_says_so(
    words: tuple[str, ...], synced: Work, remote: Path
) -> None:
    told = synced.portkit("publish")
    assert told.code == 0
    said = " ".join(told.out.split())
    assert "portkit/logd: not pushed, 1 commit of it marked PARTIAL (a changeset in part)." in said
    assert "portkit publish logd" in said
    assert "refs/heads/portkit/logd" not in synced.tips_of(remote)
    told = synced.portkit("publish", *words)
    assert "1 commit, 1 of the branch marked PARTIAL" in " ".join(told.out.split())
    assert synced.tips_of(remote)["refs/heads/portkit/logd"] == synced.tip("portkit/logd")


def test_a_dry_run_pushes_nothing(synced: Work, remote: Path) -> None:
    told = synced.portkit("publish", "msg", "--dry-run")
    assert told.code == 0
    assert "nothing was pushed" in told.out
    assert synced.tips_of(remote) == {}


def test_what_came_since_follows(synced: Work, remote: Path) -> None:
    synced.portkit("publish", "msg")
    synced.upstream_edit("lib/libmsg/msg.c", "#include <sys/types.h>\n", "#include <sys/types.h>\n\n", "A line.")
    synced.sync("msg")
    told = synced.portkit("--json", "publish", "msg").object()
    assert [(one["new"], one["lost"]) for one in told["branches"]] == [(1, 0)]
    assert synced.tips_of(remote)["refs/heads/portkit/msg"] == synced.tip("portkit/msg")


def test_a_rewritten_branch_needs_force(synced: Work, remote: Path) -> None:
    synced.portkit("publish", "msg")
    old = synced.tip("portkit/msg")
    synced.git("update-ref", "refs/heads/portkit/msg", f"{old}~1")
    new = synced.commit({"x.c": b"int x;\n"}, "another", ref="portkit/msg")
    refused(synced, "publish", "msg", code=3, says="no fast-forward", hint="portkit publish msg --force-with-lease")
    assert synced.tips_of(remote)["refs/heads/portkit/msg"] == old
    told = synced.portkit("publish", "msg", "--force-with-lease")
    assert told.code == 0, told.err
    assert "in place of 1 that it gives up" in " ".join(told.out.split())
    assert synced.tips_of(remote)["refs/heads/portkit/msg"] == new


def test_what_somebody_else_pushed_is_never_replaced(synced: Work, remote: Path) -> None:
    synced.portkit("publish", "msg")
    theirs = synced.commit({"theirs.c": b"int x;\n"}, "theirs", at=remote, ref="portkit/msg")
    for force in ((), ("--force-with-lease",)):
        refused(synced, "publish", "msg", *force, code=3, says="somebody else pushed", hint="git fetch")
        assert synced.tips_of(remote)["refs/heads/portkit/msg"] == theirs


def test_a_draft_under_another_name_is_refused(synced: Work, remote: Path) -> None:
    draft = synced.tip("portkit/leased-draft")
    assert DRAFT in synced.git("log", "--format=%B", f"master..{draft}")
    synced.git("update-ref", "refs/heads/portkit/leased", draft)
    refused(synced, "publish", "leased", says="drafts are not pushed")
    assert synced.tips_of(remote) == {}


def test_nothing_of_the_target_runs(synced: Work, remote: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\nexec git-receive-pack "$@"\n')
    program.chmod(0o755)
    (synced.target / "hooks").mkdir(exist_ok=True)
    for hook in ("pre-push", "reference-transaction"):
        (synced.target / "hooks" / hook).symlink_to(program)
    synced.git("config", "remote.origin.receivepack", str(program))
    synced.git("config", "core.sshCommand", str(program))
    synced.git("config", "core.alternateRefsCommand", str(program))
    synced.git("config", "credential.helper", f"!{program}")
    synced.git("config", "core.fsmonitor", str(program))
    synced.git("config", "remote.origin.vcs", "evil")
    synced.git("config", "push.gpgSign", "true")
    synced.git("config", "core.hooksPath", str(synced.target / "hooks"))
    assert synced.portkit("publish", "--partial").code == 0
    assert len(synced.tips_of(remote)) == 3
    assert not trace.exists()


@pytest.mark.parametrize("way", ["remote", "--to"])
@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("ext::sh -c touch% ran", "runs a program"),
        ("--upload-pack=touch ran", "begins with '-'"),
        ("ssh://-oProxyCommand=touch ran/x", "begins with '-'"),
        ("gopher://example.org/x", "unknown scheme"),
    ],
)
def test_addresses_that_run_programs_are_refused(synced: Work, way: str, location: str, says: str) -> None:
    if way == "remote":
        synced.git("config", "remote.origin.url", location)
        refused(synced, "publish", says=says)
    else:
        refused(synced, "publish", f"--to={location}", says=says)


def test_what_is_not_there_is_told(synced: Work, tmp_path: Path) -> None:
    refused(synced, "publish", says="the target has no remote origin", hint="--to REPO")
    refused(synced, "publish", "nosuch", says="there is no component 'nosuch'")
    refused(synced, "publish", "clockd", "--to", str(tmp_path), says="clockd has no branch yet")
    synced.git("remote", "add", "mine", "../gone.git")
    refused(synced, "publish", "--to", "min", says="neither a remote of the target nor a path")
    gone = refused(synced, "publish", "--to", "mine", code=3, says="is no git repository", hint="check the address")
    assert "hint: " not in gone.err
    refused(synced, "publish", "--to", "https://127.0.0.1:1/x.git", code=3, says="cannot be reached")
    told = synced.portkit("publish", "--to", "https://me:secret@127.0.0.1:1/x.git")
    assert "secret" not in told.out + told.err


def test_the_original_comes_with_v(synced: Work, tmp_path: Path) -> None:
    arguments = ("publish", "--to", str(tmp_path / "gone.git"))
    assert "Please make sure" not in synced.portkit(*arguments).err
    done = synced.start("-v", *arguments)
    out, err = done.communicate()
    assert (done.returncode, out) == (3, b"")
    assert b"Please make sure you have the correct access rights" in err


def test_what_the_other_side_refuses_is_told(synced: Work, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    told = refused(synced, "publish", "msg", code=3, says="refuses portkit/msg", hint="protected branch")
    assert "pre-receive hook declined" in told.err
    synced.git("init", "--quiet", str(remote.parent / "tree"))
    synced.portkit("publish", "msg", "--to", str(remote.parent / "tree"))
    synced.git("checkout", "--quiet", "portkit/msg", at=remote.parent / "tree")
    synced.git("update-ref", "refs/heads/portkit/msg", "portkit/leased")
    refused(synced, "publish", "msg", "--to", str(remote.parent / "tree"), says="has portkit/msg checked out")


def test_a_clone_of_a_url_is_published_where_it_came_from(synced: Work, remote: Path) -> None:
    url = remote.as_uri()
    synced.git("push", "--quiet", str(remote), "master")
    refused(synced, "--target", url, "publish", code=3, says="is not here yet", hint="portkit fetch")
    assert synced.portkit("--target", url, "sync", "msg").code == 0
    assert synced.portkit("--target", url, "publish", "msg").code == 0
    assert list(synced.tips_of(remote)) == ["refs/heads/portkit/msg"]


def test_partial_and_shallow_targets(synced: Work, remote: Path, tmp_path: Path) -> None:
    """What is on both sides need not be there: a partial clone publishes to where it came from."""
    synced.git("push", "--quiet", str(remote), "master")
    synced.git("config", "uploadpack.allowFilter", "true", at=remote)
    partial, shallow, empty = (tmp_path / name for name in ("partial.git", "shallow.git", "empty.git"))
    synced.git("clone", "--quiet", "--bare", "--filter=blob:none", remote.as_uri(), str(partial))
    synced.git("clone", "--quiet", "--bare", "--depth", "1", remote.as_uri(), str(shallow))
    synced.git("init", "--quiet", "--bare", str(empty))
    for place, name in ((partial, "leased"), (shallow, "msg")):
        synced.commit({"new.c": b"int x;\n"}, "new", at=place)
        synced.git("update-ref", f"refs/heads/portkit/{name}", "master", at=place)
        told = synced.portkit("--target", str(place), "publish", name)
        assert told.code == 0, told.err
        assert synced.tips_of(remote)[f"refs/heads/portkit/{name}"] == synced.tip("master", at=place)
    to = ("publish", "--to", str(empty))
    refused(synced, "--target", str(partial), *to, code=3, says="did not arrive whole", hint="a partial clone")
    refused(synced, "--target", str(shallow), *to, says="is shallow", hint="--unshallow")


def test_a_worktree_of_a_sha256_repository(synced: Work, tmp_path: Path) -> None:
    main, tree, remote = tmp_path / "main", tmp_path / "a tree", tmp_path / "remote.git"
    synced.git("init", "--quiet", "--object-format=sha256", "--initial-branch=master", str(main))
    synced.git("init", "--quiet", "--object-format=sha256", "--bare", str(remote))
    tip = synced.commit({"new.c": b"int x;\n"}, "new", at=main, ref="portkit/msg")
    synced.commit({"old.c": b"int x;\n"}, "old", at=main)
    synced.git("worktree", "add", "--quiet", "--detach", str(tree), "master", at=main)
    synced.git("remote", "add", "origin", "../remote.git", at=main)
    assert synced.portkit("--target", str(tree), "publish", "msg").code == 0
    assert synced.tips_of(remote) == {"refs/heads/portkit/msg": tip}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "nobody knows"),
        ("ssh: Could not resolve hostname x: Name or service not known\nfatal: Could not read", "nobody knows"),
        ("ssh: connect to host x port 22: Connection refused\nfatal: Could not read from remote", "cannot be reached"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", "who you are"),
        ("git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", "let you in"),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", "ssh key"),
        ("remote: Repository not found.\nfatal: repository 'https://x/' not found", "no git repository"),
        ("error: RPC failed; something new", "gets nowhere"),
        ("", "gets nowhere"),
    ],
)
def test_git_s_words_are_translated(said: str, told: str) -> None:
    error = explained(said, "https://me:secret@x/y.git", role="the remote")
    assert told in str(error)
    assert "secret" not in f"{error} {error.cause} {error.hint}"
    assert error.hint
    assert str(error.__cause__) == said
