// SPDX-License-Identifier: MIT
/*
 * nsid - does a message from the own network namespace carry an id of one?
 *
 * In a network namespace of its own, which is given an id as seen from itself,
 * a socket listens to messages from all namespaces and the loopback device
 * changes. Only messages from elsewhere are to carry an id. Needs root.
 *
 * Exit status: 0 no id, 1 an id, 2 could not tell.
 */
#define _GNU_SOURCE
#include "netlink.h"
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#define RTM_NEWNSID 88
#define NETNSA_NSID 1
#define NETNSA_PID 2
#define RTMGRP_LINK 1
#define SOL_NETLINK 270
#define NETLINK_LISTEN_ALL_NSID 8

static int name_namespace(uint32_t id)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	unsigned char family[4] = { 0 };
	struct message message;
	uint32_t pid = getpid();

	begin(&message, RTM_NEWNSID, family, sizeof(family));
	put(&message, NETNSA_NSID, &id, 4);
	put(&message, NETNSA_PID, &pid, 4);
	return ask(fd, &message);
}

int main(void)
{
	struct address all = { .family = AF_NETLINK, .groups = RTMGRP_LINK };
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	char data[4096], control[256];
	struct iovec vector = { data, sizeof(data) };
	struct msghdr header = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *extra;
	int on = 1, error = 0, fd;

	if (unshare(CLONE_NEWNET) || (error = name_namespace(7)) != 0) {
		printf("RESULT: no namespace with an id: %s\n", strerror(error ? error : errno));
		return 2;
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&all, sizeof(all)) ||
	    ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &loopback) || recvmsg(fd, &header, 0) <= 0) {
		perror("netlink");
		return 2;
	}
	for (extra = CMSG_FIRSTHDR(&header); extra; extra = CMSG_NXTHDR(&header, extra)) {
		if (extra->cmsg_level == SOL_NETLINK && extra->cmsg_type == NETLINK_LISTEN_ALL_NSID) {
			printf("RESULT: a message with id %d\n", *(int *)CMSG_DATA(extra));
			return 1;
		}
	}
	puts("RESULT: a message without an id");
	return 0;
}
