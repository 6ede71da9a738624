"""Which headers a tree installs, and under which names."""

from __future__ import annotations

from audit_trees import INCLUDE_MAKEFILE, Files

from portkit.audit.headers import FOLDERS, Headers, installed

LIBRARY = b"INCS=\tone.h\nINCSLINKS= one.h ${INCLUDEDIR}/other.h\nMOREINCS= sub/two.h\nMOREINCSDIR=${INCLUDEDIR}/more\n"


def of(files: dict[str, bytes | tuple[bytes, int]]) -> Headers:
    tree = Files(files)
    return installed(tree.under(FOLDERS), tree.read, tree.under)


def test_the_lists_of_include_decide() -> None:
    found = of({
        "include/Makefile": INCLUDE_MAKEFILE,
        "include/stdio.h": b"1", "include/rpc/rpc.h": b"2", "include/rpc/prot.x": b"3",
        "sys/sys/errno.h": b"4", "sys/sys/param.h": b"#define __DragonFly_version 300103\n",
        "sys/net/if.h": b"5", "sys/net/pf/pfvar.h": b"6", "sys/net/wlan/inside.h": b"7", "sys/dev/x.h": b"8",
        "sys/net/if.c": b"9",
    })  # fmt: skip
    assert sorted(found.files) == [
        "errno.h", "net/if.h", "net/pf/pfvar.h", "rpc/rpc.h", "stdio.h", "sys/errno.h", "sys/param.h",
    ]  # fmt: skip
    assert found.made == {"osreldate.h": b"#undef __DragonFly_version\n#define __DragonFly_version 300103\n"}
    assert found.generated == {"rpc/prot.h": "include/rpc/prot.x"}


def test_without_lists_the_usual_folders() -> None:
    found = of({"include/stdio.h": b"1", "sys/net/a/b.h": b"2", "sys/dev/x.h": b"3", "sys/sys/poll.h": b"4"})
    assert sorted(found.files) == ["net/a/b.h", "poll.h", "stdio.h", "sys/poll.h"]


def test_the_machine_s_headers_lie_over_the_processor_s() -> None:
    found = of({
        "sys/cpu/x86_64/include/types.h": b"cpu", "sys/cpu/x86_64/include/only.h": b"cpu only",
        "sys/platform/pc64/include/types.h": b"machine",
    })  # fmt: skip
    assert found.sources["machine/types.h"] == "sys/platform/pc64/include/types.h"
    assert found.sources["machine/only.h"] == "sys/cpu/x86_64/include/only.h"
    assert found.sources["cpu/types.h"] == "sys/cpu/x86_64/include/types.h"


def test_libraries_install_theirs_wherever_their_sources_are() -> None:
    found = of({
        "lib/libone/Makefile": LIBRARY + b"INCSGROUPS=INCS MOREINCS\n.PATH: ${.CURDIR}/../../contrib/one\n",
        "lib/libone/one.h": b"own", "lib/libone/inside.h": b"not installed", "contrib/one/sub/two.h": b"two",
    })  # fmt: skip
    assert {name: str(path) for name, path in found.sources.items()} == {
        "one.h": "lib/libone/one.h", "other.h": "lib/libone/one.h", "more/two.h": "contrib/one/sub/two.h",
    }  # fmt: skip


def test_a_link_of_the_tree_is_not_followed() -> None:
    assert of({"include/evil.h": (b"/etc/passwd", 0o120000), "include/good.h": b""}).files.keys() == {"good.h"}
