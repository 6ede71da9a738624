"""What an unprivileged side still calls. Programs are made up, laid out as people lay them out."""

from __future__ import annotations

from portkit.audit.callgraph import graph_of
from portkit.audit.privsep import Need, Privsep, privsep

SEPARATED = b"""
static void look(int x) { getaddrinfo(x); }
static void fine(void) { write(1); }
int
main(void)
{
\tpw = getpwnam("_tool");
\tprepare();
\tchroot("/var/empty");
\tsetresuid(1, 1, 1);
\tfor (;;)
\t\tlook(1);
}
"""

MONITOR = b"""
enum { M_RESOLVE, M_TIME };
int start(void)
{
\tpid = fork();
\tif (pid == 0) {
\t\tchroot("/var/empty");
\t\tsetresuid(1, 1, 1);
\t\treturn 0;
\t}
\twhile (must_read(fd, &cmd, sizeof(cmd))) {
\t\tswitch (cmd) {
\t\tcase M_RESOLVE:
\t\t\tresolve(fd);
\t\t\tbreak;
\t\tcase M_TIME:
\t\t\tadjtime(&t, 0);
\t\t\tbreak;
\t\t}
\t}
\t_exit(0);
}
void resolve(int fd) { gethostbyname("x"); syslog(1, "x"); }
int main(void)
{
	start();
	work();
}
void work(void) { write_command(fd, M_RESOLVE); }
"""


def of(target: bytes, upstream: bytes = MONITOR, told: tuple[str, ...] = ()) -> Privsep:
    return privsep(graph_of({"t.c": target}), graph_of({"u.c": upstream}), told)


def crossings(found: Privsep) -> list[tuple[str, str, bool]]:
    return [(one.call, " > ".join(step.function for step in one.way), one.early) for one in found.crossings]


def test_only_what_comes_behind_the_drop_counts() -> None:
    found = of(SEPARATED)
    assert found.found == "given-up"
    assert [(place.function, place.line) for place in found.entries] == [("main", 10)]
    assert crossings(found) == [("getaddrinfo", "main > look", False)]
    assert [(one.kind, one.call) for one in found.measures] == [("chroot", "chroot"), ("user", "setresuid")]


def test_upstream_s_monitor_answers_for_the_same_need() -> None:
    (one,) = of(SEPARATED).crossings
    assert one.need is Need.NAMES
    (answer,) = one.upstream
    assert (answer.message, answer.call, answer.same) == ("M_RESOLVE", "gethostbyname", False)
    assert [(one.message, one.call) for one in of(SEPARATED).answers] == [
        ("M_RESOLVE", "gethostbyname"), ("M_TIME", "adjtime"),
    ]  # fmt: skip
    same = of(SEPARATED, MONITOR.replace(b"gethostbyname", b"getaddrinfo")).crossings[0].upstream[0]
    assert same.same


def test_the_branch_of_a_fork_that_returns_goes_on_in_the_caller() -> None:
    source = MONITOR.replace(b"write_command(fd, M_RESOLVE)", b"localtime(&t)")
    found = of(source)
    assert ("localtime", "main > work", False) in crossings(found)
    assert all(early for call, _, early in crossings(found) if call != "localtime")  # what the monitor does
    assert {place.function for place in found.entries} == {"start", "main"}


def test_where_nothing_is_given_up_all_after_the_start_counts() -> None:
    source = (
        b"void die(int s) { unlink(p); }\nvoid log(void) { syslog(1, m); }\n"
        b"int main(void)\n{\n\tfopen(conf);\n\tsignal(SIGTERM, die);\n\tdaemon(0, 0);\n\tfor (;;) log();\n}\n"
    )
    found = of(source)
    assert found.found == "main"
    assert crossings(found) == [
        ("fopen", "main", True), ("unlink", "die", False), ("syslog", "main > log", False),
    ]  # fmt: skip


def test_the_entry_that_is_told_is_taken() -> None:
    found = of(SEPARATED, told=("look",))
    assert found.found == "told" and crossings(found) == [("getaddrinfo", "look", False)]


def test_a_chroot_that_is_made_on_request_and_a_user_that_is_always_given_up() -> None:
    source = (
        b"int main(void)\n{\n\tif (dir) {\n\t\tchroot(dir);\n\t}\n\tinitgroups(user);\n\tsetuid(1);\n"
        b"\tgetservent();\n}\n"
    )
    assert crossings(of(source)) == [("getservent", "main", False)]


def test_a_program_that_only_gives_up_being_set_to_a_user_is_not_separated() -> None:
    found = of(b"int main(void) { setuid(getuid()); for (;;) gethostbyname(x); }\n")
    assert found.found == "main"


def test_what_becomes_another_program_is_no_side() -> None:
    source = b"int main(void)\n{\n\tif (fork() == 0) {\n\t\tsetresuid(1, 1, 1);\n\t\texecv(p, a);\n\t}\n}\n"
    assert of(source).found == "main"


def test_calls_through_tables_macros_and_pointers_that_are_named() -> None:
    source = (
        b"#define LOOK(x) ether_ntohost(b, x)\n"
        b"static void arp(int x) { LOOK(x); }\nstatic void ip(int x) { getrpcbynumber(x); }\n"
        b"static struct { void (*f)(int); } printers[] = { { arp }, { 0 } };\n"
        b"int main(void)\n{\n\tchroot(d);\n\tsetuid(1);\n\tloop(printers, ip);\n}\n"
    )
    assert crossings(of(source)) == [
        ("ether_ntohost", "main > arp", False), ("getrpcbynumber", "main > ip", False),
    ]  # fmt: skip


def test_a_circle_of_calls_ends() -> None:
    source = b"void a(void) { b(); }\nvoid b(void) { a(); open(x); }\nint main(void)\n{\n\tsetuid(1);\n\ta();\n}\n"
    assert crossings(of(source)) == [("open", "main > a > b", False)]


def test_only_a_call_that_does_alike_answers() -> None:
    target = SEPARATED.replace(b"getaddrinfo(x)", b"getnameinfo(x); unlink(p); settimeofday(&t, 0)")
    by_call = {one.call: [answer.message for answer in one.upstream] for one in of(target).crossings}
    assert by_call == {"getnameinfo": [], "unlink": [], "settimeofday": []}  # the monitor looks up and adjusts
    opens = MONITOR.replace(b"adjtime(&t, 0)", b"open(p, O_RDONLY)")
    by_call = {one.call: [answer.message for answer in one.upstream] for one in of(target, opens).crossings}
    assert by_call["unlink"] == []  # that it opens files says nothing of removing them


def test_labels_that_stand_on_each_other_are_of_one_body() -> None:
    both = MONITOR.replace(b"\t\tcase M_RESOLVE:\n", b"\t\tcase M_OLD:\n\t\tcase M_RESOLVE:\n")
    assert [answer.message for answer in of(SEPARATED, both).crossings[0].upstream] == ["M_OLD", "M_RESOLVE"]
    ends = MONITOR.replace(b"\t\tcase M_RESOLVE:\n", b"\t\tcase M_OLD:\n\t\t\tbreak;\n\t\tcase M_RESOLVE:\n")
    assert [answer.message for answer in of(SEPARATED, ends).crossings[0].upstream] == ["M_RESOLVE"]


def test_a_file_that_the_monitor_opens_stands_for_the_calls_that_read_it() -> None:
    target = SEPARATED.replace(b"getaddrinfo(x)", b"getutxent()")
    (one,) = of(target, MONITOR.replace(b"adjtime(&t, 0)", b"open(_PATH_UTMP, O_RDONLY)")).crossings
    assert [(answer.message, answer.call, answer.same) for answer in one.upstream] == [("M_TIME", "open", False)]
    (one,) = of(target, MONITOR.replace(b"adjtime(&t, 0)", b"open(_PATH_TTY, O_RDONLY)")).crossings
    assert one.upstream == ()


def test_what_only_ends_reading_and_what_gives_away_is_no_crossing() -> None:
    for call in (b"endservent()", b"setpriority(PRIO_PROCESS, 0, 19)"):
        assert crossings(of(SEPARATED.replace(b"getaddrinfo(x)", call))) == []
    assert crossings(of(SEPARATED.replace(b"getaddrinfo(x)", b"setpriority(PRIO_PROCESS, 0, -5)")))


def test_a_lookup_whose_hints_are_numeric_asks_nobody() -> None:
    numeric = b"h.ai_flags = AI_PASSIVE | AI_NUMERICHOST; getaddrinfo(x)"
    assert crossings(of(SEPARATED.replace(b"getaddrinfo(x)", numeric))) == []
    for asks in (
        b"if (nflag) h.ai_flags = AI_NUMERICHOST; getaddrinfo(x)",
        b"h.ai_flags = AI_NUMERICHOST; first(x); h.ai_flags = 0; getaddrinfo(x)",
        b"if (nflag) { h.ai_flags = AI_NUMERICHOST; } getaddrinfo(x)",
        b"h.ai_flags = nflag ? AI_NUMERICHOST : 0; getaddrinfo(x)",
    ):
        assert len(crossings(of(SEPARATED.replace(b"getaddrinfo(x)", asks)))) == 1, asks


def test_what_is_made_ready_before_needs_no_message() -> None:
    target = SEPARATED.replace(b"getaddrinfo(x)", b"localtime(x); syslog(1, x)")
    upstream = MONITOR.replace(b"\tstart();\n", b"\ttzset();\n\topenlog(n, LOG_NDELAY, 1);\n\tstart();\n")
    ready = {one.call: one.ready.call if one.ready else None for one in of(target, upstream).crossings}
    assert ready == {"localtime": "tzset", "syslog": "openlog"}
    assert [one.ready for one in of(target).crossings] == [None, None]
    late = MONITOR.replace(b"{ write_command", b"{ tzset(); write_command").replace(b"\tstart();", b"\tstart();")
    assert [one.ready for one in of(target, late).crossings] == [None, None]  # it asks when it may no more
    own = target.replace(b"\tprepare();", b"\ttzset();\n\topenlog(n, LOG_PID | LOG_NDELAY, 1);")
    assert crossings(of(own)) == []


def test_a_zone_that_happens_to_be_read_before_is_said_to_be() -> None:
    target = SEPARATED.replace(b"getaddrinfo(x)", b"localtime(x)")
    (one,) = of(target).crossings
    assert one.kept is None
    late = [one for one in of(target.replace(b"\tprepare();", b"\tctime(&t);")).crossings if not one.early]
    assert [one.kept.call if one.kept else None for one in late] == ["ctime"]
