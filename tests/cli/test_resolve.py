"""Resolving on the command line, on the example: by flag, file, editor and tool; what is refused, what is kept."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_work import Work, refused, states

SPREAD = "Add -w, which spreads renewals: after a power cut a whole house asks in the same second."
BUILT_ON = "Sixty seconds are too few for a large house: -w takes up to ten minutes."
ZERO = "Zero is a multiple of everything, but no address."
SIGPIPE = "A side that has lost the other one should end: do not ignore SIGPIPE."
USES = "Use what -w says when a lease is to be renewed."
LEASED = "refs/heads/portkit/leased"


def changesets(work: Work) -> dict[str, dict[str, Any]]:
    return {one["subject"]: one for one in work.sync("leased", "--dry-run")["leased"]["changesets"]}


def conflicts(work: Work, subject: str) -> list[str]:
    return [id for file in changesets(work)[subject]["files"] for id in file["conflicts"]]


def resolved(work: Work, *arguments: str) -> dict[str, Any]:
    told = work.portkit("--json", "resolve", *arguments)
    assert told.code == 0, told.err
    return told.object()


def kept(work: Work) -> list[Path]:
    return sorted((work.folder / "patches" / "leased" / "resolutions").glob("*"))


def begun(work: Work) -> list[Path]:
    return sorted(path for path in (work.folder / ".portkit" / "resolve").rglob("*") if path.is_file())


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """An editor that runs `script`, Python with the file's path in `path` and its text in `text`."""
    place = folder / "editor.py"
    start = "import os, pathlib, re, signal, sys\npath = pathlib.Path(sys.argv[1])\ntext = path.read_bytes()\n"
    place.write_text(f"{start}{script}\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{place}'")


THEIRS = r"path.write_bytes(re.sub(rb'<<<<<<<.*?\n=======\n(.*?)>>>>>>>[^\n]*\n', rb'\1', text, flags=re.S))"
"""Takes theirs in every place."""


# Without hands


def test_a_side_is_taken_remembered_and_what_waited_lands(synced: Work) -> None:
    ids = conflicts(synced, SPREAD)
    assert len(ids) == 2
    first = resolved(synced, ids[0], "--theirs", "--note", "theirs is better")
    (one,) = first["resolutions"]
    assert (one["conflict"], one["gate"]) == (ids[0], None)
    assert first["landed"] == []
    assert synced.folder / one["file"] == kept(synced)[0]
    assert "note: theirs is better" in kept(synced)[0].read_text("utf-8")
    second = resolved(synced, ids[1], "--theirs")
    landed = {each["subject"] for each in second["landed"]}
    assert {SPREAD, USES, BUILT_ON} <= landed
    assert second["counts"]["blocked"] == 0
    found = synced.sync("leased")["leased"]
    assert found["changed"] is False  # resolve wrote the branch already
    spread = next(each for each in found["changesets"] if each["subject"] == SPREAD)
    (file,) = [each for each in spread["files"] if each["resolutions"]]
    assert (file["method"], file["state"]) == ("resolution", "ported")
    assert set(file["resolutions"]) == {path.name for path in kept(synced)}
    message = synced.git("log", "-1", "--format=%B", spread["commit"])
    assert message.count("Portkit-resolution: sbin/leased/leased.c 1.4 ") == 2


def test_a_whole_changeset_at_once(synced: Work) -> None:
    made = resolved(synced, changesets(synced)[SPREAD]["id"][:10], "--theirs")
    assert len(made["resolutions"]) == 2
    assert SPREAD in {each["subject"] for each in made["landed"]}


def test_everything_resolved_then_branch_and_cache_thrown_away_gives_the_same_hashes(synced: Work) -> None:
    for _ in range(12):
        open_ids = [id for one in changesets(synced).values() for file in one["files"] for id in file["conflicts"]]
        if not open_ids:
            break
        resolved(synced, open_ids[0], "--theirs")
    tip = synced.tip(LEASED)
    assert synced.tip(f"{LEASED}-draft") == ""
    for ref in synced.branches():
        synced.git("update-ref", "-d", ref)
    synced.forget()
    found = synced.sync("leased")["leased"]
    assert found["counts"]["conflict"] == found["counts"]["flagged"] == found["counts"]["blocked"] == 0
    assert synced.tip(LEASED) == tip


def test_what_the_gate_refused(synced: Work) -> None:
    (id,) = conflicts(synced, SIGPIPE)
    told = synced.portkit("resolve", id, "--theirs")
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert f"{id} is resolved: sbin/leased/leased.c" in words
    assert "the gate would not have it" in words
    assert "Still open: " in words
    assert all(len(line) <= 80 for line in told.out.splitlines() if "patches/" not in line)


def test_a_file_that_is_given(synced: Work, tmp_path: Path) -> None:
    (id,) = conflicts(synced, ZERO)
    path = "sbin/leased/options.c"
    mine = synced.git("show", f"master:{path}").encode() + b"\n"
    draft = synced.git("show", f"{LEASED}-draft:{path}").encode() + b"\n"
    (tmp_path / "file").write_bytes(draft)
    made = resolved(synced, id, "--from", str(tmp_path / "file"), "--no-sync", "--whole")
    assert made["counts"] is None
    assert changesets(synced)[ZERO]["state"] == "ported"
    kept(synced)[0].unlink()
    refused(synced, "resolve", id, "--from", str(tmp_path / "none"), says="cannot be read")
    (tmp_path / "other").write_bytes(b"".join(b"this is another file, line %d\n" % n for n in range(200)))
    refused(synced, "resolve", id, "--from", str(tmp_path / "other"), says="another file")
    (tmp_path / "marked").write_bytes(mine + b"<<<<<<< mine\n")
    refused(synced, "resolve", id, "--from", str(tmp_path / "marked"), says="marker is left")


# By hand


def test_an_editor(synced: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(monkeypatch, tmp_path, f"open({str(tmp_path / 'seen')!r}, 'wb').write(text)\n{THEIRS}")
    ids = conflicts(synced, SPREAD)
    made = resolved(synced, ids[0])
    assert made["resolutions"][0]["conflict"] == ids[0]
    seen = (tmp_path / "seen").read_text("utf-8")
    assert seen.count("<<<<<<< ours: the target at ") == 1  # the other place is another conflict
    assert "||||||| base: 1.3, " in seen
    assert f">>>>>>> theirs: 1.4, {changesets(synced)[SPREAD]['id'][:12]} (Add -w, which spreads" in seen
    assert begun(synced) == []


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        ("path.write_bytes(b'half done\\n' + text); sys.exit(3)", 3, "ended with 3"),
        ("path.write_bytes(b'half done\\n' + text); os.kill(os.getpid(), signal.SIGKILL)", 3, "killed (SIGKILL)"),
        ("path.write_bytes(b'half done\\n' + text)", 2, "marker is left"),
        (THEIRS.replace("text, flags", "b'half done\\n' + text, flags"), 2, "outside of the conflict were changed: 1"),
    ],
)
def test_work_is_kept_whatever_happens_and_can_be_gone_on_with(
    synced: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: int, says: str
) -> None:
    id = conflicts(synced, SPREAD)[0]
    editor(monkeypatch, tmp_path, script)
    before = synced.everything()
    told = synced.portkit("resolve", id)
    assert told.code == code, told.err
    assert says in told.err
    (work,) = begun(synced)
    assert str(work) in told.err.partition("Hint: ")[2]
    assert f"portkit resolve {id}" in told.err
    assert work.read_bytes().startswith(b"half done\n")
    assert synced.everything() == before
    editor(monkeypatch, tmp_path, f"text = text.removeprefix(b'half done\\n')\npath.write_bytes(text)\n{THEIRS}")
    assert resolved(synced, id)["resolutions"]
    assert begun(synced) == []


def test_an_editor_that_is_not_there(synced: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    id = conflicts(synced, SPREAD)[0]
    monkeypatch.setenv("VISUAL", "/no/such/editor --wait")
    refused(synced, "resolve", id, code=3, says="cannot be started", hint="your work is kept")
    shutil.rmtree(synced.folder / ".portkit" / "resolve")
    monkeypatch.setenv("VISUAL", "'unbalanced")
    refused(synced, "resolve", id, says="no command")


def test_a_side_that_changed_while_the_editor_was_open(
    synced: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = conflicts(synced, ZERO)[0]
    path = "sbin/leased/options.c"
    mine = synced.git("show", f"master:{path}")
    (tmp_path / "new").write_bytes(mine.encode() + b"/* somebody's */\n")
    script = (
        f"{THEIRS}\nimport subprocess\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom cli_work import Work\n"
        f"Work(pathlib.Path({str(synced.folder)!r})).commit("
        f"{{{path!r}: open({str(tmp_path / 'new')!r}, 'rb').read()}}, 'Meanwhile.')"
    )
    editor(monkeypatch, tmp_path, script)
    told = synced.portkit("resolve", id)
    assert told.code == 2, told.err
    assert "changed while it was being resolved" in told.err
    (work,) = begun(synced)
    assert kept(synced) == []
    told = synced.portkit("resolve", id, "--from", str(work))
    assert told.code == 2
    assert "begun when the sides" in told.err


def test_gits_mergetool(synced: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "tool.py"
    tool.write_text(
        "import pathlib, sys\nbase, local, remote, merged = map(pathlib.Path, sys.argv[1:])\n"
        "assert base.exists() and local.exists()\n"
        "merged.write_bytes(remote.read_bytes())\n"
    )
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[merge]\n\ttool = mine\n[mergetool "mine"]\n\ttrustExitCode = true\n'
        f"\tcmd = '{sys.executable}' '{tool}' \\\"$BASE\\\" \\\"$LOCAL\\\" \\\"$REMOTE\\\" \\\"$MERGED\\\"\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    id = conflicts(synced, ZERO)[0]
    before = synced.refs()
    told = synced.portkit("--json", "resolve", id, "--tool", "--whole", "--no-sync")
    assert told.code == 0, told.err
    assert synced.refs() == before
    assert begun(synced) == []
    tool.write_text("import sys; sys.exit(5)\n")
    shutil.rmtree(synced.folder / "patches" / "leased")
    told = synced.portkit("resolve", id, "--tool")
    assert told.code == 3
    assert "your work is kept" in told.err


def test_no_checkout_is_touched_and_no_hook_runs(synced: Work, tmp_path: Path) -> None:
    hooks = synced.target / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
        (hooks / name).chmod(0o755)
    resolved(synced, conflicts(synced, ZERO)[0], "--theirs")
    assert not (tmp_path / "ran").exists()


# Bad input


def test_what_is_refused(synced: Work) -> None:
    ids = conflicts(synced, SPREAD)
    every = changesets(synced)
    refused(synced, "resolve", "c-000000000000", "--ours", says="no open conflict", hint="portkit conflicts")
    refused(synced, "resolve", "0000000", "--ours", says="no changeset", hint="portkit log")
    refused(synced, "resolve", "nonsense", "--ours", says="names nothing")
    refused(synced, "resolve", ids[0], "--ours", "--from", "x", says="exclude one another")
    refused(synced, "resolve", ids[0], "--ours", "--note", "\x1b[2J", says="control character")
    refused(synced, "resolve", every[BUILT_ON]["id"], "--ours", says="is blocked and has no conflict of its own")
    refused(synced, "resolve", f"{every[SPREAD]['id']}:sbin/leased/leased.8", "--ours", says="nothing clashes there")


def test_a_conflict_that_is_resolved_is_open_no_longer(synced: Work) -> None:
    (id,) = conflicts(synced, ZERO)
    resolved(synced, id, "--ours")
    refused(synced, "resolve", id, "--theirs", says="is resolved, and open no longer", hint="take that file away")
    kept(synced)[0].unlink()
    assert conflicts(synced, ZERO) == [id]


def test_a_stale_resolution_is_told_and_the_conflict_is_open_under_the_same_id(synced: Work) -> None:
    (id,) = conflicts(synced, ZERO)
    resolved(synced, id, "--theirs")
    told = synced.portkit("--json", "conflicts").object()["conflicts"]
    assert id not in [one["id"] for one in told]
    place = kept(synced)[0]
    text = place.read_bytes()
    at = text.index(b"\nours\n|") + len(b"\nours\n|")
    place.write_bytes(text[:at] + b"other " + text[at:])
    told = synced.portkit("--json", "conflicts").object()["conflicts"]
    assert [one["state"] for one in told if one["id"] == id] == ["stale"]


def test_a_resolution_edited_into_nonsense_stops_every_run(synced: Work) -> None:
    (id,) = conflicts(synced, ZERO)
    resolved(synced, id, "--theirs")
    name = kept(synced)[0].name
    kept(synced)[0].write_text("nonsense\n")
    for arguments in (("sync",), ("conflicts",), ("resolve", id, "--ours")):
        refused(synced, *arguments, says=f"patches/leased/resolutions/{name}:1", hint="take the file away")


def test_resolutions_of_the_same_sides_merge_by_name(synced: Work) -> None:
    assert os.environ["GIT_AUTHOR_NAME"] == "Pat Porter"
    (id,) = conflicts(synced, ZERO)
    resolved(synced, id, "--theirs")
    names = [path.name for path in kept(synced)]
    for path in kept(synced):
        path.unlink()
    resolved(synced, id, "--ours")
    assert [path.name for path in kept(synced)] == names
    assert states(synced.sync("leased")["leased"])[ZERO] == "ported"


def test_a_rewritten_mirror_a_rebased_target_and_a_lost_cache_change_no_id_and_lose_no_answer(synced: Work) -> None:
    def ids() -> list[str]:
        return [one["id"] for one in synced.portkit("--json", "conflicts", "leased").object()["conflicts"]]

    everything = ids()
    resolved(synced, conflicts(synced, ZERO)[0], "--theirs")
    why = ("--reason", "we do it another way")
    assert synced.portkit("decide", "skip", conflicts(synced, SIGPIPE)[0], *why).code == 0
    before = ids()
    assert set(before) < set(everything)
    counts = synced.sync("leased")["leased"]["counts"]
    # every hash of upstream's is another
    stream = synced.git("fast-export", "--all", at=synced.upstream).encode("utf-8", "surrogateescape")
    stream = stream.replace(b"@openbsd.example>", b"@0penbsd.example>")
    old = synced.tip("master", at=synced.upstream)
    shutil.rmtree(synced.upstream)
    synced.git("init", "-q", "--bare", "-b", "master", str(synced.upstream))
    synced.git("fast-import", "--quiet", feed=stream + b"\n", at=synced.upstream)
    assert synced.tip("master", at=synced.upstream) not in ("", old)
    assert ids() == before
    # the target goes on
    synced.commit({"sbin/leased/README.local": b"more of ours\n"}, "Beside.")
    assert ids() == before
    synced.forget()
    assert ids() == before
    assert synced.sync("leased")["leased"]["counts"] == counts


def test_cvs_in_place_of_git_changes_no_id_and_loses_no_answer(synced: Work) -> None:
    resolved(synced, conflicts(synced, ZERO)[0], "--theirs")
    why = ("--reason", "we do it another way")
    assert synced.portkit("decide", "skip", conflicts(synced, SIGPIPE)[0], *why).code == 0
    git = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    other = ("--upstream", f"openbsd=cvs:{synced.folder / 'openbsd.cvs'}", "--json")
    told = synced.portkit(*other, "conflicts", "leased")
    assert told.code == 0, told.err
    cvs = json.loads(told.out)["conflicts"]
    assert [one["id"] for one in cvs] == [one["id"] for one in git]
    assert [one["changeset"] for one in cvs] != [one["changeset"] for one in git]
    both = [json.loads(synced.portkit(*first, "sync", "leased", "--dry-run").out) for first in (("--json",), other)]
    assert both[0]["components"][-1]["counts"] == both[1]["components"][-1]["counts"]


def test_a_branch_written_in_part_stays_so(synced: Work) -> None:
    synced.sync("leased", "--partial")
    (id,) = conflicts(synced, ZERO)
    resolved(synced, id, "--theirs")
    subjects = synced.git("log", "--format=%s", "master..portkit/leased").splitlines()
    assert any(one.startswith("PARTIAL: ") for one in subjects)
