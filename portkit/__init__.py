"""portkit carries an upstream's changesets onto a downstream tree with local changes, and says why."""

__version__ = "0.1.0"
