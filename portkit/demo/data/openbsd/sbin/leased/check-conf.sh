#!/bin/sh
#	$OpenBSD$
#
# Says which lines of leased.conf are no settings; in the public domain.

conf=${1:-/etc/leased.conf}

bad=$(grep -v '^#' "$conf" | grep -v '=')
if [ -n "$bad" ]; then
	echo "$conf: not understood:"
	echo "$bad"
	exit 1
fi
