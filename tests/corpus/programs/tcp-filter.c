// SPDX-License-Identifier: MIT
/*
 * tcp-filter - may this user attach a packet filter to a TCP socket?
 *
 * The filter lets everything through. On a UDP socket it has to be accepted.
 *
 * Exit status: 0 both accepted, 1 TCP refused with EPERM, 2 anything else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The layouts of linux/filter.h, which musl does not bring. */
struct instruction {
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t operand;
};

struct program {
	unsigned short length;
	const struct instruction *instructions;
};

#define RETURN_CONSTANT 6

static int attach(int type)
{
	static const struct instruction all = { RETURN_CONSTANT, 0, 0, 0xffff };
	struct program program = { 1, &all };
	int fd = socket(AF_INET, type, 0);

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? errno : 0;
}

int main(void)
{
	int udp = attach(SOCK_DGRAM), tcp = attach(SOCK_STREAM);

	printf("udp: %s\n", udp ? strerror(udp) : "accepted");
	printf("RESULT: tcp %s\n", tcp ? strerror(tcp) : "accepted");
	if (udp || (tcp && tcp != EPERM))
		return 2;
	return tcp != 0;
}
