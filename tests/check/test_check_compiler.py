"""Compilers, shut in: what they say, what they may read, and what becomes of one that hangs or crashes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portkit.audit.checking import Checked, Severity, Sources, Unit
from portkit.audit.headers import Headers
from portkit.change.changeset import Blob
from portkit.check import worker
from portkit.check.compiler import LocalCompiler
from portkit.check.farm import farm, write
from portkit.errors import WorldError


def backends() -> list[str]:
    found = [shutil.which("clang") or ""]
    try:
        from clang import cindex

        cindex.Index.create()
        found.append("libclang")
    except Exception:  # not installed, or with no library
        pass
    return [one for one in found if one]


BACKENDS = backends()
pytestmark = pytest.mark.skipif(not BACKENDS, reason="neither libclang nor clang is here")


def nothing(key: str) -> bytes:
    raise AssertionError(key)


@pytest.fixture
def headers(tmp_path: Path) -> Path:
    place = tmp_path / "headers"
    write(place, "msg.h", b"struct msg { int len; };\nint send_msg(struct msg *, unsigned long);\n")
    write(place, "sys/types.h", b"typedef unsigned int u_int;\n")
    return place


@pytest.fixture(params=BACKENDS or [""], ids=lambda one: str(one).rpartition("/")[2])
def compiler(request: pytest.FixtureRequest, headers: Path) -> Iterator[LocalCompiler]:
    with LocalCompiler(headers, backend=request.param, seconds=10, workers=2) as made:
        yield made


def check(compiler: LocalCompiler, files: dict[str, bytes], *mains: str, flags: tuple[str, ...] = ()) -> list[Checked]:
    sources = Sources(nothing)
    keys = {path: sources.add(content) for path, content in files.items()}
    units = [Unit(main, keys, ("-std=gnu99", *flags), ("src",)) for main in mains]
    return list(compiler.check(units, sources.read))


def test_what_is_said(compiler: LocalCompiler) -> None:
    source = b'#include "a.h"\n#include <msg.h>\nint f(void) { return lost(A) + NO; }\n'
    (one,) = check(compiler, {"src/a.c": source, "src/a.h": b"#define A 1\n"}, "src/a.c")
    assert one.included == ("src/a.c", "src/a.h")
    assert [(said.path, said.line, said.severity) for said in one.diagnostics] == [("src/a.c", 3, Severity.ERROR)] * 2
    assert "'lost'" in one.errors[0].text and "'NO'" in one.errors[1].text
    assert not one.failed and not one.warnings


def test_a_missing_header_does_not_end_the_check(compiler: LocalCompiler) -> None:
    source = b"#include <lost.h>\n#include <deep/lost.h>\n#include <msg.h>\nint f(struct msg *m) { return m->size; }\n"
    (one,) = check(compiler, {"src/a.c": source}, "src/a.c")
    assert [said.text for said in one.errors] == [
        "'lost.h' file not found", "'deep/lost.h' file not found", "no member named 'size' in 'struct msg'",
    ]  # fmt: skip
    assert [said.line for said in one.errors] == [1, 2, 4]


def test_it_is_the_target_that_is_checked_for(compiler: LocalCompiler) -> None:
    source = b"#ifndef __DragonFly__\n#error\n#endif\n#if __SIZEOF_LONG__ != 8\n#error\n#endif\n#include <stdio.h>\n"
    (one,) = check(compiler, {"src/a.c": source}, "src/a.c")
    assert [said.text for said in one.errors] == ["'stdio.h' file not found"]


def test_warnings_by_the_flags_that_are_asked_for(compiler: LocalCompiler) -> None:
    source = {"src/a.c": b"int f(int a) { { int a = 2; return a; } }\n"}
    assert not check(compiler, source, "src/a.c")[0].diagnostics
    (one,) = check(compiler, source, "src/a.c", flags=("-Wshadow",))
    assert [said.option for said in one.warnings] == ["-Wshadow"] and not one.errors


def test_what_is_read_first(compiler: LocalCompiler) -> None:
    sources = Sources(nothing)
    files = {"src/a.c": b"int f(void) { return lost(1); }\n", "src/compat.h": b"#define lost(x) (x)\n"}
    keys = {path: sources.add(content) for path, content in files.items()}
    plain, helped = (Unit("src/a.c", keys, ("-std=gnu99",), ("src",), forced) for forced in ((), ("src/compat.h",)))
    without, with_it = compiler.check([plain, helped], sources.read)
    assert without.errors and not with_it.errors and "src/compat.h" in with_it.included
    (again,) = compiler.check([plain], sources.read)
    assert again == without


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../../../etc/passwd"])
def test_nothing_outside_is_read(compiler: LocalCompiler, path: str) -> None:
    source = f'#include "{path}"\n'.encode() + b'#if __has_include("/etc/passwd")\n#error seen\n#endif\n'
    (one,) = check(compiler, {"src/a.c": source}, "src/a.c")
    assert [said.text for said in one.errors] == [f"'{path}' file not found"]


def test_one_that_hangs_costs_itself_alone(headers: Path) -> None:
    deep = b"#define A(x) x x x x x x x x x x x x x x x x\n" + b"int a = A(A(A(A(A(A(A(A(A(1)))))))));\n"
    files = {"src/hang.c": deep, "src/good.c": b"int a;\n"}
    with LocalCompiler(headers, seconds=1.5, workers=1) as compiler:
        started = time.monotonic()
        first, second = check(compiler, files, "src/hang.c", "src/good.c")
        assert first.failed and not first.diagnostics
        assert replace(second, inactive=None) == Checked("src/good.c", (), ("src/good.c",))
        assert time.monotonic() - started < 30


def test_the_same_in_any_number_of_processes(headers: Path) -> None:
    files = {f"src/{n}.c": f"int f{n}(void) {{ return NO_{n}; }}\n".encode() for n in range(12)}
    answers = []
    for workers in (1, 3):
        with LocalCompiler(headers, workers=workers) as compiler:
            answers.append(check(compiler, files, *files))
    assert answers[0] == answers[1]
    assert [one.main for one in answers[0]] == list(files)


def test_what_stands_as_it_did_is_not_asked_again(headers: Path) -> None:
    files = {"src/a.c": b'#include "a.h"\nint a = A;\n', "src/a.h": b"#define A 1\n", "src/b.c": b"int b;\n"}
    with LocalCompiler(headers, workers=1) as compiler:
        before = check(compiler, files, "src/a.c", "src/b.c")
        for one in compiler._workers:
            one.end()
            one.kind = "/nowhere"  # could not be started again
        assert check(compiler, files, "src/a.c", "src/b.c") == before


def test_a_header_that_changed_is_read_anew(compiler: LocalCompiler) -> None:
    files = {"src/a.c": b'#include "a.h"\nint a = A;\n', "src/a.h": b"#define A 1\n"}
    assert not check(compiler, files, "src/a.c")[0].errors
    assert check(compiler, files | {"src/a.h": b"\n"}, "src/a.c")[0].errors
    assert not check(compiler, files, "src/a.c")[0].errors
    (gone,) = check(compiler, {"src/a.c": files["src/a.c"]}, "src/a.c")
    assert gone.errors[0].text == "'a.h' file not found"


def test_no_compiler_is_told_with_its_remedy(headers: Path) -> None:
    with pytest.raises(WorldError) as caught:
        LocalCompiler(headers, backend="/nowhere/clang")
    assert "portkit[audit]" in caught.value.hint and caught.value.exit_code == 3


def test_nothing_is_left_behind(headers: Path) -> None:
    compiler = LocalCompiler(headers)
    folder = compiler._folder
    assert folder.is_dir()
    compiler.close()
    assert not folder.exists()


def test_the_headers_are_laid_out_once_and_only_inside(tmp_path: Path) -> None:
    contents = {"1" * 40: b"one", "2" * 40: b"two"}
    files = {"a.h": Blob("1" * 40, 0o100644), "a.h/b.h": Blob("2" * 40, 0o100644), "../c.h": Blob("2" * 40, 0o100644)}
    asked: list[str] = []

    def read_many(oids: object) -> Iterator[tuple[str, bytes]]:
        for oid in oids:  # type: ignore[attr-defined]
            asked.append(oid)
            yield oid, contents[oid]

    headers = Headers(files, {"made.h": b"made"}, {})
    place = farm(headers, tmp_path / "state", read_many)
    assert sorted(one.name for one in place.rglob("*")) == ["a.h", "made.h"]
    assert not (tmp_path / "state" / "c.h").exists() and not (place.parent / "c.h").exists()
    assert farm(headers, tmp_path / "state", read_many) == place
    assert len(asked) == 2
    assert [one.name for one in place.parent.iterdir()] == [place.name]


def test_the_worker_s_overlay_falls_through_to_nothing() -> None:
    found = worker._overlay(["/a"])
    assert found["fallthrough"] is False
    assert [one["name"] for one in found["roots"]] == ["/a"]


def test_what_the_preprocessor_passes_over_is_told_by_libclang_alone(compiler: LocalCompiler) -> None:
    text = b"#ifdef __FreeBSD__\nint a;\nint b;\n#elif defined(__DragonFly__)\nint c;\n#else\nint d;\n#endif\n"
    files = {"src/a.c": text + b'#include "a.h"\n', "src/a.h": b"#if 0\nint e;\n#endif\n"}
    (found,) = check(compiler, files, "src/a.c")
    spans = (("src/a.c", 2, 3), ("src/a.c", 7, 7), ("src/a.h", 2, 2))
    assert found.inactive == (spans if "libclang" in compiler.name else None)
