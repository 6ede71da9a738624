"""What upstream did to what is only watched, as the reports tell it: what each changeset is about, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portkit.report.security import security_words
from portkit.sync.watched import Evidence, Topic, Watched, Where


def evidence_of(one: Watched) -> tuple[Evidence, ...]:
    """All evidence, by topic; the log's words on security with the rest."""
    separated = {piece.what.lower() for piece in one.evidence if piece.topic is Topic.PRIVSEP}
    words = [
        Evidence(Topic.SECURITY, Where.LOG, word)
        for word in (() if one.pages else security_words(one.changeset.message))
        if word.lower() not in separated  # "chroot" says what it is about, and no fault
    ]
    order = list(Topic)
    return tuple(sorted((*words, *one.evidence), key=lambda found: order.index(found.topic)))


def topics_of(one: Watched) -> tuple[Topic, ...]:
    """What a changeset is about, what is worth reading first before the rest; none where nothing tells."""
    found = {evidence.topic for evidence in evidence_of(one)}
    return tuple(topic for topic in Topic if topic in found)


def told(one: Watched) -> str:
    """The evidence in a line: `security: 'overflow'; privsep: priv_dns(), privsep.c`."""
    parts = []
    for topic in topics_of(one):
        said = [_said(evidence) for evidence in evidence_of(one) if evidence.topic is topic]
        parts.append(f"{topic}: {', '.join(said)}")
    return "; ".join(parts)


def _said(one: Evidence) -> str:
    match one.where:
        case Where.LOG:
            return f"'{one.what}'"
        case Where.FUNCTION:
            return f"{one.what}()"
        case _:
            return one.what


def ordered(looked_at: Iterable[Watched]) -> Sequence[Watched]:
    """Those that nobody decided, what is worth reading first before the rest, the newest first; then the others."""
    topics = list(Topic)

    def key(one: Watched) -> tuple[bool, int, int]:
        found = topics_of(one)
        return bool(one.decided), topics.index(found[0]) if found else len(topics), -one.changeset.date

    return sorted(looked_at, key=key)


def summary(looked_at: Sequence[Watched]) -> str:
    """How many are about what, by their first topic: `2 security, 1 documentation, 3 other`."""
    counts: dict[str, int] = {}
    for one in looked_at:
        found = topics_of(one)
        counts.setdefault(str(found[0]) if found else "other", 0)
        counts[str(found[0]) if found else "other"] += 1
    order = [*map(str, Topic), "other"]
    return ", ".join(f"{counts[topic]} {topic}" for topic in order if topic in counts)
