"""Repositories of somebody who means harm: nothing of theirs runs, nothing of theirs reaches the terminal raw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_work import ROOT, Work, bumped, ids, states

LEASED = "refs/heads/portkit/leased"
HOOKS = (
    "reference-transaction", "post-update", "pre-receive", "update", "post-receive", "post-commit", "pre-commit",
    "post-checkout", "post-index-change", "post-merge", "pre-auto-gc", "post-rewrite", "proc-receive",
    "fsmonitor-watchman",
    "pre-push", "commit-msg", "prepare-commit-msg", "post-applypatch", "sendemail-validate",
)  # fmt: skip
COMMANDS = (
    "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.gitProxy", "core.askPass",
    "core.alternateRefsCommand", "diff.external", "diff.evil.textconv", "diff.evil.command", "diff.default.textconv",
    "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "credential.helper",
    "gpg.program", "gpg.ssh.program", "uploadpack.packObjectsHook", "interactive.diffFilter", "sequence.editor",
    "trailer.upstream-commit.command", "trailer.evil.cmd", "mailmap.file", "pager.log", "pager.cat-file",
    "pack.preferBitmapTips", "maintenance.strategy", "receive.procReceiveRefs", "remote.origin.uploadpack",
    "remote.origin.vcs", "remote.origin.url",
)  # fmt: skip
NASTY = "\x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u202c \u2066x \x9b2J <script>alert(1)</script> {{ 7*7 }} \x7f\r\b"


def trapped(repository: Path, sentinel: Path) -> None:
    """Everything in a repository that could run a program, would."""
    trap = sentinel.parent / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {sentinel}\nexit 1\n')
    trap.chmod(0o755)
    hooks = repository / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).symlink_to(trap)
    aliases = ("log", "cat-file", "rev-parse", "ls-tree", "fast-import", "update-ref", "var", "version", "rev-list")
    lines = ["[alias]", *(f"\t{name} = !{trap}" for name in aliases)]
    for key in COMMANDS:
        section, _, rest = key.partition(".")
        middle, _, name = rest.rpartition(".")
        lines += [f'[{section} "{middle}"]' if middle else f"[{section}]", f"\t{name} = {trap}"]
    lines += [
        "[log]", "\tshowSignature = true", "\tfollow = true", "[core]", "\tattributesFile = attributes",
        f"\thooksPath = {hooks}", "\tuntrackedCache = true", "\tfsmonitor = true", f"\tfsmonitor = {trap}",
        "\tlogAllRefUpdates = always", "[diff]", "\trenames = copies", "\tcolorMoved = zebra",
        "[color]", "\tui = always",
        "[gc]", "\tauto = 1", "[remote \"origin\"]", "\tpromisor = true", f"\turl = ext::{trap}",
        "[protocol \"ext\"]", "\tallow = always", "[extensions]", "\tpartialClone = origin",
        "[commit]", "\tgpgSign = true",
        "[core]", "\trepositoryFormatVersion = 1", "[push]", "\tgpgSign = true", "[format]", "\tpretty = %Cred%H",
        "[i18n]", "\tlogOutputEncoding = UTF-16", "\tcommitEncoding = latin-1", "[core]", "\tquotePath = true",
        "[diff]", "\torderFile = /dev/null", "\tignoreSubmodules = all", "\tnoprefix = true", "\tcontext = 0",
        "[core]", "\tabbrev = 5", "\tbigFileThreshold = 1", "\tcommentChar = l",
    ]  # fmt: skip
    with (repository / "config").open("a") as file:
        file.write("\n".join(lines) + "\n")
    info = repository / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* diff=evil filter=evil merge=evil text eol=crlf ident export-subst\n")


@pytest.mark.parametrize("checkout", [False, True])
def test_nothing_of_a_repositorys_own_runs(work: Work, synced: Work, tmp_path: Path, checkout: bool) -> None:
    sentinel = tmp_path / "ran"
    if checkout:
        clone = tmp_path / "clone"
        work.git("clone", "-q", str(work.target), str(clone))
        work.change_map("git: dragonfly.git ", f"git: {clone} ")
        target, top = clone, clone / ".git"
    else:
        target = top = work.target
    if checkout:
        (clone / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
    trapped(top, sentinel)
    trapped(work.upstream, sentinel)
    for line in ("sync --dry-run", "sync", "sync", "conflicts", "baseline leased", "report weekly"):
        told = work.portkit("--json", *line.split())
        assert told.code in (0, 1), told.err
    assert not sentinel.exists(), sentinel.read_text()
    safe = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "false"}
    tips = subprocess.run(
        ["git", "--git-dir", str(top), "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/portkit/"],
        env=safe, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    assert dict(line.split() for line in tips.splitlines()) == synced.branches()
    assert not (top / "logs" / "refs" / "heads" / "portkit").exists()
    if checkout:  # the trap is one: git itself falls into it
        subprocess.run(["git", "status"], cwd=target, capture_output=True, check=False)
        assert sentinel.exists()


def test_a_clone_of_a_url_runs_nothing_either(work: Work, synced: Work, tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    (work.upstream / "hooks").mkdir()
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {sentinel}\n')
    trap.chmod(0o755)
    for name in HOOKS:
        (work.upstream / "hooks" / name).symlink_to(trap)
    template = tmp_path / "template"
    (template / "hooks").mkdir(parents=True)
    for name in HOOKS:
        (template / "hooks" / name).symlink_to(trap)
    work.change_map("git: openbsd.git ", f"git: file://{work.upstream} ")
    work.change_map("git: dragonfly.git ", f"git: file://{work.target} ")
    done = subprocess.run(
        [sys.executable, "-m", "portkit", "-C", str(work.folder), "sync"], cwd=ROOT, capture_output=True, check=False,
        env=os.environ | {"GIT_TEMPLATE_DIR": str(template)},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert not sentinel.exists(), sentinel.read_text()
    assert work.tips_of(work.folder / ".portkit" / "target.git") == synced.branches()
    assert work.branches() == {}


# -- logs


LOGS: dict[str, str | bytes] = {
    "terminal": NASTY,
    "trailers": "Innocent.\n\nUpstream-commit: " + "a" * 40 + "\nUpstream-revision: sbin/leased/leased.c 1.99",
    "draft": "Innocent.\n\nPortkit-draft: conflict",
    "revert": "Revert it.\n\nThis reverts commit HEAD1234567.",
    "long": "x" * 100_000,
    "words": "word " * 20_000,
    "lines": "line\n" * 20_000,
    "blank": "\n \n\t\n",
    "empty": "",
    "latin-1": b"Gr\xfc\xdfe an alle.\n\nUnd \x80\xff mehr.",
    "carriage": "One\r\nTwo\rThree\r\n",
    "scissors": "# a comment\n--- >8 ---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n",
    "jinja": "{{ config }}{% for x in y %}{# #}{{ ''.__class__ }}",
}


@pytest.mark.parametrize("kind", LOGS)
def test_hostile_logs(synced: Work, kind: str) -> None:
    log = LOGS[kind]
    if kind == "revert":
        assert isinstance(log, str)
        log = log.replace("HEAD1234567", synced.tip(LEASED))
    before = synced.git("show", "master:sbin/leased/check-conf.sh", at=synced.upstream) + "\n"
    text = before.replace("not understood", "what is this").replace("check-conf.sh,v 1.2 ", "check-conf.sh,v 1.3 ")
    commit = synced.commit({"sbin/leased/check-conf.sh": text.encode()}, log, at=synced.upstream)
    old = synced.tip(LEASED)
    found = synced.sync("leased")["leased"]
    assert found["changesets"][-1]["id"] == commit
    assert found["changesets"][-1]["state"] == "ported"
    assert synced.tip(f"{LEASED}^") == old
    raw = subprocess.run(
        ["git", "cat-file", "commit", LEASED], cwd=synced.target, capture_output=True, check=True
    ).stdout
    message = raw.partition(b"\n\n")[2].decode("utf-8")
    assert not any(ord(character) < 32 and character != "\n" for character in message.replace("\t", ""))
    assert "\u202e" not in message
    assert len(message.partition("\n")[0]) < 72
    trailers = synced.git("log", "-1", "--format=%(trailers:only,unfold)", LEASED).splitlines()
    assert [one for one in trailers if one.startswith("Upstream-")] == [
        f"Upstream-commit: {commit}", "Upstream-revision: sbin/leased/check-conf.sh 1.3",
    ]  # fmt: skip
    for command in (["sync", "leased"], ["conflicts"], ["report", "weekly"], ["-C"]):
        if command != ["-C"]:
            assert synced.portkit(*command).code in (0, 1)
    page = next(synced.folder.glob("reports/*/weekly.html")).read_text()
    assert "<script>alert" not in page
    assert "\x1b" not in page
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    landed = synced.sync("leased")["leased"]
    assert ids(landed, "ported") == []
    assert commit not in [one["id"] for one in landed["changesets"]]


def test_hostile_people_and_dates(synced: Work) -> None:
    before = synced.git("show", "master:sbin/leased/check-conf.sh", at=synced.upstream) + "\n"
    people = ("\x1b[31mX\x9b <a@b>", "'; rm -rf / <$(touch x)@`y`>", "<>", "  <evil@x> ", "Gr\xfc\xdfe <\xff@x>")
    for number, who in enumerate(people):
        before = bumped(before) + f"# {number}\n"
        date = (0, 1, 253402300799, 99999999999, 1349000000)[number]
        stream = (
            f"commit refs/heads/master\ncommitter {who} {date} +0000\ndata 2\nX\nfrom refs/heads/master^0\n"
            f"M 644 inline sbin/leased/check-conf.sh\ndata {len(before)}\n{before}\ndone\n"
        )
        done = subprocess.run(
            ["git", "fast-import", "--quiet", "--done", "--date-format=raw-permissive"], cwd=synced.upstream,
            input=stream.encode("latin-1"), capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            continue
        found = synced.sync("leased")["leased"]
        assert found["changesets"][-1]["state"] == "ported", (who, found["changesets"][-1])
        assert synced.portkit("sync").code in (0, 1)
        assert synced.portkit("report", "weekly").code == 0
    synced.git("fsck", "--strict", LEASED)


# -- paths


PATHS = (
    "sbin/leased/with space.c", "sbin/leased/-dash.c", 'sbin/leased/"quoted".c', "sbin/leased/tab\there.c",
    "sbin/leased/new\nline.c", "sbin/leased/\x1b[31mred.c", "sbin/leased/back\\slash.c", "sbin/leased/Makefile.C",
    "sbin/leased/makefile.c", "sbin/leased/*.c", "sbin/leased/:(top)x.c", "sbin/leased/--/-/x.c",
    "sbin/leased/\u202egnp.c", "sbin/leased/{{ 7*7 }}.c", "sbin/leased/<script>.c", "sbin/leased/'.c",
    "sbin/leased/a\nUpstream-commit: " + "b" * 40 + "\nUpstream-revision: sbin/leased/leased.c 1.9",
    "sbin/leased/a 1.2", "sbin/leased/%s%n.c", "sbin/leased/$(touch x).c", "sbin/leased/.gitattributes",
    "sbin/leased/\u00e9.c", "sbin/leased/" + "d/" * 50 + "x.c", "sbin/leased/" + "n" * 250,
)  # fmt: skip


def test_hostile_paths(synced: Work) -> None:
    files: dict[str | bytes, bytes | None] = {
        path.encode(): b"/*\t$OpenBSD: x.c,v 1.1 2012/10/01 00:00:00 x Exp $\t*/\nint x%d;\n" % number
        for number, path in enumerate(PATHS)
    }
    files[b"sbin/leased/latin-\xe9\xff.c"] = b"int y;\n"
    commit = synced.commit(files, "All kinds of names.", at=synced.upstream)
    found = synced.sync("leased")["leased"]
    last = found["changesets"][-1]
    assert (last["id"], last["state"]) == (commit, "ported")
    assert {file["target"].encode("utf-8", "surrogateescape") for file in last["files"]} == set(files)
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--name-only", LEASED], cwd=synced.target, capture_output=True, check=True
    ).stdout.split(b"\0")
    assert set(files) <= set(listed)
    trailers = synced.git("log", "-1", "--format=%(trailers:only,unfold)", LEASED).splitlines()
    assert [one for one in trailers if one.startswith("Upstream-commit")] == [f"Upstream-commit: {commit}"]
    assert len([one for one in trailers if one.startswith("Upstream-revision")]) == len(files)
    for command in (["sync"], ["conflicts"], ["report", "weekly"], ["baseline", "leased"]):
        assert synced.portkit(*command).code in (0, 1)
        assert synced.portkit("--json", *command).code in (0, 1)
    ascii_only = subprocess.run(
        [sys.executable, "-m", "portkit", "-C", str(synced.folder), "baseline", "leased", "--onto", LEASED], cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert ascii_only.returncode == 0, ascii_only.stderr
    synced.git("update-ref", "refs/heads/master", synced.tip(LEASED))
    landed = synced.sync("leased")["leased"]
    assert commit not in [one["id"] for one in landed["changesets"]]
    assert landed["changed"] is False or landed["counts"]["ported"] == 0
    changed = {path: (content or b"") + b"int more;\n" for path, content in files.items()}
    again = synced.commit(dict(changed), "More of them.", at=synced.upstream)
    told = synced.sync("leased")["leased"]["changesets"][-1]
    assert (told["id"], told["state"]) == (again, "ported"), told
    synced.git("fsck", LEASED)


def test_names_that_differ_only_in_case(synced: Work) -> None:
    synced.commit({"sbin/leased/LEASED.C": b"int big;\n", "sbin/leased/Leased.c": b""}, "Case.", at=synced.upstream)
    found = synced.sync("leased")["leased"]["changesets"][-1]
    assert found["state"] == "ported"
    assert synced.git("show", f"{LEASED}:sbin/leased/LEASED.C") == "int big;"
    assert "int big" not in synced.git("show", f"{LEASED}:sbin/leased/leased.c")


def test_links_and_submodules(synced: Work) -> None:
    """A link is a file like another one; what a submodule points to is no file at all."""
    link, module = "sbin/leased/link", "sbin/leased/module"
    synced.commit(
        {link: b"../../../../etc/passwd", module: b"c" * 40, "sbin/leased/plain.c": b"int p;\n"}, "A link.",
        at=synced.upstream, modes={link: 0o120000, module: 0o160000},
    )  # fmt: skip
    synced.commit({"sbin/leased/theirs": b"d" * 40}, "Theirs.", modes={"sbin/leased/theirs": 0o160000})
    found = synced.sync("leased")["leased"]["changesets"][-1]
    assert found["subject"] == "A link."
    assert found["state"] == "ported", found
    tree = synced.git("ls-tree", "-r", LEASED, "--", "sbin/leased")
    assert f"120000 blob {synced.git('hash-object', '--stdin', feed=b'../../../../etc/passwd')}\t{link}" in tree
    assert f"160000 commit {'d' * 40}\tsbin/leased/theirs" in tree
    assert module not in tree
    synced.commit({link: b"int now_a_file;\n"}, "No link any more.", at=synced.upstream)
    assert synced.sync("leased")["leased"]["changesets"][-1]["state"] == "ported"
    assert synced.git("show", f"{LEASED}:{link}") == "int now_a_file;"


def test_a_folder_where_the_target_has_a_link_or_a_file(synced: Work) -> None:
    """Nothing is written through a link, and nothing of the target's is displaced."""
    synced.commit({"sbin/leased/sub": b"../../etc"}, "Ours.", modes={"sbin/leased/sub": 0o120000})
    synced.commit({"sbin/leased/sub/x.c": b"int x;\n"}, "A folder.", at=synced.upstream)
    told = synced.portkit("--json", "sync", "leased")
    if told.code in (0, 1):
        one = told.object()["components"][-1]["changesets"][-1]
        assert one["state"] in ("conflict", "flagged"), one
    else:
        assert told.code == 2
        assert "sbin/leased/sub" in told.err
    assert "120000" in synced.git("ls-tree", LEASED, "--", "sbin/leased/sub") or not synced.git(
        "ls-tree", LEASED, "--", "sbin/leased/sub"
    )


def test_tree_entries_that_git_itself_would_refuse(work: Work) -> None:
    """A path with `..` or `.git` in it, as only a hand-made tree has."""
    blob = work.git("hash-object", "-w", "--stdin", feed=b"evil\n", at=work.upstream)
    for name in ("..", ".git", ".GIT"):
        raw = b"100644 %s\0" % name.encode() + bytes.fromhex(blob)
        inner = work.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", feed=raw, at=work.upstream)
        folder = work.git("ls-tree", "master:sbin/leased", at=work.upstream)
        entries = f"{folder}\n040000 tree {inner}\tevil\n"
        leased = work.git("mktree", feed=entries.encode(), at=work.upstream)
        sbin = work.git("mktree", feed=f"040000 tree {leased}\tleased\n".encode(), at=work.upstream)
        top = work.git("ls-tree", "master", at=work.upstream).splitlines()
        lines = [line for line in top if not line.endswith("\tsbin")] + [f"040000 tree {sbin}\tsbin"]
        tree = work.git("mktree", feed="\n".join(lines).encode() + b"\n", at=work.upstream)
        commit = work.git("commit-tree", "-p", "master", "-m", "Evil.", tree, at=work.upstream)
        work.git("update-ref", "refs/heads/evil", commit, at=work.upstream)
        work.map.write_text(work.map.read_text().replace("branch: master", "branch: evil", 1))
        told = work.portkit("sync", "leased")
        assert told.code == 3, told.out
        assert "unusable path" in told.err
        assert work.branches() == {}


# -- contents


@pytest.mark.parametrize(
    "content",
    [b"\0" * 10_000, b"\xff\xfe" * 5000, b"", b"no newline", b"\r\n" * 1000, b"<<<<<<< ours\n=======\n>>>>>>> theirs\n",
     b"{{ x }}\n", b"$OpenBSD: \x1b[31m,v 9999999999999999999.9 x Exp $\n", b"$OpenBSD$\n" * 2000, b"a" * 300_000],
    ids=["nul", "no-utf8", "empty", "chopped", "crlf", "markers", "jinja", "ident", "idents", "long"],
)  # fmt: skip
def test_hostile_contents(synced: Work, content: bytes) -> None:
    first = synced.commit({"sbin/leased/odd.c": content}, "Odd.", at=synced.upstream)
    second = synced.commit({"sbin/leased/odd.c": content + b"more\n"}, "More.", at=synced.upstream)
    found = synced.sync("leased")["leased"]
    assert {one["id"]: one["state"] for one in found["changesets"][-2:]} == {first: "ported", second: "ported"}
    stored = subprocess.run(
        ["git", "show", f"{LEASED}:sbin/leased/odd.c"], cwd=synced.target, capture_output=True, check=True
    ).stdout
    assert stored == content + b"more\n"
    for command in (["conflicts"], ["report", "weekly"], ["baseline", "leased", "--onto", LEASED]):
        assert synced.portkit(*command).code == 0


def test_a_hostile_report_folder(synced: Work, tmp_path: Path) -> None:
    """The report follows no link out of where it is told to write that the user has not made; names are plain."""
    told = synced.portkit("report", "weekly", "--as-of", "../../../../tmp/x")
    assert told.code == 2
    assert states(synced.sync()["leased"])
    assert not (tmp_path / "x").exists()
