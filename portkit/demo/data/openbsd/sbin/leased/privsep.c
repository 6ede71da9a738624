/*	$OpenBSD$	*/

/*
 * leased: the two sides, and what passes between them.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "leased.h"
#include "privsep.h"

#define RESOLV_TMP	"/etc/resolv.conf.leased"
#define PAYLOAD_MAX	1024

static int	 pipe_read(int, void *, size_t);
static int	 pipe_write(int, const void *, size_t);
static void	 parent_address(const char *, struct in_addr, int);
static void	 parent_resolver(const unsigned char *, size_t);

static int
pipe_read(int fd, void *data, size_t size)
{
	unsigned char *at = data;
	ssize_t n;

	while (size > 0) {
		n = read(fd, at, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		at += n;
		size -= n;
	}
	return (0);
}

static int
pipe_write(int fd, const void *data, size_t size)
{
	const unsigned char *at = data;
	ssize_t n;

	while (size > 0) {
		n = write(fd, at, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		at += n;
		size -= n;
	}
	return (0);
}

void
privsep_send(int fd, enum privsep_kind kind, const void *data, size_t size)
{
	struct privsep_head head;

	memset(&head, 0, sizeof(head));
	head.kind = kind;
	head.size = size;
	if (pipe_write(fd, &head, sizeof(head)) == -1 ||
	    pipe_write(fd, data, size) == -1)
		errx(1, "the privileged side is gone");
}

void
privsep_ask(struct client *client)
{
	unsigned char packet[300];

	memset(packet, 0, sizeof(packet));
	packet[0] = client->state;
	if (client->offered != NULL)
		memcpy(packet + 4, &client->offered->address,
		    sizeof(struct in_addr));
	if (write(client->packets, packet, sizeof(packet)) == -1)
		syslog(LOG_WARNING, "%s: cannot send: %s", client->ifname,
		    strerror(errno));
}

int
privsep_socket(const char *ifname)
{
	int fd;

	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		err(1, "%s: no socket", ifname);
	return (fd);
}

void
privsep_drop(struct passwd *pw)
{
	if (chroot(pw->pw_dir) == -1 || chdir("/") == -1)
		err(1, "cannot lock myself up in %s", pw->pw_dir);
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1)
		err(1, "cannot become %s", pw->pw_name);
}

int
privsep_parent(int fd, const char *conf, const char *ifname)
{
	unsigned char payload[PAYLOAD_MAX];
	struct privsep_head head;
	struct in_addr address;

	if (access(conf, R_OK) == -1 && errno != ENOENT)
		syslog(LOG_WARNING, "%s: %s", conf, strerror(errno));

	while (pipe_read(fd, &head, sizeof(head)) == 0) {
		if (pipe_read(fd, payload, head.size) == -1)
			break;

		switch (head.kind) {
		case PRIV_ADDRESS:
		case PRIV_UNSET:
			memcpy(&address, payload, sizeof(address));
			parent_address(ifname, address,
			    head.kind == PRIV_ADDRESS);
			break;
		case PRIV_RESOLVER:
			parent_resolver(payload, head.size);
			break;
		default:
			syslog(LOG_ERR, "message of unknown kind");
			return (1);
		}
	}
	return (0);
}

static void
parent_address(const char *ifname, struct in_addr address, int set)
{
	char text[INET_ADDRSTRLEN];

	if (inet_ntop(AF_INET, &address, text, sizeof(text)) == NULL)
		return;
	syslog(LOG_INFO, "%s: %s %s", ifname, set ? "takes" : "leaves", text);
}

static void
parent_resolver(const unsigned char *servers, size_t size)
{
	char line[64], text[INET_ADDRSTRLEN];
	size_t at;
	int fd;

	fd = open(RESOLV_TMP, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd == -1) {
		syslog(LOG_ERR, "%s: %s", RESOLV_TMP, strerror(errno));
		return;
	}

	for (at = 0; at + 4 <= size; at += 4) {
		inet_ntop(AF_INET, servers + at, text, sizeof(text));
		snprintf(line, sizeof(line), "nameserver %s\n", text);
		if (pipe_write(fd, line, strlen(line)) == -1) {
			syslog(LOG_ERR, "%s: %s", RESOLV_TMP, strerror(errno));
			return;
		}
	}
	close(fd);

	if (rename(RESOLV_TMP, "/etc/resolv.conf") == -1)
		syslog(LOG_ERR, "resolv.conf stays as it is: %s",
		    strerror(errno));
}
