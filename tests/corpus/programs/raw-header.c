// SPDX-License-Identifier: MIT
/*
 * raw-header - sends a packet whose header says it is shorter than a header
 *
 * In a network namespace of its own, over its loopback device. Needs root.
 *
 * Exit status: 0 accepted, 1 refused with EINVAL, 2 anything else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int deliver(unsigned char words)
{
	unsigned char packet[40] = { 0x40 | words, [8] = 64, [9] = IPPROTO_RAW, [16] = 127, [19] = 1 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	return sendto(fd, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

int main(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int whole, crippled;

	if (unshare(CLONE_NEWNET) || ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &loopback)) {
		perror("network");
		return 2;
	}
	whole = deliver(5);
	crippled = deliver(4);
	printf("header of five words: %s\n", whole ? strerror(whole) : "accepted");
	printf("RESULT: header of four words %s\n", crippled ? strerror(crippled) : "accepted");
	if (whole || (crippled && crippled != EINVAL))
		return 2;
	return crippled != 0;
}
