"""Whose a line is: the layers between a baseline and a file, and what they spell whatever history is like."""

from __future__ import annotations

from diffs import FILE, files, numbered
from hypothesis import given
from hypothesis import strategies as st

from portkit.change.changeset import Person
from portkit.merge.file import Version
from portkit.patches.extract import extract
from portkit.patches.series import push
from portkit.patches.weave import BEGINNING, REMAINDER, UPSTREAM, Layers, Moment, layers
from portkit.paths import RepoPath
from portkit.protocols import TargetCommit


def version(content: bytes, mode: int = FILE) -> Version:
    return Version(content, mode)


def content(found: Layers, number: int) -> bytes:
    made = found.at(number)
    assert made is not None
    return made.content


def test_each_local_commit_is_told_from_the_import_and_from_upstream() -> None:
    base = numbered(12)
    first, second = numbered(12, l3=b"three\n"), numbered(12, l3=b"three\n", l9=b"")
    found = layers(
        version(base),
        [Moment(version(base), UPSTREAM), Moment(version(first), 0), Moment(version(second), 1)],
        version(second),
    )
    assert [content(found, number) for number in (BEGINNING, 0, 1, REMAINDER)] == [base, first, second, second]
    assert found.numbers() == {0, 1}


def test_what_a_port_brings_is_upstream_s_and_what_it_adapts_is_local() -> None:
    old, new = numbered(12), numbered(12, l5=b"five\n", l9=b"nine\n")
    ported = numbered(12, l5=b"five\n", l9=b"NINE\n")
    moments = [Moment(version(old), UPSTREAM), Moment(version(ported), 0, ((old, new),))]
    found = layers(version(new), moments, version(ported))
    assert content(found, BEGINNING) == new and content(found, 0) == ported
    exact = layers(version(new), [moments[0], Moment(version(new), 0, ((old, new),))], version(new))
    assert exact.numbers() == set()


def test_a_line_that_one_commit_puts_and_another_takes_stands_in_between() -> None:
    base, one, two = numbered(8), numbered(8, l4=b"one\n"), numbered(8, l4=b"two\n")
    moments = [Moment(version(base), UPSTREAM), Moment(version(one), 0), Moment(version(two), 1)]
    found = layers(version(base), moments, version(two))
    assert [content(found, number) for number in (BEGINNING, 0, 1)] == [base, one, two]


def test_what_upstream_did_meanwhile_is_replaced_by_what_stands_instead() -> None:
    """The local line came when upstream's was another: the patch is one of today's line."""
    moments = [Moment(version(numbered(8)), UPSTREAM), Moment(version(numbered(8, l4=b"ours\n")), 0)]
    found = layers(version(numbered(8, l4=b"newer\n")), moments, moments[-1].version)
    assert content(found, 0) == numbered(8, l4=b"ours\n") and found.numbers() == {0}


def test_what_history_does_not_tell_is_the_remainder_s() -> None:
    base = numbered(8)
    found = layers(version(base), [Moment(version(base), UPSTREAM)], version(numbered(8, l4=b"")))
    assert found.numbers() == {REMAINDER} and content(found, 0) == base
    left_out = layers(version(numbered(8, l4=b"4\nnew\n")), [Moment(version(base), UPSTREAM)], version(base))
    assert left_out.numbers() == {REMAINDER}


def test_a_bump_keeps_the_owner_of_an_ident_line_s_spelling() -> None:
    def text(ident: bytes, body: bytes) -> bytes:
        return b"/* " + ident + b" */\n" + body

    old, new = b"$OpenBSD: x.c,v 1.1 2012/01/01 00:00:00 a Exp $", b"$OpenBSD: x.c,v 1.2 2012/02/01 00:00:00 a Exp $"
    own_old, own_new = old.replace(b"x.c", b"src/x.c"), new.replace(b"x.c", b"src/x.c")
    body, later = numbered(6), numbered(6, l6=b"six\n")
    moments = [
        Moment(version(text(old, body)), UPSTREAM),
        Moment(version(text(own_old, body)), 0),
        Moment(version(text(own_new, later)), 1, ((text(old, body), text(new, later)),)),
    ]
    found = layers(version(text(new, later)), moments, moments[-1].version)
    assert found.numbers() == {0}
    assert content(found, 0) == text(own_new, later)


def test_files_of_the_target_s_own_files_that_went_and_modes() -> None:
    tip = version(b"a\nb\n", 0o100755)
    own = layers(None, [Moment(version(b"a\n"), 0), Moment(tip, 1)], tip)
    assert own.at(BEGINNING) is None
    made = own.at(0)
    assert made is not None and made.content == b"a\n"
    assert own.at(1) == version(b"a\nb\n", 0o100755)
    gone = layers(version(b"a\n"), [Moment(version(b"a\n"), UPSTREAM), Moment(None, 3)], None)
    assert gone.at(2) == version(b"a\n") and gone.at(3) is None
    mode = layers(version(b"a\n"), [Moment(version(b"a\n"), UPSTREAM), Moment(version(b"a\n", 0o100755), 0)],
                  version(b"a\n", 0o100755))  # fmt: skip
    assert mode.at(BEGINNING) == version(b"a\n") and mode.at(0) == version(b"a\n", 0o100755)


def commit(number: int, subject: str, body: str = "") -> TargetCommit:
    message = f"{subject}\n\n{body}\n" if body else f"{subject}\n"
    return TargetCommit(f"{number:040x}", (), 1343779200, 1343779200, Person("Pat", "pat@example.org"), message)


def test_extract_makes_one_patch_a_commit_and_groups_one_subject() -> None:
    base = numbered(20)
    states = [base, numbered(20, l3=b"3\n"), numbered(20, l3=b"3\n", l9=b"9\n"),
              numbered(20, l3=b"3\n", l9=b"9\n", l15=b"15\n")]  # fmt: skip
    moments = [Moment(version(base), UPSTREAM)] + [Moment(version(one), at) for at, one in enumerate(states[1:])]
    tip = states[-1] + b"more\n"
    found = {RepoPath("x"): layers(version(base), moments, version(tip))}
    commits = [commit(1, "tool - One thing.", "Because."), commit(2, "Another"), commit(3, "tool - One thing.")]
    done = extract("tool", found, commits)
    assert [patch.name for patch in done.series.patches] == ["tool-one-thing.patch", "another.patch", "remainder.patch"]
    first = done.series.patches[0]
    assert first.headers.subject == "tool - One thing." and first.headers.body == "Because."
    assert first.headers.commits == (f"{1:040x}", f"{3:040x}")
    assert (done.changed, done.left) == (7, 1)
    steps = push(done.series, files(x=base))
    assert all(step.applies for step in steps) and steps[-1].after == files(x=tip)


def test_what_slides_belongs_to_who_put_it_or_took_it() -> None:
    """`int` above one function is the same line as `int` above the next one; comparisons disagree on which is new."""
    base = b"a\nint\nf()\nb\n"
    tip = b"a\nint\ng()\nint\nf()\nb\n"
    moments = [Moment(version(base), UPSTREAM), Moment(version(tip), 0)]
    found = layers(version(base), moments, version(tip))
    assert found.numbers() == {0}
    long = b"x\n\nMINE\n\nhook:\n\tdo\n\nend\n"
    short = b"x\n\nMINE\n\nend\n"
    local = long.replace(b"MINE", b"OURS"), short.replace(b"MINE", b"OURS")
    several = [Moment(version(long), UPSTREAM), Moment(version(local[0]), 0), Moment(version(local[1]), 1)]
    found = layers(version(long), several, version(local[1]))
    assert found.numbers() == {0, 1} and content(found, 0) == local[0]


IDENT = b"$OpenBSD: x.c,v 1.%d 2012/01/01 00:00:00 a Exp $"


def test_ident_lines_are_one_patch_that_names_who_wrote_them() -> None:
    def text(ident: bytes, body: bytes) -> bytes:
        return b"/* " + ident + b" */\n" + body

    old, new = numbered(12), numbered(12, l6=b"six\n")
    base = text(IDENT % 2, new)
    first = text(IDENT.replace(b"x.c", b"src/x.c") % 1, numbered(12, l10=b"ours\n"))
    tip = text(IDENT.replace(b"x.c", b"src/x.c") % 2, numbered(12, l6=b"six\n", l10=b"ours\n"))
    moments = [
        Moment(version(text(IDENT % 1, old)), UPSTREAM), Moment(version(first), 0),
        Moment(version(tip), 1, ((text(IDENT % 1, old), base),)),
    ]  # fmt: skip
    found = {RepoPath("x.c"): layers(version(base), moments, version(tip))}
    commits = [commit(1, "Make it ours"), commit(2, "Take six")]
    done = extract("tool", found, commits, {commits[1].id: ("ab" * 20,)})
    assert [patch.name for patch in done.series.patches] == ["make-it-ours.patch", "ident-lines.patch"]
    assert b"OpenBSD" not in done.series.patches[0].raw.partition(b"diff --git")[2].replace(base[:60], b"")
    idents = done.series.patches[1]
    assert "Make it ours" in idents.headers.body and idents.changed_lines == 2 and not done.left
    steps = push(done.series, {RepoPath("x.c"): version(base)})
    assert steps[-1].after == {RepoPath("x.c"): version(tip)}


def test_a_file_of_the_target_s_own_comes_whole_ident_line_and_all() -> None:
    tip = version(b"/* $DragonFly$ */\nint x;\n")
    done = extract("tool", {RepoPath("own.c"): layers(None, [Moment(tip, 0)], tip)}, [commit(1, "Own")])
    assert [patch.name for patch in done.series.patches] == ["own.patch"]


def test_the_date_of_a_page_goes_with_the_ident_lines_where_a_port_set_it() -> None:
    def page(date: bytes, body: bytes = b"text\n") -> bytes:
        return b".Dd " + date + b"\n.Os\n" + body

    base = page(b"$Mdocdate: March 4 2012 $", b"new\n")
    old = page(b"$Mdocdate: March 1 2012 $")
    for port, names in ((True, ["ident-lines.patch"]), (False, ["take-new.patch"])):
        tip = page(b"April 1, 2012", b"new\n")
        carried = ((old, base),) if port else ()
        moments = [Moment(version(old), UPSTREAM), Moment(version(tip), 0, carried)]
        ports = {f"{1:040x}": ("ab" * 20,)} if port else {}
        found = {RepoPath("x.8"): layers(version(base), moments, version(tip))}
        done = extract("x", found, [commit(1, "Take new")], ports)
        assert [patch.name for patch in done.series.patches] == names


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"/* $OpenBSD$ */\n"]), max_size=8)
ENDS = st.sampled_from([b"", b"e"])
STATES = st.one_of(st.none(), st.builds(lambda lines, end: version(b"".join(lines) + end), LINES, ENDS))


@given(STATES, st.lists(st.tuples(STATES, st.booleans(), st.booleans()), max_size=5), STATES, st.booleans())
def test_the_layers_spell_baseline_and_file_whatever_history_is_like(
    base: Version | None, history: list[tuple[Version | None, bool, bool]], tip: Version | None, told: bool
) -> None:
    moments: list[Moment] = []
    for number, (state, upstream, port) in enumerate(history):
        carried = ((base.content if base else b"", state.content if state else b""),) if port else ()
        moments.append(Moment(state, UPSTREAM if upstream else number, carried))
    if told and moments:
        tip = moments[-1].version
    found = layers(base, moments, tip)
    assert found.at(BEGINNING) == base
    assert found.at(REMAINDER) == tip
    done = extract("x", {RepoPath("x"): found}, [commit(number, f"Change {number}") for number in range(6)])
    start = {RepoPath("x"): base} if base is not None else {}
    steps = push(done.series, start)
    assert all(step.applies for step in steps)
    assert (steps[-1].after if steps else start) == ({RepoPath("x"): tip} if tip is not None else {})
