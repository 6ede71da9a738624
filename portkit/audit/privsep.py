"""What an unprivileged process in a chroot still calls, and cannot: so it must go through the monitor.

First, what the target does already, and where its unprivileged side begins: after the call that gives the privileges
up, to the end of what that function and its callers do. Where nothing is given up yet, everything from `main` counts.
Then every call from there that needs files outside of a chroot, a resolver, a clock or a terminal, with the way to it;
and whether upstream's monitor does the same for its own unprivileged side, and by which message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from portkit.audit.callgraph import CallGraph, Site, Start, Step
from portkit.audit.csource import CCall, CFunction
from portkit.audit.lacks import Place


class Need(StrEnum):
    """What a call needs that a chrooted, unprivileged process does not have."""

    NAMES = "names and addresses"
    TABLES = "services, protocols and rpc"
    USERS = "users and groups"
    ZONE = "time zone"
    FILES = "files"
    TERMINALS = "terminals and logins"
    LOG = "syslog"
    CLOCK = "clock"
    NETWORK = "raw network"
    PROCESSES = "processes"


_CALLS: Mapping[Need, str] = {
    Need.NAMES: "gethostbyname gethostbyname2 getaddrinfo getipnodebyname getrrsetbyname res_init res_query res_search "
    "res_mkquery gethostent | gethostbyaddr getnameinfo getipnodebyaddr | getnetbyname getnetbyaddr getnetent | "
    "ether_ntohost ether_hostton | pcap_compile",
    Need.TABLES: "getservbyname getservbyport getservent setservent | getprotobyname getprotobynumber getprotoent "
    "setprotoent | getrpcbyname getrpcbynumber getrpcent setrpcent",
    Need.USERS: "getpwnam getpwuid getpwent getpwnam_r getpwuid_r user_from_uid getlogin | getgrnam getgrgid getgrent "
    "getgrouplist initgroups group_from_gid",
    Need.ZONE: "localtime localtime_r ctime ctime_r mktime tzset tzsetwall strftime",
    Need.FILES: "open openat creat fopen freopen mkstemp tmpfile opendir fts_open dbopen dbm_open nlist kvm_open "
    "kvm_openfiles pidfile pidfile_open pcap_open_offline pcap_dump_open flopen bpf_open | mktemp mkdir rmdir rename "
    "unlink remove link symlink chmod chown lchown truncate mknod mkfifo utimes pidfile_remove | readlink stat lstat "
    "access realpath glob",
    Need.TERMINALS: "ttymsg | getutent getutxent setutent setutxent getutline | login logout logwtmp | openpty forkpty "
    "revoke | getttyent",
    Need.LOG: "syslog vsyslog openlog syslog_r sendsyslog",
    Need.CLOCK: "adjtime adjfreq ntp_adjtime | settimeofday clock_settime stime",
    Need.NETWORK: "pcap_open_live pcap_create pcap_activate pcap_findalldevs pcap_lookupdev pcap_lookupnet | "
    "bindresvport rresvport",
    Need.PROCESSES: "execl execlp execle execv execve execvp system popen | reboot | chroot | mount unmount | "
    "setpriority",
}
"""What needs what. Those of one group do alike: a monitor that does one of them can do another. What only ends the
reading of a table, as endservent does, needs nothing; pcap_compile looks up the names that a filter holds."""

NEEDS: Mapping[str, Need] = {
    name: need for need, groups in _CALLS.items() for name in groups.replace("|", " ").split()
}
"""By the name of a call, what it needs. Of two no place is told: strftime, which localtime stands before, and chroot,
which is a measure."""

_GROUP: Mapping[str, str] = {
    name: names for groups in _CALLS.values() for names in groups.split("|") for name in names.split()
}

OPENS = frozenset(_GROUP["open"].split())
"""What opens a file."""

_OPENED_FOR: Mapping[str, str] = dict.fromkeys(("_PATH_UTMP", "_PATH_UTMPX", "UTMP_FILE", "UTMPX_FILE"), "getutxent")
"""By the name of a file that a monitor opens for its unprivileged side, which calls that stands in for."""

_NO_CROSSING = frozenset({"strftime", "chroot"})

_GIVES_UP = {
    "chroot": "chroot", "setresuid": "user", "setuid": "user", "seteuid": "user", "setreuid": "user",
    "setresgid": "group", "setgid": "group", "setegid": "group", "setgroups": "group", "initgroups": "group",
    "cap_enter": "capsicum", "caph_enter": "capsicum", "cap_rights_limit": "capsicum", "caph_limit_stdio": "capsicum",
    "cap_init": "capsicum", "pledge": "pledge", "unveil": "unveil", "jail": "jail", "setusercontext": "user",
    "fork": "processes", "vfork": "processes", "rfork": "processes", "socketpair": "channel", "daemon": "processes",
}  # fmt: skip
"""What a call does for a separation of privileges."""

_READIES: Mapping[Need, frozenset[str]] = {
    Need.ZONE: frozenset({"tzset", "tzsetwall"}), Need.LOG: frozenset({"openlog"}),
}  # fmt: skip
"""What a program calls while it still may, so that it need not ask later: the C library keeps the zone, and the log's
connection (LOG_NDELAY)."""

_DROPS = frozenset({"chroot", "setresuid", "setuid", "seteuid", "setreuid", "cap_enter", "caph_enter"})
_OWN_AGAIN = ("getuid", "geteuid", "getgid", "getegid")
"""A program that is set to another user on execution gives that up with these; it is no separation."""

RECEIVES = frozenset({
    "imsg_get", "imsg_read", "may_read", "must_read", "read", "recv", "recvmsg", "recvfrom", "buf_read", "atomicio",
    "imsgbuf_read",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is done already: `kind` (chroot, user, group, capsicum, pledge, processes, channel), by which
    call, and where."""

    kind: str
    call: str
    place: Place


@dataclass(frozen=True, slots=True)
class Answer:
    """How upstream has its monitor do it: the function and the `case` of the message, and what is called there; `same`:
    whether that is the very call, or one that does alike; `stands_for`: other calls that it makes needless."""

    message: str
    place: Place
    call: str
    same: bool
    stands_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A call that cannot work on the unprivileged side. `way`: how it is reached from where that begins; `early`: it
    is reached before the program has forked or detached, and may be done while there still is everything;
    `upstream`: how upstream's monitor does it, by the very call where it has that, else by one that does alike;
    `ready`: what upstream calls before it gives its privileges up, so that its unprivileged side need not ask; `kept`:
    where the target itself has done the like before."""

    need: Need
    call: str
    place: Place
    way: tuple[Step, ...]
    early: bool
    upstream: tuple[Answer, ...]
    ready: Measure | None = None
    kept: Measure | None = None

    @property
    def sure(self) -> bool:
        """Whether upstream's messages do this very thing. That its monitor opens a file says nothing of which."""
        return self.need not in (Need.FILES, Need.PROCESSES) and any(answer.same for answer in self.upstream)


@dataclass(frozen=True, slots=True)
class Privsep:
    """`measures`: what the target does already; `entries`: where its unprivileged side begins; `found`: how that was
    known: told, given-up (after the call that gives privileges up), main (nothing is given up yet), or none;
    `inactive`: what would be a crossing too, in code that is only compiled for other systems."""

    measures: tuple[Measure, ...]
    entries: tuple[Place, ...]
    found: str
    crossings: tuple[Crossing, ...]
    answers: tuple[Answer, ...]
    inactive: tuple[Crossing, ...] = ()


def privsep(target: CallGraph, upstream: CallGraph, told: Sequence[str] = ()) -> Privsep:
    """What must cross from the target's unprivileged side. `told`: the functions in which it begins, where the user
    knows better."""
    starts, how = _starts(target, told)
    answers = _answers(upstream)
    sites = target.walk(starts)[1]
    ready = _readied(target, sites)
    late = {key: site for key, site in _of_interest(sites).items() if NEEDS[site.call.name] not in ready}
    crossings = [_crossing(site, answers, early=False) for site in late.values()]
    main = target.main
    if main is not None and how != "told":
        first = _of_interest(target.walk([Start(main)])[1])
        before = [_crossing(site, answers, early=True) for key, site in first.items() if key not in late]
        crossings += [one for one in before if NEEDS[one.call] not in ready and (how == "main" or one.sure)]
        kept = _kept(first.values(), sites) if how != "main" else None
        crossings = [replace(one, kept=kept) if one.need is Need.ZONE and not one.early else one for one in crossings]
    beforehand = _readied(upstream, upstream.walk(unprivileged(upstream))[1])
    crossings = [replace(one, ready=None if one.upstream else beforehand.get(one.need)) for one in crossings]
    order = list(Need)
    crossings.sort(key=lambda one: (order.index(one.need), one.call, one.place.path, one.place.line))
    entries = tuple(Place(one.function.path, one.after or one.function.line, one.function.name) for one in starts)
    return Privsep(tuple(_measures(target)), entries, how, tuple(crossings), answers)


def _readied(graph: CallGraph, unprivileged_sites: Iterable[Site]) -> dict[Need, Measure]:
    """What a program makes ready while it still may, by what that is for."""
    after = {(site.function.path, site.call.line, site.call.name) for site in unprivileged_sites}
    found: dict[Need, Measure] = {}
    for function in graph.functions.values():
        for call in function.calls:
            need = NEEDS.get(call.name)
            if need is None or call.name not in _READIES.get(need, ()) or need in found:
                continue
            at_once = need is not Need.LOG or any("LOG_NDELAY" in one.split() for one in call.arguments)
            if at_once and (need is Need.LOG or (function.path, call.line, call.name) not in after):
                found[need] = Measure("ready", call.name, Place(function.path, call.line, function.name))
    return found


def _kept(first: Iterable[Site], late: Iterable[Site]) -> Measure | None:
    """Where the time zone is read before privileges are given up, by a call that happens to: libc keeps it."""
    after = {(site.function.path, site.call.line, site.call.name) for site in late}
    for site in first:
        place = Place(site.function.path, site.call.line, site.function.name)
        if NEEDS[site.call.name] is Need.ZONE and (place.path, place.line, site.call.name) not in after:
            return Measure("kept", site.call.name, place)
    return None


def _starts(graph: CallGraph, told: Sequence[str]) -> tuple[list[Start], str]:
    if told:
        found = [graph.find(name) for name in told]
        return [Start(one) for one in found if one is not None], "told"
    starts = unprivileged(graph)
    if starts:
        return starts, "given-up"
    main = graph.main
    return (_after_start(graph, main), "main") if main is not None else ([], "none")


def _after_start(graph: CallGraph, main: CFunction) -> list[Start]:
    """A program that gives nothing up: what it does once it has detached itself, or begun its main loop; and whatever
    it named until then without calling it, such as its signal handlers."""
    point = _detached(graph, main)
    starts = [Start(main, point)]
    reached, _ = graph.walk([Start(main, until=point)])
    early = [(main, point), *((graph.functions[node], graph.functions[node].end) for node in reached)]
    for function, until in early:
        for name, line in function.refers:
            named = graph.find(name, function.path) if line <= until else None
            starts += [Start(named)] if named is not None else []
    return starts


def _detached(graph: CallGraph, main: CFunction) -> int:
    forks = [call.line for call in main.calls if _forks(graph, main, call)]
    if forks:
        return max(forks)
    loops = [call for call in main.calls if call.loop and call.block]
    return min((call.line for call in loops if call.block[0] == loops[-1].block[0]), default=1) - 1


def _forks(graph: CallGraph, main: CFunction, call: CCall) -> bool:
    """Whether a call detaches: itself, or as the function of the component that does nothing but that."""
    names = ("daemon", "fork", "vfork")
    found = graph.find(call.name, main.path)
    return call.name in names or (found is not None and any(one.name in names for one in found.calls))


def unprivileged(graph: CallGraph) -> list[Start]:
    """Where the unprivileged side begins: behind the last call of a function that gives privileges up; and, where that
    function returns, behind the calls of it."""
    starts: dict[tuple[str, str, int, int], Start] = {}
    for function in graph.functions.values():
        drops = [call for call in function.calls if _drops(call)]
        jails = [call for call in drops if call.name == "chroot"]
        if jails:  # what the same function gives up elsewhere, the monitor gives up: being set to a user on execution
            drops = [call for call in drops if _same_way(function, jails[-1], call)]
        if drops and not _hands_over(function, drops[-1]):
            _begin(graph, function, drops[-1], starts, frozenset())
    return list(starts.values())


def _same_way(function: CFunction, first: CCall, call: CCall) -> bool:
    """Whether what does `first` comes to `call`: within its braces, or behind them where they are not left."""
    if call.block[: len(first.block)] == first.block:
        return True
    behind = first.block[: len(call.block)] == call.block and call.line > first.line
    return behind and not any(
        first.line < line < call.line and len(block) > len(call.block) and block == first.block[: len(block)]
        for line, block, _ in function.leaves
    )


def _hands_over(function: CFunction, drop: CCall) -> bool:
    """Whether what gave its privileges up goes on as another program."""
    return any(
        call.line > drop.line and call.name.startswith("exec") and call.block[: len(drop.block)] == drop.block
        for call in function.calls
    )


def _drops(call: CCall) -> bool:
    arguments = " ".join(call.arguments)
    return call.name in _DROPS and not any(one in arguments for one in _OWN_AGAIN) and call.arguments[:1] != ("0",)


def _begin(
    graph: CallGraph,
    function: CFunction,
    call: CCall,
    starts: dict[tuple[str, str, int, int], Start],
    above: frozenset[tuple[str, str]],
) -> None:
    """Behind `call` up to where its branch leaves the function; on in the callers where that is by returning."""
    node = (function.path, function.name)
    if node in above:
        return
    leaves = [
        (line, returns)
        for line, block, returns in function.leaves
        if line > call.line and block and block == call.block[: len(block)]
    ]
    until, returns = leaves[0] if leaves else (function.end, True)
    ends = [(line, back) for line, block, back in function.leaves if not block and line > call.line]
    if not leaves and ends:
        returns = ends[-1][1]
    starts.setdefault((*node, call.line, until), Start(function, call.line, until))
    if returns:
        for caller, at in graph.callers(function):
            _begin(graph, caller, at, starts, above | {node})


def _measures(graph: CallGraph) -> Iterable[Measure]:
    for function in graph.functions.values():
        for call in function.calls:
            kind = _GIVES_UP.get(call.name)
            if kind is not None and graph.find(call.name, function.path) is None:
                yield Measure(kind, call.name, Place(function.path, call.line, function.name))


def _of_interest(sites: Iterable[Site]) -> dict[tuple[str, str, int], Site]:
    """One for each place, the shortest way first."""
    seen: dict[tuple[str, str, int], Site] = {}
    for site in sites:
        name = site.call.name
        if name in NEEDS and name not in _NO_CROSSING and not _numeric(site) and not _lowered(site.call):
            seen.setdefault((name, site.function.path, site.call.line), site)
    return seen


def _lowered(call: CCall) -> bool:
    """Whether a call gives a priority away, which everybody may (setpriority(2))."""
    return call.name == "setpriority" and call.arguments[2:3] != () and not call.arguments[2].startswith("-")


def _numeric(site: Site) -> bool:
    """Whether a call only turns addresses into digits, or back: it asks nobody (getnameinfo(3), getaddrinfo(3))."""
    call = site.call
    words = {word for one in call.arguments for word in one.split()}
    if call.name == "getnameinfo":
        service = call.arguments[4:5] not in ((), ("NULL",), ("0",))
        return "NI_NUMERICHOST" in words and (not service or "NI_NUMERICSERV" in words)
    if call.name != "getaddrinfo":
        return False
    before = [one for one in site.function.flags if one[0] <= call.line]
    last = before[-1] if before else None
    set_so = last is not None and last[1] == call.block[: len(last[1])] and "AI_NUMERICHOST" in last[2].split()
    return "AI_NUMERICHOST" in words or set_so


def _crossing(site: Site, answers: Sequence[Answer], *, early: bool) -> Crossing:
    name = site.call.name
    place = Place(site.function.path, site.call.line, site.function.name)
    same = tuple(one for one in answers if one.call == name)
    alike = tuple(
        replace(one, same=False) for one in answers if _GROUP[one.call] == _GROUP[name] or name in one.stands_for
    )
    every = alike if NEEDS[name] is Need.FILES else same or alike
    return Crossing(NEEDS[name], name, place, site.path, early, every)


def _answers(upstream: CallGraph) -> tuple[Answer, ...]:
    """What upstream's monitor does for its unprivileged side: the calls of interest that a message leads to, in the
    functions that receive messages and are not themselves unprivileged."""
    inside, _ = upstream.walk(unprivileged(upstream))
    found: list[Answer] = []
    for node, function in upstream.functions.items():
        if not function.labels or not any(call.name in RECEIVES for call in function.calls):
            continue
        if node in inside:
            continue
        for label in dict.fromkeys(label for label, _ in function.labels if label.isidentifier()):
            _, sites = upstream.walk([Start(function, label=function.body_of(label))])
            line = next(line for one, line in function.labels if one == label)
            place = Place(function.path, line, function.name)
            reached: dict[str, set[str]] = {}
            for site in _of_interest(sites).values():
                if NEEDS[site.call.name] is not Need.LOG:  # the monitor's own log lines are no answer
                    words = {word for one in site.call.arguments for word in one.split()}
                    files = {_OPENED_FOR[word] for word in words if word in _OPENED_FOR}
                    reached.setdefault(site.call.name, set()).update(*(_GROUP[one].split() for one in files))
            found += [Answer(label, place, name, True, frozenset(others)) for name, others in reached.items()]
    return tuple(found)
