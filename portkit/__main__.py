"""`python -m portkit`, and the console script: both begin here, where hardly anything has been imported yet."""

import sys


def entry() -> None:
    """Runs the command line and exits with its code. ^C is an answer too while the command line is being imported."""
    try:
        from portkit.cli.main import entry as run
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing half-done is left\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    entry()
