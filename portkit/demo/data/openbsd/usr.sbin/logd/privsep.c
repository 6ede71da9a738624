/*	$OpenBSD$	*/

/*
 * logd: the side that may open files.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "privsep.h"

static int	 other_side = -1;

void
privsep_start(const char *user)
{
	struct passwd *pw;
	int pair[2];

	if ((pw = getpwnam(user)) == NULL)
		errx(1, "there is no user %s", user);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		err(1, "cannot talk to myself");

	switch (fork()) {
	case -1:
		err(1, "cannot split in two");
	case 0:
		close(pair[0]);
		other_side = pair[1];
		if (chroot(pw->pw_dir) == -1 || chdir("/") == -1 ||
		    setgroups(1, &pw->pw_gid) == -1 ||
		    setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1)
			err(1, "cannot become %s", user);
		return;
	default:
		close(pair[1]);
		privsep_serve(pair[0]);
		exit(0);
	}
}

void
privsep_serve(int fd)
{
	char ask;

	while (read(fd, &ask, 1) == 1)
		if (ask != 'r')
			errx(1, "the other side asks for what it may not have");
}

/*
 * Asks the privileged side to open the log once more, after its rotation.
 */
void
privsep_reopen(void)
{
	if (write(other_side, "r", 1) != 1)
		err(1, "the privileged side is gone");
}
