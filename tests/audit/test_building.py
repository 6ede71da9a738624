"""What is compiled of a component, and with which flags."""

from __future__ import annotations

from collections.abc import Callable

from audit_trees import Files

from portkit.audit.building import Build, Builder

RULES = b"""\
.if defined(WARNS)
.  if ${WARNS} >= 2
CWARNFLAGS += -Wall -Werror
.  endif
.  if ${WARNS} >= 6
CWARNFLAGS += -Wshadow -Winline
.  endif
.endif
"""


def built(
    files: dict[str, bytes], folders: list[str], mine: Callable[[str], bool] | None = None
) -> tuple[tuple[Build, ...], set[str]]:
    tree = Files(files)
    within = tuple(f"{one}/" for one in folders)
    mine = mine or (lambda path: path.startswith(within))
    found, extra = Builder(tree.under, tree.read).builds(tree.under(folders), mine)
    return found, {str(path) for path in extra}


def test_a_program() -> None:
    (one,), extra = built(
        {
            "sbin/tool/Makefile": b"PROG=tool\nSRCS=a.c b.c made.c gram.y tool.h\n"
            b"CFLAGS+=-DX=1 -I${.CURDIR}/../../sys/inc -O2\n.PATH: ${.CURDIR}/../lib\n",
            "sbin/tool/a.c": b"", "sbin/lib/b.c": b"", "sbin/lib/other.c": b"", "sbin/tool/gram.y": b"",
            "sys/inc/x.h": b"", "sbin/Makefile.inc": b"WARNS?=\t6\n", "share/mk/bsd.sys.mk": RULES,
        },
        ["sbin/tool"],
    )  # fmt: skip
    assert one.sources == ("sbin/tool/a.c", "sbin/lib/b.c")
    assert one.include == ("sbin/tool", "sys/inc")
    assert one.flags == ("-DX=1", "-std=gnu99")
    assert one.warns == 6
    assert one.warnings == ("-Wall", "-Wshadow")  # that a warning is an error changes what an error is
    assert [path for path, _ in one.left] == ["sbin/tool/made.c", "sbin/tool/gram.y"]
    assert extra == {"sys/inc/x.h", "sbin/lib/b.c", "sbin/lib/other.c"}


def test_what_one_source_is_compiled_with_besides() -> None:
    flags = (
        b"_a.c_FLAGS=-DONLY -include ${.CURDIR}/compat.h -include /etc/../../passwd -fplugin=/x.so -Wall\n"
        b"_none.c_FLAGS=-DNONE\n"
    )
    files = {"lib/l/Makefile": b"LIB=l\nSRCS=a.c b.c\n" + flags, "lib/l/a.c": b"", "lib/l/b.c": b""}
    (one,), _ = built(files, ["lib/l"])
    assert [besides.source for besides in one.besides] == ["lib/l/a.c"]
    assert one.besides_of("lib/l/a.c").flags == ("-DONLY",)
    assert one.besides_of("lib/l/a.c").forced == ("lib/l/compat.h",)
    assert one.besides_of("lib/l/b.c").flags == one.besides_of("lib/l/b.c").forced == ()


def test_no_flag_of_a_makefile_loads_writes_or_reaches_outside() -> None:
    flags = (
        b"CFLAGS=-fplugin=/tmp/x.so -Xclang -load -Xclang /tmp/x.so -include /etc/passwd -o /tmp/out -I/etc/../.. "
        b"-I${.CURDIR}/../../../../etc -Wl,-x -Wa,y @file -std=../x -save-temps -DGOOD -isystem /usr/include\n"
    )
    (one,), _ = built({"sbin/tool/Makefile": b"PROG=tool\n" + flags, "sbin/tool/tool.c": b""}, ["sbin/tool"])
    assert one.flags == ("-DGOOD", "-std=gnu99")
    assert one.include == ("sbin/tool",)
    assert one.warnings == ()


def test_without_a_makefile_every_source() -> None:
    (one,), _ = built({"sbin/tool/b.c": b"", "sbin/tool/a.c": b"", "sbin/tool/a.h": b""}, ["sbin/tool"])
    assert one.sources == ("sbin/tool/a.c", "sbin/tool/b.c")


def test_a_makefile_elsewhere_that_reaches_the_sources() -> None:
    files = {
        "contrib/tool/a.c": b"", "contrib/tool/unused.c": b"",
        "sbin/tool/Makefile": b"PROG=tool\nSRCS=a.c\nCFLAGS=-I${.CURDIR}\n.PATH: ${.CURDIR}/../../contrib/tool\n",
        "sbin/tool/config.h": b"", "sbin/other/Makefile": b".PATH: ${.CURDIR}/../tool\nSRCS=x.c\n",
    }  # fmt: skip
    (one,), extra = built(files, ["contrib/tool"])
    assert (one.folder, one.sources, one.include) == ("sbin/tool", ("contrib/tool/a.c",), ("sbin/tool",))
    assert "sbin/tool/config.h" in extra


def test_files_of_a_library_that_is_another_s() -> None:
    files = {"lib/x/Makefile": b"LIB=x\nSRCS=ours.c theirs.c\n", "lib/x/ours.c": b"", "lib/x/theirs.c": b""}
    (one,), _ = built(files, ["lib/x"], mine=lambda path: path == "lib/x/ours.c")
    assert one.sources == ("lib/x/ours.c",)
