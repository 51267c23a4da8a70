// SPDX-License-Identifier: MIT
/*
 * bpf-test-run - what BPF_PROG_TEST_RUN says to odd requests
 *
 * Runs a program that does nothing on a whole IP packet (that has to work), on
 * one that ends in the middle of its IP header, and on a whole one with the
 * flag that asks for a checksum.
 *
 * Exit status: 0 if the whole packet passed, 2 otherwise.
 */
#include "bpf.h"
#include <errno.h>
#include <stdio.h>

#define ETHERNET_HEADER 14
#define IP_HEADER 20
#define CHECKSUM_COMPLETE (1 << 2)

static int run(int program, unsigned int size, unsigned int flags)
{
	static unsigned char packet[ETHERNET_HEADER + IP_HEADER + 26];
	struct bpf_test test = {
		.program = program, .size_in = size, .data_in = pointer(packet), .repeat = 1, .flags = flags,
	};

	packet[12] = 0x08; /* IP follows … */
	packet[ETHERNET_HEADER] = 0x45; /* … version 4, with a header of five words */
	return bpf(BPF_PROG_TEST_RUN, &test, sizeof(test)) ? errno : 0;
}

static const char *words(int error)
{
	return error ? strerror(error) : "accepted";
}

int main(void)
{
	struct bpf_insn nothing[] = { MOV(0, 0), EXIT };
	int program = bpf_load(nothing, 2);
	int whole;

	if (program < 0) {
		perror("BPF_PROG_LOAD");
		return 2;
	}
	whole = run(program, ETHERNET_HEADER + IP_HEADER + 26, 0);
	printf("whole packet: %s\n", words(whole));
	printf("RESULT: short packet %s\n", words(run(program, ETHERNET_HEADER + 4, 0)));
	printf("RESULT: checksum %s\n", words(run(program, ETHERNET_HEADER + IP_HEADER + 26, CHECKSUM_COMPLETE)));
	return whole ? 2 : 0;
}
