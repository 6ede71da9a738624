"""`portkit audit`, on two small trees: what upstream needs that the target lacks, with place, origin and remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_work import Told, call

from portkit.demo.comma_v import Kept, comma_v

MAP = """\
version: 1
upstreams:
  openbsd: {git: up.git, branch: master}
target: {git: down.git, branch: master}
audit:
  replacements:
    msg.h: import the message library
components:
  tool:
    mode: sync
    upstream: openbsd
    paths: {usr.sbin/tool/: usr.sbin/tool/}
"""

TOOL = b"#include <msg.h>\n#include <sys/sock.h>\nint main(void)\n{\n\tmsg_send(1);\n\treturn 0;\n}\n"


def commit(place: Path, files: dict[str, bytes], message: str, day: int) -> str:
    if not place.exists():
        subprocess.run(["git", "init", "-q", "-b", "master", str(place)], check=True)
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    date = f"2012-01-{day:02} 12:00:00 +0000"
    environment = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    subprocess.run(["git", "-C", str(place), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(place), "commit", "-qm", message], check=True, env=environment)
    done = subprocess.run(["git", "-C", str(place), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "upstream-map.yaml").write_text(MAP)
    makefile = b"PROG=tool\n"
    commit(tmp_path / "up.git", {
        "usr.sbin/tool/Makefile": makefile, "usr.sbin/tool/tool.c": b"int main(void)\n{\n\treturn 0;\n}\n",
        "lib/libmsg/msg.h": b"int\tmsg_send(int);\n", "sys/sys/sock.h": b"#define SO_FAR 7\n",
        "sys/sys/msg.h": b"struct another;\n",
    }, "tool: begin", 1)  # fmt: skip
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": TOOL}, "tool: messages", 2)
    far = TOOL.replace(b"return 0;", b"return SO_FAR;")
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": far}, "tool: far", 3)
    commit(tmp_path / "down.git", {
        "include/Makefile": b"LDIRS=sys\n", "sys/sys/sock.h": b"#define SO_NEAR 3\n",
        "usr.sbin/Makefile.inc": b"WARNS?=6\n", "usr.sbin/tool/Makefile": makefile,
        "usr.sbin/tool/tool.c": b"int main(void)\n{\n\treturn SO_LOCAL;\n}\n",
        "share/mk/bsd.sys.mk": b".if ${WARNS} >= 6\nCWARNFLAGS+=-Wshadow\n.endif\n",
    }, "tool: here", 4)  # fmt: skip
    return tmp_path


pytestmark = pytest.mark.skipif(not shutil.which("clang"), reason="no clang here")


def audit(place: Path, *arguments: str) -> Told:
    return call("-C", str(place), *arguments)


def test_what_is_missing_where_and_since_when(place: Path) -> None:
    told = audit(place, "--json", "audit", "tool").object()
    standing, found = told["standing"], told["portability"]
    assert (standing["errors"], standing["warnings"], len(standing["files"])) == (1, 0, 1)
    assert [(one["kind"], one["name"]) for one in found["lacks"]] == [("header", "msg.h"), ("macro", "SO_FAR")]
    header, macro = found["lacks"]
    assert header["brings"] == ["msg_send"] and header["declared"] == "lib/libmsg/msg.h"
    assert header["replacement"] == "import the message library"
    assert header["since_date"] == "2012-01-02T12:00:00Z" and macro["since_date"] == "2012-01-03T12:00:00Z"
    assert macro["places"] == [{"path": "usr.sbin/tool/tool.c", "line": 6, "function": "main"}]
    assert macro["declared"] == "sys/sys/sock.h" and macro["replacement"] is None
    assert found["other"] == [] and found["files"] == 1


def test_what_only_the_component_s_own_source_has_is_told(place: Path) -> None:
    commit(place / "down.git", {"usr.sbin/tool/own.h": b"#define SO_FAR 3\n"}, "tool: far, our own", 9)
    found = audit(place, "--json", "audit", "tool").object()["portability"]["lacks"]
    own = "the target has its own, in usr.sbin/tool/own.h"
    assert {one["name"]: one["text"] for one in found} == {"msg.h": "", "SO_FAR": own}


def test_upstream_is_looked_at_no_further_than_asked(place: Path) -> None:
    found = audit(place, "--json", "audit", "tool", "--until", "2012-01-02").object()
    assert [one["name"] for one in found["portability"]["lacks"]] == ["msg.h"]
    before = audit(place, "--json", "audit", "tool", "--until", "2012-01-01").object()
    assert before["portability"]["lacks"] == [] and before["upstream"]["date"] == "2012-01-01T12:00:00Z"
    told = audit(place, "audit", "tool", "--until", "2011-01-01")
    assert told.code == 2 and "upstream has nothing of tool yet" in told.err


def test_it_reads_at_80_columns_and_changes_nothing(place: Path) -> None:
    before = subprocess.run(["git", "-C", str(place / "down.git"), "for-each-ref"], capture_output=True).stdout
    told = audit(place, "audit", "tool")
    assert told.code == 0
    assert all(len(line) <= 80 for line in told.out.splitlines())
    assert "Target lacks: 1 header, 1 macro: msg.h, SO_FAR" in " ".join(told.out.split())
    assert "instead: import the message library" in told.out
    assert subprocess.run(["git", "-C", str(place / "down.git"), "for-each-ref"], capture_output=True).stdout == before
    assert audit(place, "audit", "tool").out == told.out


def test_four_questions_are_answered_first(place: Path) -> None:
    told = audit(place, "audit", "tool")
    text = " ".join(told.out.split())
    assert "Upstream gives: 2 changesets, 2012-01-02 to 2012-01-03 Fits: " in text
    assert "Monitor: nothing more" in text and "Next: portkit sync tool # the branch" in text
    gives = audit(place, "--json", "audit", "tool").object()["gives"]
    assert gives["counts"]["changesets"] == 2 and gives["first"] == "2012-01-02T12:00:00Z"
    assert gives["worksheet"] is None and gives["watched"] is None
    each = audit(place, "--json", "audit", "tool", "--each").object()
    assert each["gives"] == gives and len(each["steps"]) == gives["counts"]["ported"]


def test_of_a_port_it_tells_the_hunks_and_leads_to_the_worksheet(place: Path) -> None:
    path = place / "upstream-map.yaml"
    path.write_text(path.read_text().replace("mode: sync", "mode: port\n    port: {from: 2012-01-02}"))
    text = " ".join(audit(place, "audit", "tool").out.split())
    assert "3 hunks on files that the target has in its own words" in text and "left for a hand" in text
    assert "portkit sync tool # the branch, and the worksheet" in text
    assert audit(place, "--json", "audit", "tool").object()["gives"]["worksheet"]["counts"]["left"]
    page = place / "reports" / "2012-01-03" / "audit-tool.html"
    audit(place, "audit", "tool", "--format", "html")
    assert "worksheet-tool.html" not in page.read_text()  # there is none yet
    said = audit(place, "sync", "tool").out
    assert "What is left of tool:  reports/worksheet-tool.html" in said and "portkit conflicts" not in said
    said = audit(place, "conflicts", "tool").out
    assert said.startswith("nothing waits but what is on worksheets\ntool: ") and "reports/worksheet-tool.html" in said
    audit(place, "audit", "tool", "--format", "html")
    assert 'href="../worksheet-tool.html"' in page.read_text()
    assert (page.parent / "../worksheet-tool.html").exists()
    index = (place / "reports" / "index.html").read_text()
    assert 'href="worksheet-tool.html"' in index and 'href="2012-01-03/audit-tool.html"' in index
    assert audit(place, "report", "weekly", "--no-check").code in (0, 1)
    (folder,) = {one.parent for one in (place / "reports").glob("*/weekly.html")}
    weekly, mail = (folder / "weekly.html").read_text(), (folder / "weekly.md").read_text()
    assert 'href="../worksheet-tool.html"' in weekly and 'href="../2012-01-03/audit-tool.html"' in weekly
    assert "reports/2012-01-03/audit-tool.html" in mail and "portkit audit tool" not in mail
    page.unlink()
    audit(place, "report", "weekly", "--no-check")
    assert "portkit audit tool --format html" in (folder / "weekly.html").read_text()


def test_of_what_is_watched_it_tells_all_there_ever_was(place: Path) -> None:
    path = place / "upstream-map.yaml"
    path.write_text(path.read_text().replace("mode: sync", "mode: watch"))
    old = b"int old(void)\n{\n\treturn 0;\n}\n"
    commit(place / "up.git", {"usr.sbin/tool/old.c": old}, "tool: overflow", 28)
    text = " ".join(audit(place, "audit", "tool").out.split())
    assert "Upstream gives: 4 changesets, 2012-01-01 to 2012-01-28, by topic: 1 security" in text
    assert "Next: portkit sync tool --since 2012-01-01 # a page of them" in text
    path.write_text(path.read_text() + "    watch: {since: 2012-01-03}\n")
    watched = audit(place, "--json", "audit", "tool").object()["gives"]["watched"]
    assert watched == {"changesets": 2, "topics": {"security": 1, "other": 1}}


def test_a_target_without_headers_says_so(place: Path) -> None:
    told = audit(place, "--json", "audit", "tool", "--onto", "HEAD").object()
    assert told["portability"] is not None
    shutil.rmtree(place / "down.git" / "include")
    shutil.rmtree(place / "down.git" / "sys")
    commit(place / "down.git", {}, "nothing to check on", 9)
    told = audit(place, "--json", "audit", "tool").object()
    assert told["portability"] is None and told["standing"] is None
    assert "no headers" in told["notes"][0]


def test_no_compiler_is_the_world_s_failure(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    git = shutil.which("git")
    assert git is not None
    (tools / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr("portkit.check.compiler.LIBRARY", "nothing-of-that-name")
    told = audit(place, "audit", "tool")
    assert told.code == 3
    assert "there is no compiler to check with" in told.err and "portkit[audit]" in told.err


def test_an_unknown_component_is_the_user_s_mistake(place: Path) -> None:
    told = audit(place, "audit", "tol")
    assert told.code == 2 and "nearest: 'tool'" in told.err


def test_a_page_and_a_mail_of_it(place: Path) -> None:
    told = audit(place, "--json", "audit", "tool", "--format", "html", "--format", "md", "--format", "json").object()
    folder = place / "reports" / "2012-01-03"
    assert told["files"] == [str(folder / f"audit-tool.{one}") for one in ("html", "md", "json")]
    page = (folder / "audit-tool.html").read_text()
    assert "<h2" in page and "msg.h" in page and "import the message library" in page and "<script" not in page
    mail = (folder / "audit-tool.md").read_text()
    assert mail.startswith("# Audit of tool, 2012-01-03\n") and "## Headers that the target lacks" in mail
    assert all(len(line) <= 78 for line in mail.splitlines())
    before = page
    assert "written: reports/2012-01-03/audit-tool.html" in audit(place, "audit", "tool", "--format", "html").out
    assert (folder / "audit-tool.html").read_text() == before


def test_what_upstream_writes_shows_as_text_on_the_page(place: Path) -> None:
    hostile = TOOL.replace(b"#include <msg.h>", b'#include <msg.h>\n#include "<script>alert(1)<!-- \x1b[2J"')
    commit(place / "up.git", {"usr.sbin/tool/tool.c": hostile}, "tool: <b>", 5)
    audit(place, "audit", "tool", "--format", "html", "--format", "md")
    page = (place / "reports" / "2012-01-05" / "audit-tool.html").read_bytes()
    assert b"<script>alert" not in page and b"\x1b" not in page and b"&lt;script&gt;" in page


def as_cvs(place: Path, folder: Path) -> None:
    """The upstream repository `place` once more, as a folder of ,v files."""
    kept: dict[str, list[Kept]] = {}

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", "-C", str(place), *arguments], capture_output=True, check=True).stdout

    for line in git("log", "--reverse", "--format=%H %ct %s").decode().splitlines():
        id_, date, log = line.split(" ", 2)
        for name in git("diff-tree", "--root", "--no-commit-id", "--name-only", "-r", id_).decode().splitlines():
            several = kept.setdefault(name, [])
            text = git("cat-file", "blob", f"{id_}:{name}")
            several.append(Kept(f"1.{len(several) + 1}", int(date), "pat", log, text, id_[:16]))
    for name, several in kept.items():
        path = folder / f"{name},v"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(comma_v(several))


def nameless(told: object) -> object:
    """Without changesets' ids, which are another's in CVS."""
    if isinstance(told, dict):
        return {key: nameless(value) for key, value in told.items() if key not in ("changeset", "since")}
    return [nameless(one) for one in told] if isinstance(told, list) else told


def test_cvs_gives_the_same_answer(place: Path) -> None:
    as_cvs(place / "up.git", place / "cvs")
    git = audit(place, "--json", "audit", "tool", "--until", "2012-01-02").object()
    cvs = call(
        "-C", str(place), "--upstream", f"openbsd=cvs:{place / 'cvs'}", "--json", "audit", "tool", "--until",
        "2012-01-02",
    ).object()  # fmt: skip
    assert git["portability"]["lacks"][0]["brings"] == ["msg_send"]
    assert nameless(cvs) == nameless(git)
    shutil.rmtree(place / "cvs" / "sys")
    shutil.rmtree(place / "cvs" / "lib")
    told = call("-C", str(place), "--upstream", f"openbsd=cvs:{place / 'cvs'}", "--json", "audit", "tool").object()
    assert any("upstream's headers (include/, sys/) are not at hand" in note for note in told["notes"])


CHROOTED = b"""\
#include <sys/sock.h>
int chroot(const char *), setuid(int), getaddrinfo(int), open(const char *, int);
static void look(void)
{
#ifdef __FreeBSD__
\topen("/dev/caps", 0);
#else
\tgetaddrinfo(SO_NEAR);
#endif
}

int main(void)
{
\tchroot("/");
\tsetuid(7);
\tlook();
\treturn 0;
}
"""


def test_what_is_compiled_for_other_systems_stands_apart(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(place / "down.git", {"usr.sbin/tool/tool.c": CHROOTED}, "tool: chroot", 9)
    told = audit(place, "--json", "audit", "tool").object()
    calls, apart = ([one["call"] for one in told["privsep"][key]] for key in ("crossings", "inactive"))
    if "libclang" in told["standing"]["compiler"]:
        assert (calls, apart) == (["getaddrinfo"], ["open"])
        assert "Only compiled for other systems" in audit(place, "audit", "tool").out
    monkeypatch.setattr("portkit.check.compiler.LIBRARY", "nothing-of-that-name")
    told = audit(place, "--json", "audit", "tool").object()  # the clang on PATH
    assert told["standing"]["compiler"].startswith("clang version")
    assert {one["call"] for one in told["privsep"]["crossings"]} == {"getaddrinfo", "open"}
    assert told["privsep"]["inactive"] == [] and any("all of it counts" in one for one in told["notes"])


SENDING = b"""\
#include <sys/sock.h>
enum { MSG_ASK, MSG_DONE };
struct question { int a, b, c; };
int chroot(const char *), setuid(int), imsg_compose(void *, int, int, int, int, void *, int), imsg_get(void *);
#ifdef __FreeBSD__
static void only_there(void) { /* so many bytes that nobody reads here */ }
#endif

static void dispatch(int type, int length)
{
\timsg_get(0);
\tswitch (type) {
\tcase MSG_ASK:
\t\tif (length != 12)
\t\t\treturn;
\t}
}

int main(void)
{
\tstruct question one;
\tdispatch(0, 0);
\tchroot("/");
\tsetuid(7);
\timsg_compose(0, MSG_ASK, 0, 0, -1, &one, sizeof(one));
\treturn 0;
}
"""


def test_a_payload_is_measured_behind_code_for_other_systems(place: Path) -> None:
    commit(place / "down.git", {"usr.sbin/tool/tool.c": SENDING}, "tool: messages", 9)
    told = audit(place, "--json", "audit", "tool").object()
    sizes = {one["name"]: [sent["size"] for sent in one["senders"]] for one in told["messages"]}
    assert sizes == {"MSG_ASK": [12]}
