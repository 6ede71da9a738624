"""A target given as a URL: cloned once, bare, into portkit's own folder; later brought up to date.

Here the user's git configuration is wanted (proxies, credentials, insteadOf). GitPython keeps protocols that
run commands out; hooks, which a template folder may have put into the clone, are off.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portkit.errors import UserError, WorldError
from portkit.git.door import GitRepository
from portkit.store.lock import hold
from portkit.text import printable

Progress = Callable[[str], None]
"""Takes one line of what is going on, for a person."""

_SCP = re.compile(r"[^/]+:")  # git-clone(1): user@host:path, where no slash comes before the first colon
_SETTINGS = (
    ("core.hooksPath", "/dev/null"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.ext.allow", "never"),
)


def is_url(location: str) -> bool:
    """Whether `location` is to be cloned: a URL, or host:path where no such path is there."""
    return "://" in location or "::" in location or (
        _SCP.match(location) is not None and not Path(location).expanduser().exists()
    )  # fmt: skip


def clone_once(url: str, git_dir: Path, progress: Progress) -> GitRepository:
    """The bare clone of `url` at `git_dir`, made where it is not there yet.

    Raises UserError where the URL is not allowed or `git_dir` is a clone of another, WorldError where it
    fails; what was fetched by then is removed, at the latest by the next run.
    """
    with hold(git_dir.with_name(f"{git_dir.name}.lock"), what="the clone of the target", wait_seconds=3600):
        if not git_dir.exists():
            _clone(url, git_dir, progress)
    repository = GitRepository.at(str(git_dir), role="the target's clone")
    origin = os.fsdecode(repository.outcome("config", "--get", "remote.origin.url").stdout.rstrip(b"\n"))
    if origin != url:
        raise UserError(
            f"{git_dir} is a clone of {_shown(origin)}, not of {_shown(url)}",
            hint=f"remove that folder to have the other one cloned: rm -r {git_dir}",
        )
    return repository


def fetch(repository: GitRepository, branch: str, progress: Progress) -> None:
    """Brings `branch` of a clone to where its origin has it now; portkit's own branches stay as they are.

    Raises WorldError where that fails.
    """
    import git  # heavy, and only clones need it

    progress(f"fetching {branch} of the target")
    ref = f"refs/heads/{branch}"
    with _explained(f"cannot fetch {branch} of the target"), git.Repo(repository.git_dir) as repo:
        repo.git.update_environment(**_environment())
        # options first: nothing in the branch's name can become one behind its refs/heads/
        repo.git.fetch("--quiet", "--no-tags", "--no-auto-maintenance", "--", "origin", f"+{ref}:{ref}")


def _clone(url: str, git_dir: Path, progress: Progress) -> None:
    import git  # heavy, and only clones need it

    part = git_dir.with_name(f"{git_dir.name}.part")
    progress(f"cloning {_shown(url)} into {git_dir}, once: its whole history (DragonFly's is about 500 MB)")
    if part.exists():
        shutil.rmtree(part)
    try:
        with _explained(f"cannot clone {_shown(url)}"):
            git.Repo.clone_from(url, part, env=_environment(), bare=True).close()
            part.rename(git_dir)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    import git  # heavy, and only clones need it

    try:
        yield
    except (git.UnsafeProtocolError, git.UnsafeOptionError) as error:
        raise UserError(what, cause="its protocol can run commands", hint="use https, ssh or git") from error
    except git.GitCommandError as error:
        lines = [line.strip(" '\"") for line in str(error.stderr).splitlines()]
        said = [line for line in lines if line.startswith(("fatal: ", "error: "))] or [line for line in lines if line]
        cause = _shown(said[0].removeprefix("stderr: '")) if said else "git said nothing"
        raise WorldError(what, cause=cause, hint="look at the address, the network and your credentials") from error
    except (git.GitError, OSError) as error:
        raise WorldError(what, cause=str(error)) from error


def _environment() -> dict[str, str]:
    """What is added to the user's own environment: the settings, behind those the user passes in the same
    way."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    result = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(count + len(_SETTINGS))}
    for place, (key, value) in enumerate(_SETTINGS, count):
        result |= {f"GIT_CONFIG_KEY_{place}": key, f"GIT_CONFIG_VALUE_{place}": value}
    return result


def _shown(url: str) -> str:
    """`url` without a password in it, fit for a terminal."""
    return printable(re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url))
