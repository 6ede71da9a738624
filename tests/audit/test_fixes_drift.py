"""Checks that upstream added, and interfaces that it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from portkit.audit.drift import drift, prototypes
from portkit.audit.fixes import Fix, Standing, fixes
from portkit.audit.lacks import Place
from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.paths import RepoPath
from portkit.sync.lineage import Lineage


class Versions:
    """One file's contents, a changeset each."""

    def __init__(self, path: str, *contents: bytes) -> None:
        self.path = RepoPath(path)
        self._contents = {hashlib.sha1(one).hexdigest(): one for one in contents}
        oids = [hashlib.sha1(one).hexdigest() for one in contents]
        blobs = [None, *(Blob(oid, 0o100644) for oid in oids)]
        self.changesets = [
            Changeset(
                f"{n + 1:040d}", "", n * 86400, Person("p", "p@x"), "m",
                (FileChange(self.path, blobs[n], blobs[n + 1]),),
            )
            for n in range(len(contents))
        ]

    def read(self, oid: str) -> bytes:
        return self._contents[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for oid in oids:
            yield oid, self._contents[oid]

    def get(self, kind: str, key: str) -> bytes | None:  # noqa: ARG002
        return None

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def put(self, kind: str, key: str, value: bytes) -> None: ...

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None: ...

    @property
    def lineage(self) -> Lineage:
        return Lineage(self.changesets, self, self, "OpenBSD")  # type: ignore[arg-type]


def receiver(*cases: bytes) -> bytes:
    return b"void got(void)\n{\n\tread(fd);\n\tswitch (t) {\n" + b"".join(cases) + b"\t}\n}\n"


ASK = b"\tcase M_ASK:\n\t\tif (len < 4)\n\t\t\tbreak;\n\t\tbreak;\n"
MENDED = ASK.replace(b"len < 4", b"len != 8")
TELL = b"\tcase M_TELL:\n\t\tif (len > 9)\n\t\t\tbreak;\n\t\tbreak;\n"


def of(ours: bytes, *contents: bytes, base: int = 0) -> tuple[Fix, ...]:
    versions = Versions("up/a.c", *contents)
    return fixes(
        versions.lineage, {versions.path: base}, len(contents) - 1, versions.read, lambda _: ("our/a.c", ours), {"M"}
    )


def test_a_check_that_was_mended_and_that_the_target_lacks() -> None:
    (one,) = of(receiver(ASK), receiver(ASK), receiver(MENDED), receiver(MENDED, TELL))
    assert (one.changeset, one.label, one.text, one.replaced) == (f"{2:040d}", "M_ASK", "len != 8", ("len < 4",))
    assert one.standing is Standing.LACKING and one.target == Place("our/a.c", 5, "got")


def test_a_new_message_with_its_check_is_no_mended_check() -> None:
    assert of(receiver(ASK), receiver(ASK), receiver(ASK, TELL)) == ()


def test_what_the_target_has_or_does_not_receive() -> None:
    assert of(receiver(MENDED), receiver(ASK), receiver(MENDED))[0].standing is Standing.THERE
    assert of(receiver(TELL), receiver(ASK), receiver(MENDED))[0].standing is Standing.GONE


def test_only_what_came_after_the_baseline() -> None:
    assert of(receiver(ASK), receiver(ASK), receiver(MENDED), base=1) == ()


def test_a_check_that_only_moved_is_none() -> None:
    assert of(receiver(ASK, TELL), receiver(ASK, TELL), receiver(TELL, ASK)) == ()


def test_prototypes_without_names() -> None:
    header = b"/* int no(int); */\nint\tone(struct a *, const char *s, unsigned);\nvoid two(void);\n"
    header += b"#define X(a) b(a);\n"
    found = prototypes(header)
    assert found == {"one": "struct a *, const char *, unsigned", "two": "void"}


def test_who_uses_what_changed() -> None:
    versions = Versions(
        "lib/m.h",
        b"int m_read(struct m *);\nint m_send(int);\nint m_stay(int a);\n",
        b"int mbuf_read(struct m *);\nint m_send(int, int);\nint m_stay(int b);\n",
    )
    asked: list[Sequence[str]] = []

    def users(words: Sequence[str]) -> dict[str, list[Place]]:
        asked.append(words)
        return {word: [Place("sbin/x/x.c", 3)] for word in words}

    gone, changed = drift(versions.lineage, 1, lambda _: True, versions.read, users)
    assert asked == [["m_read", "m_send"]]
    assert (gone.name, gone.became, gone.instead) == ("m_read", "", ("mbuf_read",))
    assert (changed.name, changed.was, changed.became) == ("m_send", "int", "int, int")
    assert drift(versions.lineage, 1, lambda _: False, versions.read, users) == ()
