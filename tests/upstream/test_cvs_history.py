"""An upstream's history out of ,v files: the changesets of a git mirror, and what a repository may do meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from portkit.change.changeset import Changeset, FileChange
from portkit.components.model import Source
from portkit.demo.build import build
from portkit.demo.comma_v import Kept, comma_v
from portkit.errors import UserError, WorldError
from portkit.paths import RepoPath
from portkit.upstream import cvs_files, git
from portkit.upstream.cvs import CvsHistory
from portkit.upstream.source import open_history

T = 1_330_000_000


class Root:
    """A folder of ,v files, and the state of a workspace that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "root"
        self.state = folder / "state"
        self.kept: dict[str, list[Kept]] = {}
        self.messages: list[str] = []
        (self.folder / "src").mkdir(parents=True)

    def commit(self, date: int, files: dict[str, bytes | None], id_: str = "", log: str = "log\n") -> None:
        for path, text in files.items():
            number = f"1.{len(self.kept.get(path, ())) + 1}"
            self.kept.setdefault(path, []).append(Kept(number, T + date, "ann", log, text, id_))
            self.place(path).parent.mkdir(parents=True, exist_ok=True)
            content = comma_v(self.kept[path])
            self.write(path, content if id_ else content.replace(b"commitid\t;\n", b""))

    def write(self, path: str, content: bytes) -> None:
        new = self.place(path).with_name("new")
        new.write_bytes(content)
        new.rename(self.place(path))

    def place(self, path: str) -> Path:
        return self.folder / "src" / f"{path},v"

    def open(
        self, folders: Sequence[str] = ("sbin",), *, branch: str = "HEAD", module: str = "src", settled: bool = False,
        location: Path | None = None,
    ) -> CvsHistory:  # fmt: skip
        place = str(location or self.folder)
        source = Source("openbsd", place, kind="cvs", branch=branch, module=module, title="OpenBSD")
        found = open_history(source, folders, self.state, settled=settled, progress=self.messages.append)
        assert isinstance(found, CvsHistory)
        return found

    def all(self, folders: Sequence[str] = ("sbin",), *, branch: str = "HEAD") -> tuple[Changeset, ...]:
        with self.open(folders, branch=branch) as history:
            return history.changesets(lambda _: True)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def shown(changesets: Sequence[Changeset]) -> list[tuple[str, list[str]]]:
    def mark(change: FileChange) -> str:
        return "-" if change.new is None else "+" if change.old is None else ""

    return [(one.id, [f"{mark(change)}{change.path}" for change in one.files]) for one in changesets]


def test_the_example_is_the_same_from_git_and_from_cvs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents, order, dates, logs and people; modes are the ones of today, for CVS keeps no history of them."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    example = build(tmp_path / "demo")
    folders = ["lib/libmsg", "sbin/leased", "usr.sbin/clockd", "usr.sbin/logd"]
    state = tmp_path / "state"
    with git.open_history(Source("openbsd", str(example.upstream)), folders, state) as mirror:
        expected = mirror.changesets(lambda _: True)
        contents = dict(mirror.read_many(dict.fromkeys(_oids(expected))))
    source = Source("openbsd", str(example.repository), kind="cvs", branch="HEAD", title="OpenBSD")
    history = open_history(source, folders, state)
    found = history.changesets(lambda _: True)
    assert [_facts(one) for one in found] == [_facts(one) for one in expected]
    assert all(len(one.id) == 16 for one in found) and len({one.id for one in found}) == len(found)
    assert dict(history.read_many(dict.fromkeys(_oids(found)))) == contents
    for oid, content in contents.items():
        assert history.read(oid) == content
    assert history.names("") == ("lib/", "sbin/", "usr.sbin/")
    assert "leased.c" in history.names("sbin/leased/") and "compat.c" not in history.names("sbin/leased/")
    history.close()


def _oids(changesets: Sequence[Changeset]) -> list[str]:
    return [change.new.oid for one in changesets for change in one.files if change.new is not None]


def _facts(one: Changeset) -> tuple[object, ...]:
    files = tuple(
        (change.path, change.old.oid if change.old else None, change.new.oid if change.new else None)
        for change in one.files
    )
    return one.date, one.author.login, one.message, files


def test_a_second_run_reads_nothing_and_says_the_same(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"}, id_="first00000000001")
    before = root.all()
    monkeypatch.setattr(cvs_files, "read", lambda *_: pytest.fail("a file was read again"))
    assert root.all() == before
    with root.open() as history:
        assert not history.rewritten
        assert history.stamp == root.open().stamp


def test_new_revisions_are_taken_in_and_the_rest_stays(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"})
    root.commit(1000, {"sbin/b.c": None})
    before = root.all()
    with root.open() as history:
        stamp = history.stamp
    root.commit(2000, {"sbin/a.c": b"two\n", "sbin/c.c": b"c\n"})
    with root.open() as history:
        after = history.changesets(lambda _: True)
        assert after[:2] == before and len(after) == 3
        assert not history.rewritten and history.stamp != stamp
        assert history.tip == after[-1].id
        assert [one.parent for one in after] == ["", after[0].id, after[1].id]
        (kept,) = history.changesets(lambda path: path == "sbin/c.c")
        assert (kept.id, len(kept.files)) == (after[2].id, 1)
    files = [files for _, files in shown(after)]
    assert files == [["+sbin/a.c", "+sbin/b.c"], ["-sbin/b.c"], ["sbin/a.c", "+sbin/c.c"]]


def test_history_that_was_changed_is_noticed(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"})
    root.commit(900, {"sbin/a.c": b"two\n"})
    root.all()
    root.kept["sbin/a.c"][0] = Kept("1.1", T, "ann", "other log\n", b"one\n", "")
    root.commit(1800, {"sbin/a.c": b"three\n"})
    with root.open() as history:
        assert history.rewritten
    with root.open() as history:
        assert not history.rewritten, "once"
    root.place("sbin/a.c").unlink()
    root.commit(2000, {"sbin/b.c": b"x"})
    with root.open() as history:
        assert history.rewritten
        assert shown(history.changesets(lambda _: True))[0][1] == ["+sbin/b.c"]


def test_a_lost_index_changes_nothing(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"$OpenBSD$\n"})
    before = root.all()
    (index,) = (root.state / "cache").glob("upstream-*.sqlite")
    index.write_bytes(b"no database at all" * 100)
    assert root.all() == before
    shutil.rmtree(root.state)
    assert root.all() == before


def test_the_newest_minutes_are_left_for_the_next_run(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"}, id_="old0000000000001")
    root.commit(5000, {"sbin/a.c": b"two\n"}, id_="new0000000000002")

    def seen(seconds: int, *, settled: bool = True) -> list[str]:
        monkeypatch.setattr(time, "time", lambda: T + 5000 + seconds)
        with root.open(settled=settled) as history:
            return [one.id for one in history.changesets(lambda _: True)]

    assert seen(200) == ["old0000000000001"]
    assert "may still be growing" in root.messages[-1]
    assert seen(200, settled=False) == ["old0000000000001", "new0000000000002"], "a point that is said settles it"
    assert seen(301) == ["old0000000000001", "new0000000000002"]
    assert seen(-100_000) == ["old0000000000001", "new0000000000002"], "a clock that is far off says nothing"


def test_a_torn_file_is_left_out_and_told_and_taken_again_once_it_is_whole(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"}, id_="both000000000001")
    root.commit(900, {"sbin/b.c": b"bb\n"}, id_="other00000000002")
    before = root.all()
    root.commit(1800, {"sbin/a.c": b"two\n", "sbin/b.c": b"bbb\n"}, id_="newer00000000003")
    whole = root.place("sbin/a.c").read_bytes()
    root.write("sbin/a.c", whole[:-10])
    with root.open() as history:
        (damage,) = history.damaged
        assert damage.path == "sbin/a.c"
        assert f"a.c,v is damaged at byte {len(whole) - 10}: " in damage.what
        assert damage.changesets == {"both000000000001", "newer00000000003"}
        found = history.changesets(lambda _: True)
        assert [files for _, files in shown(found)] == [["+sbin/b.c"], ["sbin/b.c"], ["sbin/b.c"]]
        assert history.read(_oids(found)[-1]) == b"bbb\n"
    with root.open() as history:
        assert len(history.damaged) == 1, "told until it is mended"
    root.write("sbin/a.c", whole)
    with root.open() as history:
        assert history.damaged == ()
        assert not history.rewritten
        assert history.changesets(lambda _: True)[:2] == before


def test_of_a_new_torn_file_the_head_tells_what_it_belongs_to(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"}, id_="both000000000001")
    root.write("sbin/a.c", root.place("sbin/a.c").read_bytes()[:-30])
    with root.open() as history:
        assert history.damaged[0].changesets == {"both000000000001"}
    root.write("sbin/a.c", b"head 1.1;\nno RCS file any more\n")
    with root.open() as history:
        assert "is damaged at byte" in history.damaged[0].what


def test_a_file_that_becomes_whole_while_it_is_read_is_no_damage(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while rsync --inplace writes it."""
    root.commit(0, {"sbin/a.c": b"one\n"})
    whole = root.place("sbin/a.c").read_bytes()
    root.place("sbin/a.c").write_bytes(whole[:100])
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        root.place("sbin/a.c").write_bytes(whole)

    monkeypatch.setattr(time, "sleep", sleep)
    with root.open() as history:
        assert history.damaged == () and len(history.changesets(lambda _: True)) == 1
    assert len(waits) == 1


def test_links_are_told_and_not_followed(root: Root, tmp_path: Path) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"})
    secret = tmp_path / "secret,v"
    shutil.copy(root.place("sbin/a.c"), secret)
    root.place("sbin/b.c").symlink_to(secret)
    (root.folder / "src" / "sbin" / "folder").symlink_to(tmp_path)
    os.mkfifo(root.place("sbin/pipe"))
    with root.open() as history:
        assert [(one.path, "symbolic link" in one.what) for one in history.damaged] == [("sbin/b.c", True)]
        assert shown(history.changesets(lambda _: True))[0][1] == ["+sbin/a.c"]


def test_names_of_any_bytes(root: Root) -> None:
    root.commit(0, {os.fsdecode(b"sbin/\xff x\n.c"): b"one\n", "sbin/.git": b"no"})
    with root.open() as history:
        (one,) = history.changesets(lambda _: True)
        assert [change.path for change in one.files] == [os.fsdecode(b"sbin/\xff x\n.c")]
        assert [one.path for one in history.damaged] == ["sbin/.git"]


def test_hostile_names_and_commitids_do_no_harm(root: Root) -> None:
    """A damaged file of any name is told; what is no commitid becomes one."""
    bad = os.fsdecode(b"sbin/\xff\x1b[31m.c")
    root.commit(0, {bad: b"one\n", "sbin/a.c": b"a\n"}, id_="\x1b[31m<b>")
    root.commit(900, {"sbin/a.c": b"b\n"}, id_="../x")
    root.write(bad, root.place(bad).read_bytes()[:-20])
    for _ in range(2):
        with root.open() as history:
            assert [one.path for one in history.damaged] == [bad]
            assert "\x1b" not in history.damaged[0].what and "\\udcff" in history.damaged[0].what
            found = history.changesets(lambda _: True)
            assert [re.fullmatch("[0-9a-f]{40}", one.id) is not None for one in found] == [True, True]
            assert history.damaged[0].changesets == {found[0].id}


def test_the_attic_is_where_the_dead_lie(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"})
    root.commit(900, {"sbin/a.c": None})
    attic = root.folder / "src" / "sbin" / "Attic"
    attic.mkdir()
    root.place("sbin/a.c").rename(attic / "a.c,v")
    shutil.copy(root.place("sbin/b.c"), attic / "b.c,v")
    assert [files for _, files in shown(root.all())] == [["+sbin/a.c", "+sbin/b.c"], ["-sbin/a.c"]]
    assert [files for _, files in shown(root.all(["sbin/a.c"]))] == [["+sbin/a.c"], ["-sbin/a.c"]], "a file alone"
    with root.open() as history:
        assert history.names("sbin/") == ("b.c",)


def test_a_branch_and_a_tag(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n", "sbin/b.c": b"b\n"})
    root.commit(900, {"sbin/a.c": b"two\n"})
    content = root.place("sbin/a.c").read_bytes().replace(b"symbols;", b"symbols\n\tREL_1:1.1.0.2\n\tREL_1_BASE:1.1;")
    branch = b"\n1.1.2.1\ndate\t2012.06.01.00.00.00;\tauthor ben;\tstate Exp;\nbranches;\nnext\t;\n"
    content = content.replace(b"branches;\nnext\t;\n", b"branches\n\t1.1.2.1;\nnext\t;\n" + branch)
    root.write("sbin/a.c", content + b"\n\n1.1.2.1\nlog\n@fix\n@\ntext\n@a1 1\nfixed\n@\n")
    assert [files for _, files in shown(root.all())] == [["+sbin/a.c", "+sbin/b.c"], ["sbin/a.c"]]
    found = root.all(branch="REL_1")
    assert [files for _, files in shown(found)] == [["+sbin/a.c"], ["sbin/a.c"]]
    with root.open(branch="REL_1") as history:
        assert history.read(_oids(found)[1]) == b"one\nfixed\n"
    assert [files for _, files in shown(root.all(branch="REL_1_BASE"))] == [["+sbin/a.c"]]
    assert root.all(branch="master") == root.all()
    with pytest.raises(UserError, match="no file has the branch or tag 'NONE'"):
        root.all(branch="NONE")


def test_an_import_counts_once_and_further_ones_until_the_trunk_goes_on(root: Root) -> None:
    """cvs import makes a revision on the trunk and one on the vendor's branch, which is the default from then on."""
    head = b"head\t1.1;\nbranch\t1.1.1;\naccess;\nsymbols\n\tREL:1.1.1.1\n\tVENDOR:1.1.1;\nlocks; strict;\n\n"
    first = b"\n1.1\ndate\t2012.01.01.00.00.00;\tauthor ann;\tstate Exp;\nbranches\n\t1.1.1.1;\nnext\t;\n"
    vendor = b"\n1.1.1.1\ndate\t2012.01.01.00.00.00;\tauthor ann;\tstate Exp;\nbranches;\nnext\t1.1.1.2;\n"
    again = b"\n1.1.1.2\ndate\t2012.02.01.00.00.00;\tauthor ann;\tstate Exp;\nbranches;\nnext\t;\n"
    rest = (
        b"\n\ndesc\n@@\n\n\n1.1\nlog\n@Initial revision\n@\ntext\n@one\n@\n\n\n1.1.1.1\nlog\n@version 1\n@\ntext\n@@\n"
        b"\n\n1.1.1.2\nlog\n@version 2\n@\ntext\n@a1 1\ntwo\n@\n"
    )
    root.commit(0, {"sbin/other.c": b"x"})
    root.write("sbin/a.c", head + first + vendor + again + rest)
    found = root.all(["sbin/a.c"])
    assert [one.message for one in found] == ["version 1\n", "version 2\n"], "the vendor's log tells, not cvs's own"
    with root.open(["sbin/a.c"]) as history:
        assert [history.read(oid) for oid in _oids(found)] == [b"one\n", b"one\ntwo\n"]
    trunk = b"\n1.2\ndate\t2012.03.01.00.00.00;\tauthor ann;\tstate Exp;\nbranches;\nnext\t1.1;\n"
    ours = head.replace(b"head\t1.1;\nbranch\t1.1.1;\n", b"head\t1.2;\n") + trunk + first + vendor + again
    own = b"\n\n1.2\nlog\n@ours\n@\ntext\n@one\nours\n@\n"
    root.write("sbin/a.c", ours + rest.replace(b"@@\n", b"@@\n" + own, 1).replace(b"@one\n@", b"@d2 1\n@"))
    after = root.all(["sbin/a.c"])
    assert [one.message for one in after] == ["version 1\n", "version 2\n", "ours\n"]
    with root.open(["sbin/a.c"]) as history:
        assert [history.read(oid) for oid in _oids(after)] == [b"one\n", b"one\ntwo\n", b"one\nours\n"]


def test_where_the_module_is(root: Root, tmp_path: Path) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"})
    with root.open(module="") as history:
        assert history.names("sbin/") == ("a.c",), "the one module that has the folders"
    with root.open(module="", location=root.folder / "src") as history:
        assert len(history.changesets(lambda _: True)) == 1
    shutil.copytree(root.folder / "src", root.folder / "ports")
    with pytest.raises(UserError, match=r"several modules of .* ports, src"):
        root.open(module="")
    with pytest.raises(UserError, match="there is no module nothing"):
        root.open(module="nothing")
    with pytest.raises(UserError, match="there is no folder"):
        root.open(location=tmp_path / "nowhere")


def test_keywords_are_those_of_the_repository(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"$OpenBSD$ $Id$ $Header$\n"})
    ident = b"a.c,v 1.1 2012/02/23 12:26:40 ann Exp $"
    with root.open() as history:
        (oid,) = _oids(history.changesets(lambda _: True))
        assert history.read(oid) == b"$OpenBSD: %b $Id: %b $Header: /cvs/sbin/%b\n" % (ident, ident, ident)
    (root.folder / "CVSROOT").mkdir()
    (root.folder / "CVSROOT" / "config").write_text("KeywordExpand=iOpenBSD\n")
    with root.open() as history:
        (oid,) = _oids(history.changesets(lambda _: True))
        assert history.read(oid) == b"$OpenBSD: %b $Id$ $Header$\n" % ident
    assert shown(root.all()) == shown(root.all())


def test_changesets_are_found_by_id(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"}, id_="AAAAAAAABBBBBBBB")
    root.commit(900, {"sbin/a.c": b"two\n"}, id_="AAAAAAAACCCCCCCC")
    with root.open() as history:
        assert history.resolve("AAAAAAAAB") == "AAAAAAAABBBBBBBB"
        assert history.newest_at("AAAAAAAACCCCCCCC") == "AAAAAAAACCCCCCCC"
        with pytest.raises(UserError, match="the beginning of several"):
            history.resolve("AAAAAAAA")
        with pytest.raises(UserError, match="is no changeset"):
            history.resolve("aaaaaaaabbbbbbbb")
        with pytest.raises(WorldError, match="lacks the content"):
            history.read("0" * 40)


def test_a_repository_that_changes_under_a_run_is_told(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"one\n"})
    root.all()
    with root.open() as history:
        (oid,) = _oids(history.changesets(lambda _: True))
        root.kept.clear()
        root.commit(0, {"sbin/a.c": b"another\n"})
        with pytest.raises(WorldError, match="no longer what it was"):
            history.read(oid)


def test_a_mode_is_that_of_the_comma_v_file(root: Root) -> None:
    root.commit(0, {"sbin/a.sh": b"one\n", "sbin/b.c": b"b\n"})
    root.place("sbin/a.sh").chmod(0o555)
    (one,) = root.all()
    assert [(change.path, change.new.mode) for change in one.files if change.new] == [
        (RepoPath("sbin/a.sh"), 0o100755), (RepoPath("sbin/b.c"), 0o100644),
    ]  # fmt: skip


def test_a_tree_holds_what_stood_then_followed_or_not(root: Root) -> None:
    root.commit(0, {"sbin/a.c": b"1\n", "sys/a.h": b"1\n", "sys/gone.h": b"1\n"}, "0000000000000001")
    root.commit(1000, {"sys/a.h": b"2\n", "sys/gone.h": None}, "0000000000000002")
    root.commit(2000, {"sbin/a.c": None, "sbin/b.c": b"2\n"}, "0000000000000003")
    root.commit(3000, {"sys/a.h": b"3\n", "sys/later.h": b"3\n"}, "0000000000000004")
    with root.open() as history:
        first, last = (one.id for one in history.changesets(lambda _: True))
        tree = history.tree(first, ["sbin", "sys"])
        assert {path: tree.read(blob.oid) for path, blob in tree.entries.items()} == {
            "sbin/a.c": b"1\n", "sys/a.h": b"1\n", "sys/gone.h": b"1\n",
        }  # fmt: skip
        tree = history.tree(last, ["sbin", "sys/a.h", "nothing"])
        oids = [blob.oid for blob in tree.entries.values()]
        assert [content for _, content in tree.read_many(oids)] == [tree.read(oid) for oid in oids]
        assert {path: tree.read(blob.oid) for path, blob in tree.entries.items()} == {
            "sbin/b.c": b"2\n", "sys/a.h": b"2\n",
        }  # fmt: skip
        assert list(history.tree(last, ["sbin", "sys"], lambda path: path.endswith(".c")).entries) == ["sbin/b.c"]
        root.write("sys/a.h", b"no rcs file")
        assert "sys/a.h" not in history.tree(last, ["sys"]).entries
        with pytest.raises(UserError):
            history.tree("f" * 16, ["sbin"])
