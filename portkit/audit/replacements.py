"""What is known to stand in for what the target lacks: portkit's own table, under the map's.

Facts about interfaces, from their manual pages: which of them DragonFly has in another form, and which are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str] = {
    # promises and views: OpenBSD's own
    "pledge": "none here; leave the call out, or define it to 0 (the chroot and the dropped user stay)",
    "unveil": "none here; leave the call out, or define it to 0 (the chroot stays)",
    "tame": "none here; leave the call out",
    "sendsyslog": "syslog(3); connect with openlog(LOG_NDELAY) before chroot",
    "getentropy": "arc4random_buf(3)",
    # memory and numbers
    "reallocarray": "realloc(3) after a check of the product against SIZE_MAX, or the portable reallocarray.c",
    "recallocarray": "the portable recallocarray.c; or calloc(3), copy, clear and free",
    "freezero": "explicit_bzero(3) or memset_s(3), then free(3)",
    "explicit_bzero": "memset_s(3), or memset(3) through a volatile function pointer",
    "strtonum": "the portable strtonum.c; or strtoll(3) with a check of its end, errno and the range",
    "timingsafe_memcmp": "the portable timingsafe_memcmp.c; timingsafe_bcmp(3) where only equality counts",
    "fmt_scaled": "humanize_number(3), libutil",
    "scan_scaled": "dehumanize_number(3), libutil",
    # processes and descriptors
    "getdtablecount": "getdtablesize(2) with a count of what is open, or a fixed reserve of descriptors",
    "dup3": "dup2(2) and fcntl(2) FD_CLOEXEC",
    "pipe2": "pipe(2) and fcntl(2)",
    "accept4": "accept(2) and fcntl(2)",
    "SOCK_CLOEXEC": "fcntl(2) F_SETFD FD_CLOEXEC after socket(2)",
    "SOCK_NONBLOCK": "fcntl(2) F_SETFL O_NONBLOCK after socket(2)",
    "__dead": "__dead2, <sys/cdefs.h>",
    "__bounded__": "leave it out: a check of OpenBSD's compiler only",
    "_NSIG": "NSIG, <signal.h>",
    "asr_run": "getaddrinfo(3) in the monitor",
    # messages
    "imsg.h": "import OpenBSD's imsg into libutil (the component imsg)",
    "ibuf_free": "of imsg: import it into libutil (the component imsg)",
    "imsgbuf_init": "imsg_init, the older name of imsg's API",
    "imsgbuf_read": "imsg_read, the older name of imsg's API",
    "imsgbuf_write": "msgbuf_write(&ibuf->w), the older name of imsg's API",
    "imsgbuf_flush": "imsg_flush, the older name of imsg's API",
    "imsgbuf_clear": "imsg_clear, the older name of imsg's API",
    # login records
    "utmp.h": "<utmpx.h>: struct utmpx, getutxent(3)",
    "utmp": "struct utmpx, <utmpx.h>",
    "UT_NAMESIZE": "sizeof(((struct utmpx *)0)->ut_name), <utmpx.h>",
    "UT_LINESIZE": "sizeof(((struct utmpx *)0)->ut_line), <utmpx.h>",
    "_PATH_UTMP": "getutxent(3) reads it; there is no file to open",
    # routing and the network
    "SO_RTABLE": "none: DragonFly has one routing table; leave the setsockopt(2) out",
    "SIOCGIFRDOMAIN": "none: DragonFly has no routing domains; take 0",
    "SIOCSIFRDOMAIN": "none: DragonFly has no routing domains; leave it out",
    "ifr_rdomainid": "none: DragonFly has no routing domains; take 0",
    "rtm_tableid": "none: DragonFly has one routing table; leave it out",
    "ifam_tableid": "none: DragonFly has one routing table; leave it out",
    "rtm_hdrlen": "sizeof(struct rt_msghdr): DragonFly's header has a fixed length",
    "ifam_hdrlen": "sizeof(struct ifa_msghdr): DragonFly's header has a fixed length",
    "ifm_hdrlen": "sizeof(struct if_msghdr): DragonFly's header has a fixed length",
    "rtm_priority": "none: DragonFly's routes have no priority; leave it out",
    "RTAX_LABEL": "none: DragonFly's routes have no labels; leave it out",
    "RTA_LABEL": "none: DragonFly's routes have no labels; leave it out",
    "sockaddr_rtlabel": "none: DragonFly's routes have no labels; leave it out",
    "ROUTE_MSGFILTER": "none: filter the routing socket's messages by rtm_type after read(2)",
    "ROUTE_TABLEFILTER": "none: DragonFly has one routing table; leave it out",
    "ROUTE_FILTER": "none: filter the routing socket's messages by rtm_type after read(2)",
    "SA_LEN": "(x)->sa_len",
    "setrtable": "none: DragonFly has one routing table; leave the call out",
    # packet filter devices
    "BIOCSFILDROP": "none: bpf(4) has no drop filter; leave the ioctl(2) out",
    "BIOCSDIRFILT": "BIOCSSEESENT and BIOCFEEDBACK, bpf(4), where the direction matters",
    "BIOCSWTIMEOUT": "BIOCSRTIMEOUT, bpf(4)",
    "bpf_timeval": "struct timeval, in struct bpf_hdr",
    # sensors and hotplug
    "sys/hotplug.h": "devd(8)'s or udev's events; leave hotplug out",
    "hotplug_event": "devd(8)'s events; leave hotplug out",
    # headers that stand elsewhere
    "net/pfvar.h": "<net/pf/pfvar.h>",
    "net/if_pflog.h": "<net/pf/if_pflog.h>",
    "net/if_pfsync.h": "<net/pf/if_pfsync.h>",
    "net/ppp_defs.h": "<net/ppp_layer/ppp_defs.h>",
    "net80211/ieee80211.h": "<netproto/802_11/ieee80211.h>",
    "net80211/ieee80211_radiotap.h": "<netproto/802_11/ieee80211_radiotap.h>",
    "pcap-int.h": "contrib/libpcap's own; not installed, add -I",
    # queues, trees, bytes
    "SIPHASH_KEY": "the portable siphash.c",
    "TAILQ_FOREACH_SAFE": "TAILQ_FOREACH_MUTABLE, <sys/queue.h>",
    "LIST_FOREACH_SAFE": "LIST_FOREACH_MUTABLE, <sys/queue.h>",
    "SLIST_FOREACH_SAFE": "SLIST_FOREACH_MUTABLE, <sys/queue.h>",
    "SIMPLEQ_HEAD": "STAILQ_HEAD and its kin, <sys/queue.h>",
    "betoh64": "be64toh, <sys/endian.h>",
    "betoh32": "be32toh, <sys/endian.h>",
    "betoh16": "be16toh, <sys/endian.h>",
    "letoh64": "le64toh, <sys/endian.h>",
    "letoh32": "le32toh, <sys/endian.h>",
    "letoh16": "le16toh, <sys/endian.h>",
    "swap16": "bswap16, <sys/endian.h>",
    "swap32": "bswap32, <sys/endian.h>",
    "NTOHS": "x = ntohs(x)",
    "NTOHL": "x = ntohl(x)",
    "HTONS": "x = htons(x)",
    "HTONL": "x = htonl(x)",
    "md5.h": "<openssl/md5.h>, or libmd's <md5.h>, as the release has it",
    "MAXNAMLEN": "NAME_MAX, <limits.h>",
}
"""By the name that is missing: what to do about it, in a line."""


def merged(own: Mapping[str, str]) -> Mapping[str, str]:
    """The table with the map's entries over it; one with an empty text takes portkit's entry away."""
    return {name: text for name, text in {**TABLE, **own}.items() if text}


def known(table: Mapping[str, str], name: str) -> str:
    """What stands in for `name`, a member by `struct x.y` or its own name; "" where nothing is known."""
    return table.get(name) or table.get(name.rpartition(".")[2], "")
