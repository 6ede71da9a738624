"""RCS files: what is read of them, and what is said of one that is damaged."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from io import BytesIO
from pathlib import Path

import pytest

from bench.rcs_fuzz import SEEDS
from portkit.errors import UserError
from portkit.upstream.rcs import HEAD, RcsError, RcsFile

FILE = SEEDS[0]

FIRST = b"zero\nlast"
THIRD = b"one\ntwo@\nfour\n$Id$\n"


def of(data: bytes) -> RcsFile:
    return RcsFile(data, "x/f.c,v")


def test_deltas_are_read_with_dates_states_and_commitid() -> None:
    file = of(FILE)
    assert file.head == "1.3"
    newest = file.deltas["1.3"]
    assert (newest.author, newest.state, newest.commitid, newest.next) == ("ann", "Exp", "abcDEF0123456789", "1.2")
    assert newest.date == 1330837567
    assert file.deltas["1.2"].dead
    assert file.deltas["1.1"].date == 857451600, "two digits of a year are of the last century"
    assert file.symbols == {"REL": "1.2.0.2", "VENDOR": "1.1.1", "START": "1.1.1.1"}


def test_texts_come_as_they_are_stored() -> None:
    file = of(FILE)
    assert file.text("1.3") == THIRD
    assert file.text("1.2") == b"one\ntwo\nfour\n"
    assert file.text("1.1") == FIRST
    assert file.text("1.1.1.2") == b"zero\nlastmore\n", "a line end that is missing stays missing"
    assert file.text("1.2.2.1") == b"one\ntwo\nfour\nbranch\nonly\n"
    assert file.log("1.3") == b"third, to ann@example\n"


def test_one_walk_gives_every_text() -> None:
    file = of(FILE)
    found = dict(file.texts(list(file.deltas)))
    assert found == {revision: file.text(revision) for revision in file.deltas}


def test_lines_of_revisions() -> None:
    file = of(FILE)
    assert file.line(HEAD) == ("1.1", "1.1.1.2", "1.2", "1.3"), "1.1.1.2 was imported before the trunk went on"
    assert file.line("REL") == ("1.1", "1.2", "1.2.2.1"), "a magic number is its branch"
    assert file.line("VENDOR") == ("1.1", "1.1.1.1", "1.1.1.2")
    assert file.line("START") == ("1.1", "1.1.1.1")
    assert file.line("1.2") == ("1.1", "1.2")
    assert file.line("1.2.2") == ("1.1", "1.2", "1.2.2.1")
    assert file.line("1") == ("1.1", "1.2", "1.3")
    assert file.line("NOT_THERE") == file.line("9.9") == file.line("9.9.1") == ()


def test_a_branch_without_a_commit_is_where_it_springs_from() -> None:
    file = of(FILE.replace(b"\tREL:1.2.0.2", b"\tREL:1.2.0.2\n\tBARE:1.1.0.6"))
    assert file.line("BARE") == ("1.1",)


def test_a_default_branch_is_the_head() -> None:
    file = of(FILE.replace(b"access;", b"branch\t1.1.1;\naccess;", 1))
    assert file.line(HEAD) == ("1.1.1.1", "1.1.1.2"), "the import stands on both, and counts once"
    assert file.told_by("1.1") == "1.1.1.1"
    assert file.told_by("1.2") == "1.2"


def test_an_empty_file_has_nothing() -> None:
    file = of(SEEDS[1])
    file.check()
    assert file.line(HEAD) == ()
    assert list(file.texts(())) == []


def test_phrases_that_are_not_known_are_passed_over() -> None:
    strange = FILE.replace(b"commitid\tabcDEF0123456789;", b"permissions 644;\ncommitid\tabc;\nmore @a;b@@@ : x 1;", 1)
    strange = strange.replace(b"comment\t@", b"integrity @;@;\nowner 12;\ncomment\t@", 1)
    strange = strange.replace(b"\ntext\n@one", b"\nkopt b;\ntext\n@one", 1)
    file = of(strange)
    assert file.text("1.3") == THIRD
    assert file.deltas["1.3"].commitid == "abc"


def test_phrases_may_stand_in_any_order() -> None:
    file = of(FILE.replace(b"date\t2012.03.04.05.06.07;\tauthor ann;", b"author ann;\ndate\t2012.03.04.05.06.07;", 1))
    assert file.deltas == of(FILE).deltas


def test_only_what_is_asked_for_is_read() -> None:
    cut = FILE[: FILE.index(b"desc")] + b"desc\n@"
    file = of(cut)
    assert file.deltas["1.3"].author == "ann"
    with pytest.raises(RcsError):
        file.check()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"head\t1.3;", b"hand\t1.3;", "'head'"),
        (b"head\t1.3;", b"head\t1.x;", "a revision number"),
        (b"next\t1.2;", b"next\t1.9;", "1.9"),
        (b"next\t1.1;", b"next\t1.3;", "1.3"),
        (b"2012.03.04.05.06.07", b"2012.13.04.05.06.07", "a date"),
        (b"author ben;", b"", "author"),
        (b"1.1.1.2\ndate", b"1.1.1.1\ndate", "1.1.1.1"),
        (b"d2 1\n", b"d9 1\n", "1.2"),
        (b"d2 1\n", b"x2 1\n", "an edit"),
        (b"a2 1\ntwo\n", b"a2 7\ntwo\n", "as many lines"),
        (b"desc\n@a file\n@", b"desc\n", "the description"),
        (b"1.1.1.2\nlog", b"1.1.1.9\nlog", "listed above"),
        (b"@@\n\n\n1.1.1.2\nlog", b"@\n\n\n1.1.1.2\nlog", "a revision and its log"),
        (b"text\n@one", b"test\n@one", "';'"),
        (b"text\n@one", b"text\none", "the text of 1.3"),
    ],
)
def test_damage_is_told_with_place_and_expectation(old: bytes, new: bytes, expected: str) -> None:
    assert FILE.count(old) >= 1
    with pytest.raises(RcsError) as caught:
        file = of(FILE.replace(old, new, 1))
        for _ in file.texts([one for one in file.deltas if one in file.line(one)]):
            pass
    error = caught.value
    assert isinstance(error, UserError) and error.exit_code == 2
    assert expected in error.expected, error.expected
    assert error.path == "x/f.c,v"
    assert f"x/f.c,v is damaged at byte {error.offset}: " in str(error)
    assert abs(error.offset - FILE.index(old)) < 700


def test_a_file_that_was_cut_anywhere_is_noticed() -> None:
    end = len(FILE.rstrip())
    for length in range(end):
        with pytest.raises(RcsError):
            of(FILE[:length]).check()
    of(FILE[:end]).check()


def test_an_edit_out_of_place_is_told_where_it_stands() -> None:
    broken = FILE.replace(b"log\n@second\n@", b"log\n@se@@cond\n@").replace(b"d4 1\n", b"d7 1\n")
    with pytest.raises(RcsError) as caught:
        of(broken).text("1.2")
    assert caught.value.offset == broken.index(b"d7 1\n")


def grown(revisions: int, lines: int) -> bytes:
    """A file of so many revisions, each of which changes one line of so many."""
    deltas, texts = [], []
    for number in range(revisions, 0, -1):
        following = f"1.{number - 1}" if number > 1 else ""
        deltas.append(f"1.{number}\ndate\t2001.01.01.00.00.00;\tauthor a;\tstate Exp;\nbranches;\nnext\t{following};\n")
        place = number % lines + 1
        text = "".join(f"line {n} of it\n" for n in range(lines)) if number == revisions else (
            f"d{place} 1\na{place} 1\nline {place}, of revision {number}\n"
        )
        texts.append(f"1.{number}\nlog\n@l\n@\ntext\n@{text}@\n")
    head = f"head\t1.{revisions};\naccess;\nsymbols;\nlocks; strict;\n\n"
    return (head + "\n".join(deltas) + "\ndesc\n@@\n\n" + "\n".join(texts)).encode()


def test_thousands_of_revisions_cost_no_more_than_their_number() -> None:
    def seconds(revisions: int) -> float:
        data = grown(revisions, 200)
        start = time.process_time()
        file = of(data)
        assert len(file.text("1.1").splitlines()) == 200
        assert sum(1 for _ in file.texts(file.line(HEAD))) == revisions
        return time.process_time() - start

    seconds(200)
    small, large = min(seconds(1000) for _ in range(3)), min(seconds(8000) for _ in range(2))
    assert large < 8 * 3 * small + 0.2


def run(*command: str, cwd: Path) -> bytes:
    clean = {"PATH": os.environ["PATH"], "LOGNAME": "joe", "USER": "joe", "TZ": "UTC", "LC_ALL": "C"}
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, env=clean)
    return done.stdout


WORDS = (b"one", b"@", b"@@", b"$Id$", b"\x00\xff", b"", b"\r", b"\x0c", b"d1 1", b"a0 3", b"text", b"log", b";")


def changed(chance: random.Random, content: bytes) -> bytes:
    lines = BytesIO(content).readlines()
    for _ in range(chance.randint(1, 12)):
        at = chance.randint(0, len(lines))
        if chance.random() < 0.5:
            del lines[at : at + chance.randint(1, 3)]
        else:
            words = (chance.choice(WORDS) for _ in range(chance.randint(1, 3)))
            lines[at:at] = [b" ".join(words) + b"\n"]
    result = b"".join(lines)
    return result[:-1] if chance.random() < 0.3 else result


@pytest.mark.skipif(shutil.which("ci") is None, reason="rcs is not installed")
@pytest.mark.parametrize("seed", range(4))
def test_every_revision_is_what_co_gives(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    place = tmp_path / "f.c"
    content = b"begin\n"
    for number in range(9):
        place.write_bytes(content)
        run("ci", "-q", "-l", "-f", "-t-a @ file", f"-mlog @ {number}", f"-d2001-02-03 04:{number:02}:00+00:00", "f.c",
            cwd=tmp_path)  # fmt: skip
        content = changed(chance, content)
    bases = ["1.2", "1.2", "1.9", "1.2.1.1"]
    for number, base in enumerate(bases):
        run("rcs", "-q", "-M", *(["-u1.9"] if number == 0 else []), "f.c,v", cwd=tmp_path)
        run("co", "-q", "-f", f"-l{base}", "f.c", cwd=tmp_path)
        place.write_bytes(changed(chance, place.read_bytes()))
        run("ci", "-q", "-f", "-mbranch", f"-u{base}.{number + 1}", "f.c", cwd=tmp_path)
    file = RcsFile((tmp_path / "f.c,v").read_bytes(), "f.c,v")
    assert len(file.deltas) == 9 + len(bases)
    found = dict(file.texts(list(file.deltas)))
    for revision in file.deltas:
        assert found[revision] == run("co", "-q", "-p", "-ko", f"-r{revision}", "f.c", cwd=tmp_path), revision
