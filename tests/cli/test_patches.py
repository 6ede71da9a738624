"""`portkit patches` on the example: extracted, checked, carried over a sync, exported; git am and quilt agree."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cli_work import Work, refused, snapshot

SERIES = "patches/leased/series"


@pytest.fixture
def extracted(work: Work) -> Work:
    told = work.portkit("patches", "extract", "leased")
    assert told.code == 0, told.err
    return work


def test_extract_tells_each_local_commit_and_what_history_does_not_explain(work: Work) -> None:
    told = work.portkit("--json", "patches", "extract", "leased").object()
    assert told["written"] and told["remainder_share"] < 0.2
    names = [one["name"] for one in told["patches"]]
    assert names[0] == "leased-fit-it-to-this-system.patch"
    assert "leased-bring-in-a-lease-client.patch" not in names and "ident-lines.patch" in names
    assert names[-1] == "left-out-of-a-server-may-name-several-routers-take-a.patch" and not told["remainder_lines"]
    assert "Bring in a lease client." in (work.folder / "patches/leased/ident-lines.patch").read_text()
    one = told["patches"][0]
    assert one["subject"] == "leased - Fit it to this system." and len(one["commits"][0]) == 40
    assert (work.folder / SERIES).read_text().endswith("".join(f"{name}\n" for name in names))
    checked = work.portkit("--json", "patches", "check", "leased")
    assert checked.code == 0
    found = checked.object()
    assert found["equal"] and found["holds"] and all(file["equal"] for file in found["files"])
    assert {one["in_order"]["fit"] for one in found["patches"]} == {"exact"}


def test_what_upstream_took_is_told_and_where_each_patch_fits(extracted: Work) -> None:
    told = extracted.portkit("patches", "check", "leased")
    assert "upstream has it (" in told.out
    assert "baseline and series against the tree: equal (13 of 13 files)" in told.out
    assert all(len(line) <= 80 for line in told.out.splitlines()), told.out
    found = extracted.portkit("--json", "patches", "check", "leased").object()
    (taken,) = [one for one in found["patches"] if one["superseded"]["whole"]]
    assert taken["name"] == "leased-do-not-leave-half-a-resolv-conf-behind.patch"


def test_a_patch_that_does_not_fit_says_where_and_why(extracted: Work) -> None:
    found = extracted.portkit("--json", "patches", "check", "leased").object()["patches"]
    ahead = [one["forward"]["reason"] for one in found if one["forward"]["fit"] == "none"]
    alone = [one["alone"]["reason"] for one in found if one["alone"]["fit"] == "none"]
    assert ahead or alone
    brief = " ".join(extracted.portkit("patches", "check", "leased").out.split())
    assert all(f"not on upstream's newest files: {reason}" in brief for reason in ahead)
    assert "not alone: " not in brief
    whole = " ".join(extracted.portkit("-v", "patches", "check", "leased").out.split())
    assert all(f"not alone: {reason}" in whole for reason in alone)


def test_the_mailbox_makes_the_tree_and_so_does_quilt(extracted: Work, tmp_path: Path) -> None:
    base, mail, other = tmp_path / "base", tmp_path / "m.mbox", tmp_path / "quilt"
    told = extracted.portkit("patches", "export", "leased", "--to", str(mail), "--baseline", str(base))
    assert told.code == 0, told.err
    shutil.copytree(base, other)
    shutil.copytree(base, tmp_path / "plain")
    extracted.git("init", "-q", at=base)
    extracted.git("add", "-A", at=base)
    extracted.git("commit", "-q", "-m", "baseline", at=base)
    extracted.git("am", "-q", "--committer-date-is-author-date", str(mail), at=base)
    wanted = extracted.git("rev-parse", "master:sbin/leased")
    assert extracted.git("rev-parse", "HEAD:sbin/leased", at=base) == wanted
    subjects = extracted.git("log", "--format=%s", at=base).splitlines()
    assert "leased - Fit it to this system." in subjects
    plain = tmp_path / "p.diff"
    assert extracted.portkit("patches", "export", "leased", "--format", "diff", "--to", str(plain)).code == 0
    extracted.git("apply", str(plain), at=tmp_path / "plain")
    shutil.rmtree(base / ".git")
    assert contents(tmp_path / "plain") == contents(base)
    assert extracted.portkit("patches", "export", "leased", "--format", "quilt", "--to", str(other)).code == 0
    if shutil.which("quilt") is None:
        pytest.skip("quilt is not here")
    subprocess.run(["quilt", "--quiltrc", "-", "push", "-aq"], cwd=other, check=True, capture_output=True)
    shutil.rmtree(other / "patches")
    shutil.rmtree(other / ".pc")
    assert contents(other) == contents(base)


def contents(folder: Path) -> dict[str, str]:
    return {path: about[3] for path, about in snapshot(folder).items() if about[3]}


def test_a_refresh_carries_the_series_over_a_sync(extracted: Work) -> None:
    extracted.sync("leased")
    before = {path.name: path.read_bytes() for path in (extracted.folder / "patches/leased").iterdir()}
    told = extracted.portkit("patches", "check", "leased", "--onto", "portkit/leased-draft")
    assert told.code == 1 and "NOT EQUAL" in told.out and "patches refresh leased carries" in told.out
    shown = extracted.portkit("patches", "refresh", "leased", "--onto", "portkit/leased-draft", "--dry-run")
    assert shown.code == 0 and "diff --git a/leased-fit-it-to-this-system.patch" in shown.out
    assert before == {path.name: path.read_bytes() for path in (extracted.folder / "patches/leased").iterdir()}
    done = extracted.portkit("--json", "patches", "refresh", "leased", "--onto", "portkit/leased-draft").object()
    assert [one["reason"][:16] for one in done["retired"] if "resolv" in one["name"]] == ["upstream has it:"]
    after = {path.name: path.read_bytes() for path in (extracted.folder / "patches/leased").iterdir()}
    same = {name for name in after if after[name] == before.get(name)}
    assert set(after) - same == {*done["changed"], "series"}
    checked = extracted.portkit("--json", "patches", "check", "leased", "--onto", "portkit/leased-draft")
    assert checked.code == 0 and checked.object()["equal"]
    again = extracted.portkit("--json", "patches", "refresh", "leased", "--onto", "portkit/leased-draft").object()
    assert (again["changed"], again["retired"]) == ([], [])


def test_what_no_patch_explains_may_go_into_the_remainder(extracted: Work) -> None:
    before = snapshot(extracted.folder / "patches")
    first = extracted.git("show", "master:sbin/leased/leased.8").splitlines()[0]
    extracted.target_edit("sbin/leased/leased.8", first, f"{first}\n.\\\" ours", "leased.8 - A word of ours.")
    told = extracted.portkit("--json", "patches", "refresh", "leased")
    found = told.object()
    assert told.code == 1 and not found["written"]
    assert {card["kind"] for card in found["cards"]} == {"patch"}
    assert snapshot(extracted.folder / "patches") == before
    done = extracted.portkit("--json", "patches", "refresh", "leased", "--remainder")
    assert done.code == 0 and done.object()["changed"] == ["remainder.patch"]
    assert extracted.portkit("patches", "check", "leased").code == 0


def test_who_owns_a_line(extracted: Work) -> None:
    lines = extracted.git("show", "master:sbin/leased/leased.c").splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "$DragonFly:" in line)
    told = extracted.portkit("--json", "patches", "list", f"sbin/leased/leased.c:{at}").object()
    assert [one["name"] for one in told["owners"]] == ["ident-lines.patch"]
    told = extracted.portkit("--json", "patches", "list", "sbin/leased/leased.c").object()
    assert len(told["owners"]) >= 3
    assert extracted.portkit("patches", "list", f"sbin/leased/leased.c:{at + 20}").out.endswith("it is upstream's\n")
    listed = extracted.portkit("patches", "list", "leased")
    assert "leased - Fit it to this system." in listed.out
    assert all(len(line) <= 80 for line in listed.out.splitlines())


def test_a_series_that_is_there_is_not_built_over(extracted: Work) -> None:
    refused(extracted, "patches", "extract", "leased", says="has a patch series already", hint="refresh leased")
    place = extracted.folder / "patches/leased/leased-fit-it-to-this-system.patch"
    edited = place.read_bytes().replace(b"Origin: vendor", b"Forwarded: not-needed\nOrigin: vendor")
    place.write_bytes(edited)
    assert extracted.portkit("patches", "extract", "leased", "--replace").code == 0
    assert place.read_bytes() == edited  # the same change: what a person wrote above it stays


def test_mistakes(extracted: Work, tmp_path: Path) -> None:
    refused(extracted, "patches", "list", "../etc/passwd", says="climbs out")
    refused(extracted, "patches", "list", "usr.bin/nothing.c", says="no component, and no file of one")
    refused(extracted, "patches", "list", "sbin/leased/leased.c:0", says="names no lines")
    refused(extracted, "patches", "list", "sbin/leased/leased.c:99999", says="has ")
    refused(extracted, "patches", "check", "msg", says="has no patch series", hint="portkit patches extract msg")
    refused(extracted, "patches", "check", "clockd", says="it has no baseline, and so no local patches")
    refused(extracted, "patches", "export", "leased", "--to", str(tmp_path / "x"), "--baseline", str(extracted.folder),
            says="is there already")  # fmt: skip


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"words\n", "there is no diff in it"),
        (b"--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n", "a.patch:5: the hunk of line 3 is cut off"),
        (b"--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "climbs out of the tree"),
        (b"--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", "is absolute"),
        (b"Subject: x\nSuperseded-By: soon\n\n--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n", "a.patch:2: Superseded-By"),
    ],
)
def test_a_patch_that_is_none_is_refused_with_its_place(extracted: Work, content: bytes, says: str) -> None:
    folder = extracted.folder / "patches/leased"
    (folder / "a.patch").write_bytes(content)
    (folder / "series").write_bytes(b"a.patch\n")
    for action in ("check", "refresh", "list"):
        refused(extracted, "patches", action, "leased", says=says)


def test_a_series_that_names_what_is_not_there(extracted: Work) -> None:
    (extracted.folder / SERIES).write_bytes(b"nothing.patch\n")
    refused(extracted, "patches", "check", "leased", says="series:1: there is no patch nothing.patch")
    (extracted.folder / SERIES).write_bytes(b"# baseline: sbin/leased/leased.c 1.999\n")
    refused(extracted, "patches", "check", "leased", says="stands on 1.999, which upstream does not have")
    with (extracted.folder / SERIES).open("wb") as file:
        file.truncate(100 << 20)
    refused(extracted, "patches", "check", "leased", says="100 MB")


def test_a_collision_of_an_earlier_sync_is_told(extracted: Work) -> None:
    extracted.sync("leased")
    assert extracted.portkit("report", "weekly").code == 0
    found = extracted.portkit("--json", "patches", "check", "leased").object()
    assert found["reports"] == 1
    assert any(one["collisions"] for one in found["patches"])
    none = extracted.portkit("--json", "patches", "check", "leased", "--syncs", "0").object()
    assert none["reports"] == 0 and not any(one["collisions"] for one in none["patches"])


def adapted(work: Work) -> None:
    """The import of `msg` gets a local patch and an edit."""
    told = work.portkit("--json", "sync", "msg", "--until", "2012-05-31")
    assert told.code in (0, 1)
    before = work.git("show", "portkit/msg:lib/libmsg/msg.h").split("\n")
    number = next(at for at, line in enumerate(before) if line.startswith("#define"))
    raw = [f" {line}" for line in before[number - 3 : number]] + ["+/* our own */"]
    raw += [f" {line}" for line in before[number : number + 3]]
    head = "From: Pat Porter <pat@example.org>\nSubject: [PATCH] msg - A word of our own.\n\nBecause.\n---\n"
    names = "--- a/lib/libmsg/msg.h\n+++ b/lib/libmsg/msg.h\n"
    hunk = f"@@ -{number - 2},6 +{number - 2},7 @@\n" + "".join(f"{line}\n" for line in raw)
    folder = work.folder / "patches/msg"
    folder.mkdir()
    (folder / "own.patch").write_text(head + names + hunk)
    (folder / "series").write_text("own.patch\n")
    edit = (
        "    edit:\n      - path: lib/libmsg/Makefile\n        before: '.include <bsd.lib.mk>'\n"
        '        insert: "WARNS?=\\t2"\n        reason: msg - Fewer warnings.\n'
    )
    last = "      lib/libmsg/msgbuf.c: lib/libmsg/msgbuf.c\n"
    work.change_map(last, last + edit)


def test_an_import_takes_the_series_and_the_edits_as_commits_on_top(work: Work) -> None:
    adapted(work)
    found = work.sync("msg")["msg"]
    assert set(found["counts"]) and found["counts"]["conflict"] == 0
    subjects = work.git("log", "--reverse", "--format=%s", "master..portkit/msg").splitlines()
    assert subjects[1:3] == ["msg - A word of our own.", "msg - Fewer warnings."]
    second = work.git("log", "--reverse", "--format=%H", "master..portkit/msg").splitlines()[1]
    assert work.git("log", "-1", "--format=%an %b", second).startswith("Pat Porter Because.")
    assert "Portkit-patch: own.patch" in work.git("log", "-1", "--format=%B", second)
    assert "/* our own */" in work.git("show", "portkit/msg:lib/libmsg/msg.h")
    assert "WARNS?=\t2\n.include" in work.git("show", "portkit/msg:lib/libmsg/Makefile")
    again = work.sync("msg")["msg"]
    assert not again["changed"]
    work.forget()
    assert work.sync("msg")["msg"]["target"]["tip"] == found["target"]["tip"]
    # once the branch is the target's, the import and what is its own are done
    work.git("update-ref", "refs/heads/master", "portkit/msg")
    assert work.sync("msg")["msg"]["counts"]["ported"] == 0


def test_a_patch_or_an_edit_that_does_not_fit_stops_the_import(work: Work) -> None:
    adapted(work)
    place = work.folder / "patches/msg/own.patch"
    good = place.read_text()
    place.write_text(good.replace(" #define", " #undef"))
    refused(work, "sync", "msg", says="own.patch:6: the patch does not apply to what is imported", objects=True)
    place.write_text(good)
    work.change_map("'.include <bsd.lib.mk>'", "'.include <nothing.mk>'")
    refused(work, "sync", "msg", says="components.msg.edit[0]: the edit cannot be made", objects=True)


def test_the_weekly_report_says_how_the_patches_are(extracted: Work) -> None:
    extracted.sync("leased")
    assert extracted.portkit("report", "weekly").code == 0
    assert extracted.portkit("report", "weekly").code == 0
    (text,) = [path.read_text() for path in (extracted.folder / "reports").glob("*/weekly.md")]
    part = text.partition("## Local patches of leased")[2]
    assert "baseline and patches give the tree" in " ".join(part.split())
    assert "superseded" in part and "leased-do-not-leave-half-a-resolv-conf-behind" in part
    (extracted.folder / SERIES).write_bytes(b"nothing.patch\n")
    assert extracted.portkit("report", "weekly").code == 0
    (text,) = [path.read_text() for path in (extracted.folder / "reports").glob("*/weekly.md")]
    assert "there is no patch nothing.patch" in " ".join(text.split())


def merged(work: Work, side: str, message: str) -> str:
    """Merges the commit `side` into master, the way git would: its files on top of master's."""
    base = work.git("merge-base", "master", side)
    tree = work.git("merge-tree", "--write-tree", "master", side).split("\n")[0]
    commit = work.git("commit-tree", tree, "-p", "master", "-p", side, "-m", message)
    work.git("update-ref", "refs/heads/master", commit)
    assert base
    return commit


def test_a_change_on_a_side_branch_goes_to_the_commit_that_made_it(work: Work) -> None:
    if "merge-tree" not in work.git("help", "-a") or not hasattr(work, "target_edit"):
        pytest.skip("this git has no merge-tree")
    work.git("update-ref", "refs/heads/topic", "master")
    before = work.git("show", "master:sbin/leased/leased.8").splitlines()[0]
    work.target_edit("sbin/leased/leased.8", before, f"{before}\n.\\\" from the topic", "topic - A word.", ref="topic")
    last = work.git("show", "master:sbin/leased/leased.conf.5").splitlines()[-1]
    work.target_edit("sbin/leased/leased.conf.5", f"\n{last}\n", f"\n{last}\n.\\\" main\n", "main - A word.")
    merged(work, "topic", "Merge the topic.")
    told = work.portkit("--json", "patches", "extract", "leased").object()
    subjects = {one["subject"]: one for one in told["patches"]}
    assert subjects["topic - A word."]["files"] == ["sbin/leased/leased.8"]
    assert subjects["main - A word."]["files"] == ["sbin/leased/leased.conf.5"]
    assert "Merge the topic." not in subjects
    assert work.portkit("patches", "check", "leased").code == 0


def test_a_shallow_target_is_refused(work: Work, tmp_path: Path) -> None:
    url = f"file://{work.target}"
    work.git("clone", "-q", "--bare", "--depth=1", url, str(tmp_path / "shallow.git"))
    told = work.portkit("--target", str(tmp_path / "shallow.git"), "patches", "extract", "leased")
    assert told.code == 2 and "the target is shallow" in told.err and "--unshallow" in told.err
    assert not (work.folder / SERIES).exists()
