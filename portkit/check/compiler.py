"""A compiler that checks sources for the target: libclang where it is installed, the clang on PATH otherwise.

Units are shared out over processes of their own, each with a time limit: one that hangs or crashes costs its unit and
nothing else. What a process is doing is never in the order of the answers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from portkit.audit.checking import TARGET, Checked, Diagnostic, Severity, Unit
from portkit.check import worker
from portkit.check.farm import write
from portkit.check.kept import Kept
from portkit.errors import WorldError
from portkit.protocols import Memory

SECONDS = 20.0
"""How long one unit may take."""

LIBRARY = "libclang"
"""The backend that is asked for first."""

FLAGS = (f"--target={TARGET}", "-nostdinc", "-ferror-limit=0", "-Werror=implicit-function-declaration")
"""What every source is checked with, before its own flags."""

_AT_ONCE = 8
_HINT = "pip install 'portkit[audit]' brings libclang; or install clang, 14 or newer"


def stamp() -> str:
    """What tells the compilers of this machine from others, without starting one: their files, with size and time."""
    places = [shutil.which("clang") or ""]
    with suppress(ImportError, ValueError):
        found = importlib.util.find_spec("clang")
        for folder in (found.submodule_search_locations or ()) if found is not None else ():
            places += sorted(map(str, Path(folder, "native").glob("*")))
    told = [LIBRARY]
    for place in filter(None, places):
        with suppress(OSError):
            stat = Path(place).resolve().stat()
            told.append(f"{place} {stat.st_size} {stat.st_mtime_ns}")
    return "\n".join(told)


class LocalCompiler:
    """A `portkit.audit.checking.Compiler` over the headers in the folder `headers`."""

    def __init__(
        self,
        headers: Path,
        *,
        backend: str = "",
        seconds: float = SECONDS,
        workers: int = 0,
        memory: Memory | None = None,
    ) -> None:
        """`backend`: `libclang`, or the path of a clang; "" for the first that is there; `memory`: keeps the answers
        between runs, where the headers' folder is named as `farm` names it. Raises WorldError where there is no
        compiler."""
        self._seconds = seconds
        self._folder = Path(tempfile.mkdtemp(prefix="portkit-check-"))
        self._headers = headers
        self._known: dict[str, tuple[Unit, Checked]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._workers: list[_Worker] = []
        try:
            first = self._first(backend)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._workers = [first]
        self.name = first.name
        depends = (first.name, stamp(), *FLAGS, headers.name)
        self._kept = Kept(memory, depends) if memory is not None else None
        self._count = workers or min(os.cpu_count() or 1, _AT_ONCE)

    def __enter__(self) -> LocalCompiler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes and removes what they read."""
        if self._pool is not None:
            self._pool.shutdown()
        for one in self._workers:
            one.end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def check(self, units: Sequence[Unit], read: Callable[[str], bytes]) -> tuple[Checked, ...]:
        """What is said of each of `units`, in their order. One that stands as it did, with all that it read, is not
        asked for again. `read` is only called from the caller's thread."""
        result: list[Checked | None] = [self._remembered(unit) for unit in units]
        todo = [number for number, known in enumerate(result) if known is None]
        if todo and self._kept is not None:
            for number, known in zip(todo, self._kept.get([units[number] for number in todo]), strict=True):
                result[number] = known
            todo = [number for number in todo if result[number] is None]
        if todo:
            while len(self._workers) < min(self._count, len(todo)):
                self._workers.append(_Worker(self._workers[0].kind, self._headers, self._new_folder()))
            self._share(units, todo, result, read)
            if self._kept is not None:
                self._kept.put((units[number], one) for number in todo if (one := result[number]) is not None)
        for unit, checked in zip(units, result, strict=True):
            assert checked is not None
            self._known[_key(unit)] = (unit, checked)
        return tuple(one for one in result if one is not None)

    def _share(
        self,
        units: Sequence[Unit],
        todo: Sequence[int],
        result: list[Checked | None],
        read: Callable[[str], bytes],
    ) -> None:
        workers = self._workers[: min(self._count, len(todo))]
        needed = {key for number in todo for key in units[number].files.values()}
        contents = {key: read(key) for key in sorted(needed - _common([one.keys() for one in workers]))}
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._count)
        waiting = iter(todo)
        turn = threading.Lock()

        def work(one: _Worker) -> None:
            while True:
                with turn:
                    number = next(waiting, None)
                if number is None:
                    return
                result[number] = one.check(units[number], contents, self._seconds)

        list(self._pool.map(work, workers))

    def _remembered(self, unit: Unit) -> Checked | None:
        known = self._known.get(_key(unit))
        if known is None:
            return None
        before, checked = known
        same = (
            not checked.failed
            and before.files.keys() == unit.files.keys()
            and all(before.files.get(path) == unit.files.get(path) for path in (unit.main, *checked.included))
        )
        return checked if same else None

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._folder))

    def _first(self, backend: str) -> _Worker:
        told: list[str] = []
        for kind in [backend] if backend else [LIBRARY, shutil.which("clang") or ""]:
            if kind:
                try:
                    return _Worker(kind, self._headers, self._new_folder())
                except WorldError as error:
                    told.append(error.cause)
        raise WorldError("there is no compiler to check with", cause="; ".join(filter(None, told)), hint=_HINT)


def _common(sets: Sequence[set[str]]) -> set[str]:
    return sets[0].intersection(*sets[1:])


def _key(unit: Unit) -> str:
    return "\0".join((unit.main, *unit.flags, "", *unit.include, "", *unit.forced))


class _Worker:
    """One process, and the folder of sources that it reads."""

    def __init__(self, kind: str, headers: Path, sources: Path) -> None:
        self.kind = kind
        self.name = ""
        self._headers = headers.resolve()
        self._sources = sources.resolve()
        self._there: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._start()

    def keys(self) -> set[str]:
        """The contents that lie in its folder."""
        return set(self._there.values())

    def check(self, unit: Unit, contents: dict[str, bytes], seconds: float) -> Checked:
        self._place(unit, contents)
        include = [f"-I{self._sources / one}" for one in unit.include]
        forced = [word for one in unit.forced for word in ("-include", str(self._sources / one))]
        arguments = [*FLAGS, *unit.flags, *include, "-isystem", str(self._headers), *forced]
        asked = {"main": str(self._sources / unit.main), "arguments": ["-x", "c", *arguments]}
        answer, failed = self._asked(asked, seconds)
        if answer is None or answer.get("failed"):
            return Checked(unit.main, (), (unit.main,), failed or str((answer or {}).get("failed")))
        found = [self._diagnostic(one) for one in answer["diagnostics"]]
        included = [self._path(one) for one in answer["included"]]
        own = [unit.main, *unit.forced, *(one for one in included if not one.startswith("<"))]
        inactive = None
        if "inactive" in answer:
            spans = [(self._path(path), int(first), int(last)) for path, first, last in answer["inactive"]]
            inactive = tuple(one for one in spans if not one[0].startswith("<"))
        return Checked(unit.main, tuple(dict.fromkeys(found)), tuple(dict.fromkeys(own)), inactive=inactive)

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> None:
        command = [sys.executable, "-P", worker.__file__, self.kind, str(self._headers), str(self._sources)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        answer, _ = self._read(self._process, 60.0)
        if answer is None:
            said = self._process.stderr.read().strip().splitlines() if self._process.stderr else []
            self.end()
            cause = f"{self.kind}: {said[-1] if said else 'it does not start'}"
            raise WorldError("the compiler does not start", cause=cause, hint=_HINT)
        if self._process.stderr is not None:  # from here on nobody reads it, and it must not fill
            threading.Thread(target=_drained, args=(self._process.stderr,), daemon=True).start()
        self.name = str(answer["name"])

    def _asked(self, asked: dict[str, Any], seconds: float) -> tuple[dict[str, Any] | None, str]:
        if self._process is None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
        except OSError:
            self.end()
            return None, "the compiler ended early"
        answer, late = self._read(process, seconds)
        if answer is None:
            self.end()
            return None, f"stopped after {seconds:g} seconds" if late else "the compiler crashed on it"
        return answer, ""

    def _read(self, process: subprocess.Popen[str], seconds: float) -> tuple[dict[str, Any] | None, bool]:
        """One answer, None where the process ended; and whether it was ended because it took too long."""
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
        finally:
            timer.cancel()
        try:
            found = json.loads(line) if line else None
        except ValueError:
            found = None
        return (found if isinstance(found, dict) else None), late.is_set()

    def _place(self, unit: Unit, contents: dict[str, bytes]) -> None:
        """Brings the folder to the unit's state. A file that is in its way stays out of it."""
        for path in [one for one in self._there if one not in unit.files]:
            (self._sources / path).unlink(missing_ok=True)
            del self._there[path]
        for path, key in unit.files.items():
            if self._there.get(path) != key and key in contents and write(self._sources, path, contents[key]):
                self._there[path] = key

    def _diagnostic(self, one: list[Any]) -> Diagnostic:
        path, line, column, severity, text, option = one
        shown = str(text).replace(f"{self._sources}/", "").replace(f"{self._headers}/", "")
        return Diagnostic(self._path(path), int(line), int(column), Severity(severity), shown, str(option))

    def _path(self, path: str) -> str:
        """A path as the tree has it, or `<name>` for an installed header."""
        whole = os.path.normpath(path) if path else ""
        if whole.startswith(f"{self._sources}/"):
            return whole[len(str(self._sources)) + 1 :]
        return f"<{whole.removeprefix(f'{self._headers}/')}>"


def _drained(stream: Any) -> None:
    try:
        while stream.read(1 << 16):
            pass
    except (OSError, ValueError):
        pass
