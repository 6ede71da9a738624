"""The process that a compiler runs in: one unit a line on standard input, what it said a line on standard output.

It stands alone, so that it starts fast and can be killed: a hostile source may hang or crash a compiler. It sees
nothing but the two folders that it is given (an overlay over the file system that falls through to nothing), and may
write nothing and use no more than a bounded amount of memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, TextIO

MEMORY = 3 << 30
DIAGNOSTICS = 2000
"""More of one unit are not told: they would be of one cause."""

_KEEP_GOING = 0x200  # clang-c/Index.h: CXTranslationUnit_KeepGoing, past a header that is missing
_DETAILED = 0x1  # DetailedPreprocessingRecord: without it nothing is known of what the preprocessor passed over
_ROUNDS = 40
_LINE = re.compile(r"(.*?):(\d+):(\d+): (fatal error|error|warning): (.*)")
_OPTION = re.compile(r" \[(-W[^\],]*)(?:,[^\]]*)?\]$")
_MISSING = re.compile(r"'([^']+)' file not found")


def main() -> int:
    kind, headers, sources = sys.argv[1:4]
    _limit()
    with tempfile.TemporaryDirectory() as own:
        overlay = Path(own, "overlay.yaml")
        roots = [headers, sources, own]
        overlay.write_text(json.dumps(_overlay(roots)), "utf-8")
        back = _Library(overlay) if kind == "libclang" else _Command(kind, overlay, Path(own))
        _say(sys.stdout, {"name": back.name})
        for line in sys.stdin:
            _say(sys.stdout, back.check(json.loads(line)))
    return 0


def _overlay(roots: Sequence[str]) -> dict[str, Any]:
    """LLVM's overlay format (llvm/Support/VirtualFileSystem.h): these folders, and nothing else."""
    entries = [{"type": "directory-remap", "name": root, "external-contents": root} for root in roots]
    return {"version": 0, "case-sensitive": "true", "fallthrough": False, "roots": entries}


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on every system

        for name, value in (("RLIMIT_AS", MEMORY), ("RLIMIT_DATA", MEMORY), ("RLIMIT_CORE", 0)):
            with suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (value, value))


def _say(stream: TextIO, value: dict[str, Any]) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


class _Library:
    """libclang, in this process."""

    def __init__(self, overlay: Path) -> None:
        from clang import cindex

        self._index = cindex.Index.create()
        self._overlay = overlay
        self._failed: type[Exception] = cindex.TranslationUnitLoadError
        self._skipped = _skipped_ranges(cindex)
        get = cindex.conf.lib.clang_getClangVersion
        get.restype = cindex._CXString
        said = get()
        text = cindex.conf.lib.clang_getCString(said)
        self.name = f"libclang ({text.decode() if isinstance(text, bytes) else text})"

    def check(self, unit: dict[str, Any]) -> dict[str, Any]:
        arguments = [*unit["arguments"], "-ivfsoverlay", str(self._overlay)]
        try:
            parsed = self._index.parse(unit["main"], args=arguments, options=_KEEP_GOING | _DETAILED)
        except self._failed:
            return {"failed": "the compiler cannot read it"}
        found: list[list[Any]] = []
        for one in parsed.diagnostics:
            if one.severity >= 2 and len(found) < DIAGNOSTICS:
                file = one.location.file.name if one.location.file else ""
                place = [file, one.location.line, one.location.column]
                found.append([*place, "error" if one.severity > 2 else "warning", one.spelling, one.option])
        included = [str(one.include.name) for one in parsed.get_includes()]
        return {"diagnostics": found, "included": included, "inactive": self._skipped(parsed)}


def _skipped_ranges(cindex: Any) -> Callable[[Any], list[list[Any]]]:
    """What gives, of a parsed unit, the lines that the preprocessor passed over: clang_getAllSkippedRanges
    (clang-c/Index.h), which the Python binding lacks. A range reaches from the directive before to the one behind."""

    class Ranges(ctypes.Structure):
        _fields_: ClassVar = [("count", ctypes.c_uint), ("ranges", ctypes.POINTER(cindex.SourceRange))]

    library = cindex.conf.lib
    ask, end = library.clang_getAllSkippedRanges, library.clang_disposeSourceRangeList
    ask.restype, ask.argtypes = ctypes.POINTER(Ranges), [cindex.TranslationUnit]
    end.restype, end.argtypes = None, [ctypes.POINTER(Ranges)]

    def ranges(parsed: Any) -> list[list[Any]]:
        found = ask(parsed)
        if not found:
            return []
        try:
            every = [found.contents.ranges[at] for at in range(found.contents.count)]
            return [
                [str(one.start.file.name), one.start.line + 1, one.end.line - 1]
                for one in every
                if one.start.file is not None and one.end.line - 1 > one.start.line
            ]
        finally:
            end(found)

    return ranges


class _Command:
    """The clang on PATH, a process for each unit."""

    def __init__(self, program: str, overlay: Path, own: Path) -> None:
        self._program = program
        self._overlay = overlay
        self._stubs = own / "stubs"
        self._stubs.mkdir()
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"clang version (\d+)\S*", said)
        if found is None or int(found[1]) < 14:
            raise SystemExit(f"{said.splitlines()[0] if said else program}: clang 14 is the oldest that can be shut in")
        self.name = found[0]

    def check(self, unit: dict[str, Any]) -> dict[str, Any]:
        """One run; and more, each with an empty stand-in for the header at which the last one stopped."""
        missing: list[list[Any]] = []
        for _ in range(_ROUNDS):
            found, included, stopped = self._run(unit)
            if stopped is not None:
                missing.append(stopped)
            if stopped is None or not self._stand_in(stopped[4]):
                break
        for path in sorted(self._stubs.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        return {"diagnostics": (missing + found)[:DIAGNOSTICS], "included": included}

    def _run(self, unit: dict[str, Any]) -> tuple[list[list[Any]], list[str], list[Any] | None]:
        command = [
            self._program, *unit["arguments"], "-fsyntax-only", "-H", "-fno-caret-diagnostics",
            "-fno-color-diagnostics", "-ivfsoverlay", str(self._overlay), "-isystem", str(self._stubs),
            unit["main"],
        ]  # fmt: skip
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
            env={key: value for key, value in os.environ.items() if not key.startswith(("CPATH", "C_INCLUDE", "CCC_"))},
        )  # fmt: skip
        found: list[list[Any]] = []
        included: list[str] = []
        stopped = None
        for line in done.stderr.decode("utf-8", "replace").splitlines():
            match = _LINE.fullmatch(line)
            if match:
                option = _OPTION.search(match[5])
                text = _OPTION.sub("", match[5])
                severity = "warning" if match[4] == "warning" else "error"
                one = [match[1], int(match[2]), int(match[3]), severity, text, option[1] if option else ""]
                if match[4] == "fatal error" and _MISSING.match(text):
                    stopped = one
                else:
                    found.append(one)
            elif line.startswith("."):
                included.append(line.lstrip(".").strip())
        return found, included, stopped

    def _stand_in(self, text: str) -> bool:
        match = _MISSING.match(text)
        place = self._stubs / match[1] if match else self._stubs
        if not match or match[1].startswith("/") or ".." in match[1].split("/") or place.exists():
            return False
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"")
            return True
        return False


if __name__ == "__main__":
    sys.exit(main())
