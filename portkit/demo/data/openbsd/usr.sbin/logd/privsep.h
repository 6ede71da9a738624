/*	$OpenBSD$	*/

void	 privsep_start(const char *);
void	 privsep_serve(int);
void	 privsep_reopen(void);
