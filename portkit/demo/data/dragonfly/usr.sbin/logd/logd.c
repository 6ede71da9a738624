/*
 * logd: the system's log, kept in one file a facility.
 * It grew from the same root as the one upstream has, long ago.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FACILITIES	8

struct sink {
	const char	*name;
	int		 fd;
};

static struct sink sinks[FACILITIES] = {
	{ "kernel", -1 },
	{ "mail", -1 },
	{ "cron", -1 },
	{ "login", -1 }
};

static void
sink_open(struct sink *sink)
{
	char path[128];

	snprintf(path, sizeof(path), "/var/log/%s", sink->name);
	sink->fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (sink->fd == -1)
		err(1, "%s", path);
}

static void
sink_write(struct sink *sink, const char *line, size_t size)
{
	if (sink->fd == -1)
		sink_open(sink);
	if (write(sink->fd, line, size) == -1)
		warn("%s: a line is lost", sink->name);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	return (fd);
}

int
main(void)
{
	char line[1024];
	ssize_t n;
	int fd;

	fd = listen_at("/var/run/log");
	while ((n = recv(fd, line, sizeof(line), 0)) != -1)
		if (n > 1 && line[0] >= '0' && line[0] < '0' + FACILITIES)
			sink_write(&sinks[line[0] - '0'], line + 1, n - 1);
	return (1);
}
