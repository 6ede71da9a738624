"""Talking to a remote with git alone: what it holds, and pushing to it; and what git says when it fails, in words.

A repository that is pushed from may be anybody's, so nothing of its configuration is in force while git talks: the
push starts in an empty repository of portkit's own that borrows its objects. The user's own configuration stays
(credentials, proxies, insteadOf). What the receiving side runs is its own affair.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from portkit.errors import PortkitError, UserError, WorldError
from portkit.git.door import GitRepository, network_environment
from portkit.paths import quoted
from portkit.text import decode, printable

Progress = Callable[[str], None]

# What git and those it calls say (transport-helper.c, connect.c, remote-curl.c, curl, ssh), what it comes to, and
# what may help. The first that fits is taken.
_TROUBLES = (
    (r"dubious ownership|safe\.directory", "belongs to someone else",
     "if you trust it: git config --global --add safe.directory PATH"),
    (r"resolve host|Name or service not known|nodename nor servname|No address associated|look ?up .*failed",
     "has a host that nobody knows", "check the address, and whether there is a network"),
    (r"[Cc]onnection (?:refused|timed out|reset|closed)|No route|is unreachable|[Cc](?:onnect to|ould ?n[o']t connect)",
     "cannot be reached", "check the network and the address, then run the same command again"),
    (r"could not read (?:Username|Password)|Authentication failed|prompts disabled|error: 40[13]|Invalid username",
     "wants to know who you are", "set up a credential helper or an ssh key: portkit asks no questions"),
    (r"Host key verification failed", "has an ssh key that is not known here", "ssh to the host once, by hand"),
    (r"Permission denied|[Aa]ccess denied|not allowed to (?:push|upload)|insufficient permission|Read-only file",
     "does not let you in", "check your ssh key, and whether you may write there"),
    (r"SSL|certificate", "has a certificate that is not trusted", "check the address, and this machine's date"),
    (r"No space left|[Qq]uota exceeded", "has no space left", "make room there"),
    (r"service not enabled|not exported", "does not offer this over git://", "use another address of it, ssh or https"),
    (r"transport '.*' not allowed|nable to find remote helper|is not a git command|protocol .* is not supported",
     "needs a transport that git does not have here", "use https, ssh, git, file or a path"),
    (r"not appear to be a git|not a git repository|not found|does not exist|No such file or directory|error: 404",
     "is no git repository", "check the address, and whether you may see it"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Push:
    """One branch to be pushed: the commit `new` to the ref `ref` (a full name), over `expected`, which the remote
    must still hold ("" for none); `forced` where that is lost."""

    ref: str
    new: str
    expected: str
    forced: bool = False


class GitSaid(Exception):
    """All that git said: the cause of an error that says it in other words."""


def without_password(url: str) -> str:
    """`url` as it may be shown."""
    return printable(_no_password(url))


def heads(url: str, branches: Sequence[str], *, role: str, timeout: float | None = None) -> dict[str, str]:
    """Those of `branches` that the repository at `url` has, each with its commit. Nothing is kept of it.

    Raises WorldError where it cannot be asked, or does not answer within `timeout` seconds.
    """
    refs = [f"refs/heads/{branch}" for branch in branches]
    # no repository is this one's: what lies around the current folder has no say
    command = GitRepository(Path(os.devnull)).command("ls-remote", "--quiet", "--heads", "--", url, *refs)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=network_environment(),
        start_new_session=timeout is not None,
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise WorldError(
                f"{role}: {without_password(url)} does not answer", cause=f"nothing came in {timeout:.0f} seconds",
                hint="check the network, then run the same command again",
            ) from None  # fmt: skip
        except BaseException:
            if timeout is not None:  # it has a session of its own: ^C did not reach it
                _end(process)
            raise
    if process.returncode:
        raise explained(decode(err), url, role=role)
    lines = [line.split("\t", 1) for line in decode(out).splitlines() if "\t" in line]
    return {ref.removeprefix("refs/heads/"): commit for commit, ref in lines if ref in refs}


def push(
    repository: GitRepository, url: str, pushes: Sequence[Push], *, role: str, own: bool, dry_run: bool,
    progress: Progress,
) -> None:  # fmt: skip
    """Pushes commits of `repository` to the repository at `url`. No hook of `repository` runs; `own` says that it is
    portkit's own clone.

    Raises WorldError where the remote cannot be asked or refuses one of them; others may have come through.
    """
    arguments = ["push", "--porcelain", "--progress", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
    arguments += ["--dry-run"] if dry_run else []
    # Without force git moves nothing but forwards; the lease says from where, so that a push in between is no loss.
    arguments += [f"--force-with-lease={one.ref}:{one.expected}" for one in pushes if one.forced]
    arguments += ["--", url, *(f"{one.new}:{one.ref}" for one in pushes)]
    with _sending(repository, own=own) as sender, tempfile.TemporaryFile() as output:
        with subprocess.Popen(
            sender.command(*arguments), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE,
            env=network_environment(),
        ) as process:  # fmt: skip
            assert process.stderr is not None
            said = b""
            while block := process.stderr.read1(1 << 16):  # type: ignore[attr-defined]
                said += block
                last = re.split(rb"[\r\n]", said.rstrip(b"\r\n"))[-1]
                progress(f"{role}: {decode(last)}")
        output.seek(0)
        results = decode(output.read())
    refused = re.findall(r"^!\t[^\t]*:([^\t]*)\t(.*)$", results, re.MULTILINE)
    if refused:
        ref, why = refused[0]
        raise _refused(ref, why, url, said=f"{decode(said)}\n{results}")
    if process.returncode:
        raise explained(decode(said), url, role=role)


def explained(said: str, url: str, *, role: str) -> PortkitError:
    """The error for what git said of `url`: what it comes to, git's own sentence, and what to do."""
    # git:// says it in two lines, the first of which may begin with progress
    told_whole = re.sub(r":\n(?=\S+\[\d+: )", ": ", re.sub(r"(?m)^.*\.\.\. (?=(?:fatal|error): )", "", said))
    lines = [line.strip() for line in told_whole.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"fatal:|error:|ssh:|remote:|\S+: Permission", line)] or lines[-1:]
    for pattern, what, hint in _TROUBLES:
        fitting = [line for line in lines if re.search(pattern, line)]
        if fitting:
            told = WorldError(f"{role}: {without_password(url)} {what}", cause=_plain(fitting[0]), hint=hint)
            break
    else:
        told = WorldError(
            f"{role}: git gets nowhere with {without_password(url)}",
            cause=_plain(telling[0]) if telling else "git said nothing", hint="-v shows all that git said",
        )  # fmt: skip
    told.__cause__ = GitSaid(_no_password(said))
    return told


def _refused(ref: str, why: str, url: str, *, said: str) -> PortkitError:
    branch, shown = ref.removeprefix("refs/heads/"), without_password(url)
    reason = re.sub(r"^\[(?:remote )?rejected\] *", "", why).strip("()")
    told: PortkitError
    if re.search(r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref", why):
        told = WorldError(
            f"{branch} at {shown} moved meanwhile", cause=reason, hint="look at what came, then publish again"
        )
    elif "checked out" in why:
        told = UserError(
            f"{shown} has {branch} checked out, and takes no push to it", cause=reason,
            hint="push to a bare repository, or check out another branch there",
        )  # fmt: skip
    elif "shallow" in why:
        told = UserError(
            f"the target is shallow, and {shown} takes nothing from it", cause=reason,
            hint="git fetch --unshallow, in the target",
        )  # fmt: skip
    elif re.search("unpacker error|missing necessary objects", why):
        told = WorldError(
            f"{branch} did not arrive whole at {shown}", cause=reason,
            hint="a partial clone can be pushed only to where the rest of it is; -v shows all that was said",
        )  # fmt: skip
    else:
        told = WorldError(
            f"{shown} refuses {branch}", cause=reason,
            hint="the other side decides that (a hook, a protected branch); -v shows all it said",
        )  # fmt: skip
    told.__cause__ = GitSaid(_no_password(said))
    return told


def _plain(line: str) -> str:
    return printable(_no_password(re.sub(r"^(?:fatal|error): ", "", line)))


def _no_password(text: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends git and whatever it started: an ssh or a curl that hangs would outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextmanager
def _sending(repository: GitRepository, *, own: bool) -> Iterator[GitRepository]:
    """The repository to push from: portkit's own clone itself; of others one that is empty and borrows the objects."""
    if own:
        yield repository
        return
    common = repository.common
    with tempfile.TemporaryDirectory(prefix="portkit-") as folder:
        sender = GitRepository(Path(folder))
        kind = repository.run("rev-parse", "--show-object-format").decode("ascii").strip()
        sender.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
        borrowed = sender.git_dir / "objects" / "info" / "alternates"
        borrowed.parent.mkdir(exist_ok=True)
        borrowed.write_bytes(os.fsencode(quoted(os.fsdecode(common / "objects"))) + b"\n")
        with suppress(FileNotFoundError):
            shutil.copyfile(common / "shallow", sender.git_dir / "shallow")
        yield sender
