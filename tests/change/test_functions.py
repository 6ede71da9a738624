"""Which function a line stands in, over the layouts that BSD sources use."""

from __future__ import annotations

import time

import pytest

from portkit.change.functions import function_at, header_of

SOURCE = b"""\
#include <sys/types.h>

struct lease {
	int	 count;
	int	 other;
};

static int	 limit = 3;
int		 start(int, char *);

static void
usage(void)
{
	exit(1);
}

int
main(argc, argv)
	int argc;
	char **argv;
{
	if (argc > 1) {
		usage();
	}
again:
	for (;;)
		goto again;
}

struct lease *
find_lease(struct pool *pool,
    int number)
{
	return (NULL);
out:	/* never */
	abort();
}

const struct option options[] = {
	{ "a", 1 },
	{ "b", 2 },
};

/* The end (of it). */
"""


def _index(text: bytes, source: bytes = SOURCE) -> int:
    return next(index for index, line in enumerate(source.split(b"\n")) if text in line)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"sys/types.h", ""),
        (b"int	 count", "struct lease"),
        (b"int	 other", "struct lease"),
        (b"limit = 3", ""),
        (b"start(int", ""),
        (b"exit(1)", "usage"),
        (b"main(argc", "main"),
        (b"char **argv", "main"),  # K&R
        (b"argc > 1", "main"),
        (b"\tusage();", "main"),
        (b"again:", "main"),
        (b"goto again", "main"),
        (b"int number", "find_lease"),
        (b"return (NULL)", "find_lease"),
        (b"abort()", "find_lease"),
        (b'"a", 1', "options"),
        (b"The end", ""),
    ],
)
def test_a_line_of_c_stands_in(text: bytes, name: str) -> None:
    found = function_at(SOURCE.split(b"\n"), _index(text))
    assert found == name or found == f"const {name}"


def test_the_closing_brace_still_stands_in_its_function_and_the_next_line_does_not() -> None:
    lines = SOURCE.split(b"\n")
    brace = _index(b"exit(1)") + 1
    assert lines[brace] == b"}"
    assert function_at(lines, brace) == "usage"
    assert function_at(lines, brace + 1) == ""


def test_the_type_on_the_line_before_the_name_stands_outside() -> None:
    lines = SOURCE.split(b"\n")
    assert lines[_index(b"main(argc") - 1] == b"int"
    assert function_at(lines, _index(b"main(argc") - 1) == ""


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"main(void)", "main"),
        (b"int main(void)", "main"),
        (b"int main(void) {", "main"),
        (b"static struct lease *find(struct pool *p)", "find"),
        (b"struct lease *find (int a)", "find"),
        (b"__dead void usage(void)", "usage"),
        (b"parse_date(cfile)", "parse_date"),
        (b"add_new_route() {", "add_new_route"),  # a shell's
        (b"union sockunion {", "union sockunion"),
        (b"enum state {", "enum state"),
        (b"typedef struct lease {", "typedef struct lease"),
        (b".Sh FILES", ".Sh FILES"),
        (b".Ss The server", ".Ss The server"),
        (b".SH OLD", ".SH OLD"),
    ],
)
def test_headers(header: bytes, name: str) -> None:
    lines = [b"", header, b"{", b"\tx", b"\ty"]
    assert function_at(lines, 4) == name


@pytest.mark.parametrize(
    "line",
    [
        b"again:",
        b"int start(void);",
        b"static int limit;",
        b"#define MAX(a, b) \\",
        b"# comment (of a shell)",
        b"\tcall(x)",
        b"ip=$(route -n get default)",  # a shell's, no function
        b'if [ "$a" = b ]; then',
        b"mask), 3 (routers) and 6 (name servers)",  # running text of a manual page
        b".Nm dhclient (8)",
        b".It Ic default (a)",
        b"}",
        b"",
        b"\xe9t\xe9",
    ],
)
def test_what_is_no_header(line: bytes) -> None:
    assert function_at([b"int", b"outer(void)", b"{", line, b"\tx"], 3) == "outer"
    assert function_at([b"", line, b"\tx"], 2) == ""


@pytest.mark.parametrize(
    "prototype",
    [
        [b"static int\t feed(struct bird *, int,", b"\t\t     struct seed *);"],
        [b"int feed(struct bird *, (int (*)(int,", b"    char)), struct seed *); /* (twice) */"],
        [b"int feed(struct bird *); /* its beak (open) */"],
        [b"void feed(const char *, ...)", b"    __attribute__((__format__ (printf, 1, 2)));"],
        [b"void feed(const char *, ...)", b"\t__printflike(1, 2) __dead2;"],
        [b"CAGE_DECLARE(_birds, 1, feed,", b"    &bird, 0);"],
    ],
)
def test_a_prototype_opens_no_function_however_long_it_is(prototype: list[bytes]) -> None:
    lines = [*prototype, b"", b"int limit;", b"/*", b" * About what follows.", b" */"]
    assert [function_at(lines, index) for index in range(len(lines))] == [""] * len(lines)


@pytest.mark.parametrize(
    "header",
    [
        [b"feed(struct bird *bird, int much,", b"    struct seed *seed)", b"{"],
        [b"feed(bird, much)", b"\tstruct bird *bird;", b"\tint much;", b"{"],
        [b"feed(bird, much)", b"\t__bird_t bird;", b"\t__uint32_t (*much);", b"{"],
        [b"feed(bird)", b"bird_t bird; {"],
        [b"feed(struct bird *bird) {"],
    ],
)
def test_a_function_opens_before_its_body_however_it_is_written(header: list[bytes]) -> None:
    lines = [*header, b"\tbird->fed = 1;"]
    assert [function_at(lines, index) for index in range(len(lines))] == ["feed"] * len(lines)


def test_a_manual_pages_sections() -> None:
    page = b".Dd July 1, 2012\n.Sh NAME\n.Nm dhclient\n.Sh SYNOPSIS\n.Nm\n.Op Fl d\n".split(b"\n")
    assert [function_at(page, index) for index in range(6)] == [
        "", ".Sh NAME", ".Sh NAME", ".Sh SYNOPSIS", ".Sh SYNOPSIS", ".Sh SYNOPSIS",
    ]  # fmt: skip


def test_past_the_end_and_nothing_at_all() -> None:
    assert function_at([], 0) == ""
    assert function_at([b"int", b"f(void)", b"{"], 99) == "f"


def test_what_is_remembered_changes_no_answer() -> None:
    lines = SOURCE.split(b"\n") * 3
    fresh = [header_of(lines, index) for index in range(len(lines))]
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1), [7, 3, 60, 11, 12, 13, 14, 15, 16, 2, 61]):
        known: dict[int, int] = {}
        assert [header_of(lines, index, known) for index in order] == [fresh[index] for index in order]
        assert [header_of(lines, index, known) for index in order] == [fresh[index] for index in order]


@pytest.mark.parametrize("step", [1, -1])
def test_asking_about_every_line_of_a_long_file_is_quick(step: int) -> None:
    lines = [b"\tline;"] * 50_000
    known: dict[int, int] = {}
    start = time.process_time()
    assert {header_of(lines, index, known) for index in range(50_000)[::step]} == {-1}
    assert time.process_time() - start < 3
