/*	$OpenBSD$	*/

/*
 * leased: keeps an interface on an address that a server lends.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "leased.h"
#include "privsep.h"

#define FIRST_RETRY	4	/* seconds */

static int	 foreground;
static int	 verbose;
static int	 retries = 4;

static volatile sig_atomic_t	 quit;

static void	 usage(void);
static void	 on_signal(int);
static void	 client_loop(struct client *);
static void	 client_timeout(struct client *);
static void	 lease_install(struct client *, struct lease *);
static void	 lease_times(struct lease *);
static void	 lease_log(const struct lease *, const char *);

static void
usage(void)
{
	fprintf(stderr,
	    "usage: leased [-dv] [-c file] [-r retries] interface\n");
	exit(1);
}

static void
on_signal(int signo)
{
	(void)signo;
	quit = 1;
}

int
main(int argc, char *argv[])
{
	struct client client;
	const char *conf = LEASED_CONF;
	const char *errstr;
	struct passwd *pw;
	int ch, pair[2];

	while ((ch = getopt(argc, argv, "c:dr:v")) != -1) {
		switch (ch) {
		case 'c':
			conf = optarg;
			break;
		case 'd':
			foreground = 1;
			break;
		case 'r':
			retries = strtonum(optarg, 1, 16, &errstr);
			if (errstr != NULL)
				errx(1, "number of retries %s: %s",
				    errstr, optarg);
			break;
		case 'v':
			verbose++;
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 1)
		usage();

	openlog("leased", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);

	memset(&client, 0, sizeof(client));
	if (strlcpy(client.ifname, argv[0], sizeof(client.ifname)) >=
	    sizeof(client.ifname))
		errx(1, "interface name is too long: %s", argv[0]);

	if ((pw = getpwnam(LEASED_USER)) == NULL)
		errx(1, "there is no user %s", LEASED_USER);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		err(1, "cannot talk to myself");
	if (!foreground && daemon(0, 0) == -1)
		err(1, "cannot go to the background");

	switch (fork()) {
	case -1:
		err(1, "cannot start the unprivileged side");
	case 0:
		close(pair[0]);
		break;
	default:
		close(pair[1]);
		exit(privsep_parent(pair[0], conf, client.ifname));
	}

	client.parent = pair[1];
	client.packets = privsep_socket(client.ifname);
	privsep_drop(pw);

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	client_enter(&client, ST_SEARCHING);
	client_loop(&client);

	syslog(LOG_INFO, "%s: leaving", client.ifname);
	lease_free(client.active);
	return (0);
}

static void
client_loop(struct client *client)
{
	unsigned char packet[1500];
	struct pollfd pfd;
	time_t left;
	ssize_t n;

	while (!quit) {
		left = client->wakeup - time(NULL);
		if (left < 0)
			left = 0;

		pfd.fd = client->packets;
		pfd.events = POLLIN;
		switch (poll(&pfd, 1, left * 1000)) {
		case -1:
			if (errno != EINTR)
				syslog(LOG_ERR, "poll: %s", strerror(errno));
			continue;
		case 0:
			client_timeout(client);
			continue;
		}

		n = read(client->packets, packet, sizeof(packet));
		if (n > 0)
			client_reply(client, packet, n);
	}
}

void
client_enter(struct client *client, enum client_state state)
{
	client->state = state;
	client->attempts = 0;
	client->wakeup = time(NULL);
}

static void
client_timeout(struct client *client)
{
	if (client->state == ST_BOUND) {
		client_enter(client, ST_RENEWING);
		return;
	}

	if (++client->attempts > retries) {
		if (bootp_fallback(client) == 0)
			return;
		syslog(LOG_NOTICE, "%s: nobody answers", client->ifname);
		client_enter(client, ST_SEARCHING);
		client->wakeup = time(NULL) + 60;
		return;
	}

	privsep_ask(client);
	client->wakeup = time(NULL) + (FIRST_RETRY << client->attempts);
}

void
client_reply(struct client *client, const unsigned char *packet, size_t len)
{
	struct lease *lease;

	if ((lease = calloc(1, sizeof(*lease))) == NULL) {
		syslog(LOG_ERR, "no memory for a lease");
		return;
	}
	if (options_parse(lease, packet, len) == -1) {
		syslog(LOG_WARNING, "%s: reply thrown away", client->ifname);
		lease_free(lease);
		return;
	}

	switch (client->state) {
	case ST_SEARCHING:
		lease_free(client->offered);
		client->offered = lease;
		client_enter(client, ST_REQUESTING);
		break;
	case ST_REQUESTING:
	case ST_RENEWING:
		lease_install(client, lease);
		break;
	case ST_BOUND:
		lease_free(lease);
		break;
	}
}

static void
lease_install(struct client *client, struct lease *lease)
{
	lease->granted = time(NULL);
	lease_times(lease);

	if (client->active != NULL &&
	    client->active->address.s_addr != lease->address.s_addr)
		privsep_send(client->parent, PRIV_UNSET,
		    &client->active->address, sizeof(struct in_addr));

	privsep_send(client->parent, PRIV_ADDRESS,
	    &lease->address, sizeof(struct in_addr));
	privsep_send(client->parent, PRIV_RESOLVER,
	    lease->options[6].bytes, lease->options[6].size);
	if (verbose)
		lease_log(lease, "bound to");

	lease_free(client->active);
	client->active = lease;
	client_enter(client, ST_BOUND);
	client->wakeup = lease->renewal;
}

static void
lease_times(struct lease *lease)
{
	unsigned int whole, renew;

	whole = option_seconds(lease, 51);
	renew = option_seconds(lease, 58);
	if (renew == 0)
		renew = whole / 2;

	lease->expiry = lease->granted + whole;
	lease->renewal = lease->granted + renew;
}

static void
lease_log(const struct lease *lease, const char *what)
{
	char until[32];
	struct tm *tm;

	tm = localtime(&lease->expiry);
	if (tm == NULL ||
	    strftime(until, sizeof(until), "%Y-%m-%d %H:%M:%S", tm) == 0)
		strlcpy(until, "the end of time", sizeof(until));
	syslog(LOG_INFO, "%s %s until %s", what,
	    inet_ntoa(lease->address), until);
}

void
lease_free(struct lease *lease)
{
	if (lease == NULL)
		return;
	options_free(lease);
	free(lease);
}
