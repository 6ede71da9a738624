"""The one door to git: every process that portkit starts of it starts here.

Repositories are hostile until checked: no hook, filter, external diff, textconv, fsmonitor, signature program
or pager of theirs runs. What is only read is read with plumbing; what is written goes through `fast-import`
and `update-ref`. The user's own configuration stays in force (safe.directory, proxies, insteadOf), so git's
refusal of a repository owned by someone else is kept and explained.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import TracebackType

from portkit.errors import UserError, WorldError
from portkit.text import decode

MINIMUM_GIT = (2, 31)
"""The oldest git portkit is written for: `GIT_CONFIG_COUNT` and first-parent merge diffs are known there."""

_QUIET = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.alternateRefsCommand=true",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
    "-c", "diff.renames=false",
    "-c", "log.showSignature=false",
    "-c", "log.mailmap=false",
    "-c", "log.showRoot=true",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "protocol.ext.allow=never",
)  # fmt: skip

_KEPT = ("GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EXEC_PATH")
_KEPT_FAMILIES = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_CONFIG_")


def environment() -> dict[str, str]:
    """The environment git reads in: the user's, less every GIT_* variable that could point it elsewhere.

    No transport is allowed: a repository that calls itself a partial clone can name any program as its
    remote's upload-pack, and git would start it for a missing blob (GIT_NO_LAZY_FETCH is too new to rely on).
    """
    return network_environment() | {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}


def network_environment() -> dict[str, str]:
    """The environment git fetches in, from remotes portkit itself set up: the user's transports are open."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GIT_") or key in _KEPT or key.startswith(_KEPT_FAMILIES)
    }
    kept.pop("GIT_CONFIG_PARAMETERS", None)
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": f"{os.devnull}/none",  # grafts cut a history off without a word
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }


def version() -> tuple[int, ...]:
    """The version of the git on PATH. Raises WorldError where there is none, or where it is too old."""
    try:
        done = subprocess.run(["git", "version"], capture_output=True, check=True, env=environment())
    except (OSError, subprocess.CalledProcessError) as error:
        raise WorldError("git is not there", cause=str(error), hint="install git, at least 2.31") from error
    match = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    found = tuple(int(part) for part in match.groups(b"0")) if match else (0,)
    if found < MINIMUM_GIT:
        least = ".".join(map(str, MINIMUM_GIT))
        said = decode(done.stdout).strip()
        raise WorldError(f"{said} is too old", hint=f"install git {least} or newer")
    return found


class GitRepository:
    """A git repository on this machine, bare or not, named by its git directory."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir

    @classmethod
    def at(cls, location: str, *, role: str) -> GitRepository:
        """The repository at the path `location`. `role` names it in errors: "the target", "upstream openbsd".

        Raises UserError where there is none, and where git refuses it (it belongs to someone else).
        """
        path = Path(location).expanduser()
        if not path.exists():
            hint = "give the path or URL of a git repository"
            raise UserError(f"{role}: there is no {location}", hint=hint)
        done = subprocess.run(
            ["git", *_QUIET, "-C", str(path), "rev-parse", "--absolute-git-dir"],
            capture_output=True, env=environment(),
        )  # fmt: skip
        if done.returncode:
            said = decode(done.stderr).strip()
            if "dubious ownership" in said or "safe.directory" in said:
                mine = shlex.quote(str(path.resolve()))
                raise UserError(
                    f"{role}: git refuses {location}, which belongs to someone else",
                    cause=said.splitlines()[0],
                    hint=f"if you trust it: git config --global --add safe.directory {mine}",
                )
            cause = said.splitlines()[0] if said else ""
            hint = "give the path of a clone, or a URL"
            raise UserError(f"{role}: {location} is no git repository", cause=cause, hint=hint)
        return cls(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))

    @cached_property
    def common(self) -> Path:
        """The git directory that all of the repository's worktrees share."""
        told = self.run("rev-parse", "--path-format=absolute", "--git-common-dir").rstrip(b"\n")
        return Path(os.fsdecode(told))

    def command(self, *arguments: str) -> list[str]:
        """The argv of a git command on this repository, with what the repository would start switched off."""
        return ["git", *_QUIET, f"--git-dir={self.git_dir}", *arguments]

    def run(self, *arguments: str, feed: bytes | None = None, accept: Sequence[int] = (0,)) -> bytes:
        """What the command prints. Raises WorldError where it ends with a code not in `accept`."""
        done = self.outcome(*arguments, feed=feed)
        if done.returncode not in accept:
            raise failure(arguments, done.stderr)
        return done.stdout

    def outcome(self, *arguments: str, feed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """The finished command, whatever its exit code."""
        return subprocess.run(
            self.command(*arguments), input=feed, capture_output=True, env=environment(), check=False,
            stdin=subprocess.DEVNULL if feed is None else None,
        )  # fmt: skip

    def stream(self, *arguments: str) -> Iterator[bytes]:
        """What the command prints, in blocks as they come. Raises WorldError at the end where it failed."""
        with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would stop a git that warns a lot
            with subprocess.Popen(
                self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env=environment(),
            ) as process:  # fmt: skip
                assert process.stdout is not None
                while block := process.stdout.read1(1 << 20):  # type: ignore[attr-defined]
                    yield block
            if process.returncode:
                errors.seek(0)
                raise failure(arguments, errors.read())

    def resolve(self, revision: str, *, role: str) -> str:
        """The full hash of the commit `revision` names. Raises UserError where it names none."""
        if revision.startswith("-") or "\0" in revision or "\n" in revision:
            raise UserError(f"{role}: {revision!r} is no revision", hint="a revision does not begin with -")
        found = self.ref(f"{revision}^{{commit}}")
        if not found:
            hint = f"git --git-dir={self.git_dir} log --all shows what is there"
            raise UserError(f"{role}: there is no commit {revision!r}", hint=hint)
        return found

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """The names in `folder` (ending in `/`; "" is the top) at `commit`, folders with a `/`; none where there is no
        such folder."""
        command = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", "--end-of-options", commit)
        listed = self.outcome(*command, *([folder] if folder else []))
        result = []
        for line in listed.stdout.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            name = path.rpartition(b"/")[2].decode("utf-8", "surrogateescape")
            result.append(name + "/" * (b" tree " in about))
        return tuple(result)

    def ref(self, full_name: str) -> str:
        """The hash the ref `full_name` holds; empty where there is no such ref."""
        done = self.outcome("rev-parse", "--verify", "--quiet", "--end-of-options", full_name)
        return done.stdout.decode("ascii").strip() if done.returncode == 0 else ""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`; False too where `older` is gone."""
        return self.outcome("merge-base", "--is-ancestor", older, newer).returncode == 0


def failure(arguments: Sequence[str], said: bytes) -> WorldError:
    """The WorldError for a git command that failed, with what git said as its cause."""
    lines = [line for line in decode(said).splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal: ", "error: "))]  # fast-import tells of a report after
    return WorldError(f"git {arguments[0]} failed", cause=(telling or lines or ["git said nothing"])[-1])


class BlobReader:
    """Contents by object id, through one long-lived `git cat-file --batch`. Not to be shared by threads."""

    def __init__(self, repository: GitRepository) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process; a later read starts another."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._repository.command("cat-file", "--batch"), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), bufsize=1 << 18,
            )  # fmt: skip
        return self._process

    def find(self, oid: str) -> bytes | None:
        """The content of the blob `oid`, None where the repository does not have it whole."""
        return self._read([oid])[0][1]

    def find_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """(oid, content or None) for each of `oids`, in order. Other reads may come between."""
        pending = iter(oids)
        while batch := list(islice(pending, 64)):  # fits the pipe: neither side waits for the other
            yield from self._read(batch)

    def _read(self, oids: Sequence[str]) -> list[tuple[str, bytes | None]]:
        result: list[tuple[str, bytes | None]] = []
        while len(result) < len(oids):
            result += self._conversation(oids[len(result) :])
        return result

    def _conversation(self, oids: Sequence[str]) -> list[tuple[str, bytes | None]]:
        """What one process answers, at least one: it ends at an object it cannot read or may not fetch."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        result: list[tuple[str, bytes | None]] = []
        try:
            process.stdin.write("".join(f"{oid}\n" for oid in oids).encode("ascii"))
            process.stdin.flush()
            for oid in oids:
                line = process.stdout.readline()
                header = line.split()
                if len(header) == 2 and header[1] == b"missing":
                    result.append((oid, None))
                    continue
                content = b""
                if line:
                    if len(header) != 3 or header[0].decode("ascii") != oid:
                        raise WorldError(f"git cat-file answered {header!r} when asked for {oid}")
                    content = process.stdout.read(int(header[2]))
                    process.stdout.read(1)
                if not line or len(content) < int(header[2]):
                    self.close()
                    return [*result, (oid, None)]
                result.append((oid, content))
        except (BrokenPipeError, ValueError) as error:
            self.close()
            raise WorldError("git cat-file ended early", cause=str(error)) from error
        except BaseException:
            self.close()  # an answer that nobody read must not be taken for the next one's
            raise
        return result
