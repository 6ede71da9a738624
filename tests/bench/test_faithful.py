"""The independent judge: one small text for each verdict and each reason, and what it may import."""

from __future__ import annotations

import ast
import random
import sys
from pathlib import Path

import pytest

from bench import faithful
from bench.faithful import ABSENT, ALREADY, FAITHFUL, UNFAITHFUL, Verdict, judge

BASE = b"""/*\t$OpenBSD: lease.c,v 1.7 2012/04/01 10:00:00 someone Exp $\t*/

#include <string.h>

int
bind_lease(struct client *c)
{
\tstruct lease *l = c->offered;

\tif (l == NULL)
\t\treturn (-1);
\tc->active = l;
\tc->offered = NULL;
\tnote("bound to %s", l->address);
\tset_timer(c, l->renewal);
\treturn (0);
}

void
drop_lease(struct client *c)
{
\tif (c->active == NULL)
\t\treturn;
\tclear_timer(c);
\tfree(c->active);
\tc->active = NULL;
}
"""


def edit(text: bytes, *pairs: tuple[bytes, bytes]) -> bytes:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def kinds(verdicts: list[Verdict]) -> list[str]:
    return [verdict.kind for verdict in verdicts]


def reasons(verdicts: list[Verdict]) -> set[str]:
    return {verdict.reason for verdict in verdicts if verdict.kind == UNFAITHFUL}


WRITE = (b"\tset_timer(c, l->renewal);\n", b"\twrite_lease(l);\n\tset_timer(c, l->renewal);\n")
SILENT = (b'\tnote("bound to %s", l->address);\n', b"")
LOCAL = (b"#include <string.h>\n", b"#include <string.h>\n#include <stdlib.h>\n")
OURS = edit(BASE, LOCAL, (b"\tclear_timer(c);\n", b"\tstop_timer(c);\n"))


def test_it_imports_only_the_standard_library() -> None:
    tree = ast.parse(Path(faithful.__file__).read_bytes())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in {"__import__", "import_module", "exec", "eval", "run_path", "run_module"}
    assert "portkit" not in names
    assert names <= set(sys.stdlib_module_names)


def test_a_change_made_among_local_ones_is_faithful() -> None:
    verdicts = judge(BASE, edit(BASE, WRITE), OURS, edit(OURS, WRITE))
    assert kinds(verdicts) == [FAITHFUL]


def test_a_change_that_is_there_and_left_alone_is_already() -> None:
    ours = edit(OURS, WRITE)
    assert kinds(judge(BASE, edit(BASE, WRITE), ours, ours)) == [ALREADY]
    gone = edit(OURS, SILENT)
    assert kinds(judge(BASE, edit(BASE, SILENT), gone, gone)) == [ALREADY]


def test_one_hunk_there_and_one_made() -> None:
    ours = edit(OURS, SILENT)
    verdicts = judge(BASE, edit(BASE, SILENT, (b"\tfree(c->active);\n", b"\tfree_lease(c->active);\n")), ours,
                     edit(ours, (b"\tfree(c->active);\n", b"\tfree_lease(c->active);\n")))
    assert kinds(verdicts) == [ALREADY, FAITHFUL]


def test_nothing_made_is_missing() -> None:
    assert reasons(judge(BASE, edit(BASE, WRITE), OURS, OURS)) == {"missing"}


def test_a_deletion_lost_because_the_line_moved() -> None:
    line = b'\tnote("bound to %s", l->address);\n'
    ours = edit(BASE, (line, b""), (b"\tc->active = l;\n", line + b"\tc->active = l;\n"))
    assert reasons(judge(BASE, edit(BASE, SILENT), ours, ours)) == {"lost-deletion"}
    assert kinds(judge(BASE, edit(BASE, SILENT), ours, edit(ours, (line, b"")))) == [FAITHFUL]


def test_a_deletion_simply_not_made() -> None:
    theirs = edit(BASE, SILENT, WRITE)
    assert reasons(judge(BASE, theirs, OURS, edit(OURS, WRITE))) == {"lost-deletion"}


def test_a_hunk_in_the_wrong_function() -> None:
    bad = edit(OURS, (b"\tfree(c->active);\n", b"\twrite_lease(l);\n\tfree(c->active);\n"))
    assert reasons(judge(BASE, edit(BASE, WRITE), OURS, bad)) == {"wrong-place"}


@pytest.mark.parametrize(
    "before",
    [b"\tc->active = l;\n", b"\tc->offered = NULL;\n", b'\tnote("bound to %s", l->address);\n', b"\treturn (0);\n"],
)
def test_a_right_hunk_elsewhere_in_its_function(before: bytes) -> None:
    bad = edit(OURS, (before, b"\twrite_lease(l);\n" + before))
    assert reasons(judge(BASE, edit(BASE, WRITE), OURS, bad)) == {"wrong-place"}


def test_added_twice() -> None:
    twice = (WRITE[0], b"\twrite_lease(l);\n" + WRITE[1])
    assert reasons(judge(BASE, edit(BASE, WRITE), OURS, edit(OURS, twice))) == {"double-insertion"}


def test_made_again_though_there_already() -> None:
    ours = edit(OURS, WRITE)
    bad = edit(ours, (WRITE[0], b"\twrite_lease(l);\n" + WRITE[0]))
    assert reasons(judge(BASE, edit(BASE, WRITE), ours, bad)) == {"double-insertion"}


@pytest.mark.parametrize("neighbour", [b"\treturn (0);\n", b'\tnote("bound to %s", l->address);\n'])
def test_a_neighbours_line_eaten(neighbour: bytes) -> None:
    bad = edit(OURS, WRITE, (neighbour, b""))
    assert reasons(judge(BASE, edit(BASE, WRITE), OURS, bad)) == {"neighbour-eaten"}


def test_a_local_line_lost_or_a_foreign_one_added() -> None:
    theirs = edit(BASE, WRITE)
    assert reasons(judge(BASE, theirs, OURS, edit(OURS, WRITE, (b"#include <stdlib.h>\n", b"")))) == {"extra-change"}
    bad = edit(OURS, WRITE, (b"\tstop_timer(c);\n", b"\tstop_timer(c);\n\treturn;\n"))
    assert reasons(judge(BASE, theirs, OURS, bad)) == {"extra-change"}


def test_a_function_that_was_renamed_is_the_same_place() -> None:
    ours = OURS.replace(b"bind_lease(", b"take_lease(")
    assert kinds(judge(BASE, edit(BASE, WRITE), ours, edit(ours, WRITE))) == [FAITHFUL]


def test_a_function_that_moved_is_the_same_place() -> None:
    head, first, second = OURS.partition(b"int\nbind_lease")[0], *OURS[OURS.index(b"int\nbind") :].split(b"\nvoid\n")
    ours = head + b"void\n" + second + b"\n" + first
    assert kinds(judge(BASE, edit(BASE, WRITE), ours, edit(ours, WRITE))) == [FAITHFUL]
    bad = edit(ours, (b"\tstop_timer(c);\n", b"\twrite_lease(l);\n\tstop_timer(c);\n"))
    assert reasons(judge(BASE, edit(BASE, WRITE), ours, bad)) == {"wrong-place"}


def test_a_hunk_that_can_slide_is_the_same_hunk() -> None:
    base = b"a1();\n\nb1();\n\nc1();\nd1();\n"
    theirs = b"a1();\n\nb1();\n\nnew1();\n\nc1();\nd1();\n"
    ours = b"local();\na1();\n\nb1();\n\nc1();\nd1();\n"
    assert kinds(judge(base, theirs, ours, b"local();\n" + theirs)) == [FAITHFUL]


def test_local_lines_in_the_midst_of_a_deletion_stay() -> None:
    theirs = edit(BASE, (b"\tc->active = l;\n\tc->offered = NULL;\n", b""))
    ours = edit(BASE, (b"\tc->active = l;\n", b"\tc->active = l;\n\tcount_local();\n"))
    right = edit(BASE, (b"\tc->active = l;\n\tc->offered = NULL;\n", b"\tcount_local();\n"))
    assert kinds(judge(BASE, theirs, ours, right)) == [FAITHFUL]
    assert reasons(judge(BASE, theirs, ours, edit(right, (b"\tcount_local();\n", b""))))


def test_other_white_space_in_what_is_removed_but_not_in_what_is_added() -> None:
    change = (b"\tset_timer(c, l->renewal);\n", b"\tset_timer(c, l->renewal, 0);\n")
    ours = edit(OURS, (b"\tset_timer(c, l->renewal);\n", b"        set_timer(c, l->renewal);\n"))
    right = edit(ours, (b"        set_timer(c, l->renewal);\n", change[1]))
    assert kinds(judge(BASE, edit(BASE, change), ours, right)) == [FAITHFUL]
    bad = edit(right, (change[1], b"        set_timer(c, l->renewal, 0);\n"))
    assert reasons(judge(BASE, edit(BASE, change), ours, bad))


class TestIdentLines:
    bump = (b"lease.c,v 1.7 2012/04/01", b"lease.c,v 1.8 2012/07/01")
    theirs = edit(BASE, WRITE, bump)

    def test_a_bump_is_fine_and_so_is_none(self) -> None:
        assert kinds(judge(BASE, self.theirs, OURS, edit(OURS, WRITE, self.bump))) == [FAITHFUL]
        assert kinds(judge(BASE, self.theirs, OURS, edit(OURS, WRITE))) == [FAITHFUL]

    def test_another_spelling_is_fine(self) -> None:
        ours = edit(OURS, (b"/*\t$OpenBSD: lease.c,v", b"/* $OpenBSD: src/sbin/dhclient/lease.c,v"))
        assert kinds(judge(BASE, self.theirs, ours, edit(ours, WRITE, self.bump))) == [FAITHFUL]

    def test_an_ident_line_only(self) -> None:
        theirs = edit(BASE, self.bump)
        assert kinds(judge(BASE, theirs, OURS, edit(OURS, self.bump))) == []

    def test_set_back(self) -> None:
        ours = edit(OURS, (b"lease.c,v 1.7", b"lease.c,v 1.9"))
        bad = edit(OURS, WRITE, self.bump)
        assert reasons(judge(BASE, self.theirs, ours, bad)) == {"ident"}

    def test_set_to_a_revision_that_is_not_upstreams(self) -> None:
        bad = edit(OURS, WRITE, (b"lease.c,v 1.7", b"lease.c,v 1.9"))
        assert reasons(judge(BASE, self.theirs, OURS, bad)) == {"ident"}

    def test_invented(self) -> None:
        ours = OURS[OURS.index(b"#include") :]
        assert kinds(judge(BASE, self.theirs, ours, edit(ours, WRITE))) == [FAITHFUL]
        bad = b"/*\t$OpenBSD: lease.c,v 1.8 2012/07/01 10:00:00 someone Exp $\t*/\n" + edit(ours, WRITE)
        assert "ident" in reasons(judge(BASE, self.theirs, ours, bad))

    def test_lost(self) -> None:
        bad = edit(OURS, WRITE)
        assert "ident" in reasons(judge(BASE, self.theirs, OURS, bad[bad.index(b"\n") + 1 :]))


def test_a_page_date_that_follows_upstreams_is_fine_and_another_is_not() -> None:
    base = b".Dd $Mdocdate: July 1 2012 $\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Sh DESCRIPTION\nOne.\n"
    theirs = base.replace(b"July 1", b"July 9").replace(b"One.", b"Two.")
    ours = base.replace(b"$Mdocdate: July 1 2012 $", b"May 3, 2011")
    right = ours.replace(b"One.", b"Two.")
    assert kinds(judge(base, theirs, ours, right)) == [FAITHFUL]
    assert kinds(judge(base, theirs, ours, right.replace(b"May 3, 2011", b"July 9, 2012"))) == [FAITHFUL]
    assert reasons(judge(base, theirs, ours, right.replace(b"May 3, 2011", b"May 4, 2011"))) == {"extra-change"}


def test_bytes_that_are_no_text_and_a_missing_last_newline() -> None:
    base, theirs = b"a\xe9\n\x0cb\nc\n", b"a\xe9\n\x0cb\nx\nc\n"
    assert kinds(judge(base, theirs, b"l\n" + base[:-1], b"l\n" + theirs[:-1])) == [FAITHFUL]
    assert reasons(judge(base, theirs, b"l\n" + base[:-1], b"l\n" + theirs)) == {"extra-change"}
    assert reasons(judge(base, theirs, base, theirs.replace(b"\xe9", b"\xc3\xa9"))) == {"extra-change"}


class TestWholeFiles:
    def test_added(self) -> None:
        assert kinds(judge(None, BASE, None, BASE)) == [FAITHFUL]
        assert reasons(judge(None, BASE, None, BASE + b"x\n")) == {"extra-change"}
        assert reasons(judge(None, BASE, None, None)) == {"missing"}
        assert kinds(judge(None, BASE, BASE, BASE)) == [ALREADY]
        assert reasons(judge(None, BASE, OURS, BASE)) == {"extra-change"}

    def test_deleted(self) -> None:
        assert kinds(judge(BASE, None, BASE, None)) == [FAITHFUL]
        assert reasons(judge(BASE, None, OURS, None)) == {"extra-change"}
        assert reasons(judge(BASE, None, BASE, BASE)) == {"missing"}
        assert kinds(judge(BASE, None, None, None)) == [ALREADY]
        assert reasons(judge(BASE, edit(BASE, WRITE), BASE, None)) == {"extra-change"}

    def test_not_in_the_target(self) -> None:
        assert kinds(judge(BASE, edit(BASE, WRITE), None, None)) == [ABSENT]

    def test_binary(self) -> None:
        old, new, own = b"\0a", b"\0b", b"\0c"
        assert kinds(judge(old, new, old, new)) == [FAITHFUL]
        assert kinds(judge(old, new, new, new)) == [ALREADY]
        assert reasons(judge(old, new, old, old)) == {"missing"}
        assert reasons(judge(old, new, own, new)) == {"extra-change"}


def test_the_common_subsequence_is_a_longest_one() -> None:
    rng = random.Random(3)
    for _ in range(300):
        a = tuple(rng.randrange(4) for _ in range(rng.randrange(12)))
        b = tuple(rng.randrange(4) for _ in range(rng.randrange(12)))
        row = [0] * (len(b) + 1)
        for x in a:
            before = row[:]
            for k, y in enumerate(b):
                row[k + 1] = before[k] + 1 if x == y else max(before[k + 1], row[k])
        pairs = faithful.align(a, b)
        assert all(a[x] == b[y] for x, y in pairs)
        assert pairs == sorted(set(pairs))
        assert len(pairs) == faithful.lcs_length(a, b) == row[-1]
