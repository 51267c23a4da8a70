// SPDX-License-Identifier: MIT
/*
 * source-route - may this user have packets sent along a route of his own?
 *
 * Sets two IP options on a UDP socket: a record of the route (that has to
 * work) and a strict source route.
 *
 * Exit status: 0 both accepted, 1 the source route refused with EPERM, 2 anything else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define RECORD_ROUTE 7
#define STRICT_SOURCE_ROUTE 137

static int set(unsigned char type)
{
	unsigned char option[8] = { type, 7, 4, 127, 0, 0, 1, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option)) ? errno : 0;
}

int main(void)
{
	int record = set(RECORD_ROUTE), source = set(STRICT_SOURCE_ROUTE);

	printf("record route: %s\n", record ? strerror(record) : "accepted");
	printf("RESULT: source route %s\n", source ? strerror(source) : "accepted");
	if (record || (source && source != EPERM))
		return 2;
	return source != 0;
}
