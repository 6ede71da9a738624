"""Lines that the target has already, but in another function, are not the ones that upstream adds."""

from __future__ import annotations

from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import Gate

BLOCK = b"""\
	if (sock < 0) {
		log_warn("socket: %s", strerror(errno));
		close_everything(state);
		state->socket = -1;
		return (FAILED_SOCKET);
	}
"""
BASE = b"""\
int
first(struct state *state)
{
	int sock = state->socket;

	begin_first(state);
	return (sock);
}

int
second(struct state *state)
{
	int sock = state->socket;

	begin_second(state);
	return (sock);
}
"""


def test_a_block_of_another_function_is_not_taken_for_it() -> None:
    ours = BASE.replace(b"	begin_first(state);\n", b"	begin_first(state);\n" + BLOCK)
    theirs = BASE.replace(b"	begin_second(state);\n", b"	begin_second(state);\n" + BLOCK)
    merged = FileMerger().merge(*(Version(content, 0o100644) for content in (BASE, ours, theirs)))
    assert merged.lands
    assert merged.gate is Gate.FAITHFUL
    assert merged.result is not None
    assert merged.result.content.count(BLOCK) == 2


def test_a_whole_function_may_have_been_put_elsewhere() -> None:
    added = b"\nstatic int\nthird(struct state *state)\n{\n	prepare_third(state);\n	begin_third(state);\n"
    added += b"	return (0);\n}\n"
    ours = added.lstrip() + b"\n" + BASE
    merged = FileMerger().merge(*(Version(content, 0o100644) for content in (BASE, ours, BASE + added)))
    assert merged.result is not None
    assert merged.result.content.count(b"third(struct state *state)") == 1
