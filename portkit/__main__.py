"""`python -m portkit`."""

from portkit.cli.main import entry

if __name__ == "__main__":
    entry()
