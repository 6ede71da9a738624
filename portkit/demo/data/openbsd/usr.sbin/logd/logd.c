/*	$OpenBSD$	*/

/*
 * logd: writes what the programs of this host have to say.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOGD_SOCKET	"/var/run/logd.sock"
#define LOGD_FILE	"/var/log/everything"

static int	 socket_open(const char *);
static int	 file_open(const char *);
static void	 line_write(int, const char *, size_t);

int
main(void)
{
	char line[2048];
	ssize_t n;
	int in, out;

	in = socket_open(LOGD_SOCKET);
	out = file_open(LOGD_FILE);

	for (;;) {
		n = recv(in, line, sizeof(line), 0);
		if (n > 0)
			line_write(out, line, n);
	}
}

static int
socket_open(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	unlink(path);

	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	return (fd);
}

static int
file_open(const char *path)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
	if (fd == -1)
		err(1, "%s", path);
	return (fd);
}

static void
line_write(int fd, const char *line, size_t size)
{
	while (size > 0 && line[size - 1] == '\n')
		size--;
	if (write(fd, line, size) == -1 || write(fd, "\n", 1) == -1)
		warn("a line is lost");
}
