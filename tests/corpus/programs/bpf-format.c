// SPDX-License-Identifier: MIT
/*
 * bpf-format - are bytes beyond ASCII allowed in a format string of BPF?
 *
 * Loads programs that call bpf_snprintf with a constant format; the verifier
 * looks at the format. Plain ASCII has to pass, a letter with an accent behind
 * a percent sign must not; the one in plain text is the question.
 *
 * Exit status: 0 accepted, 1 refused, 2 anything else.
 */
#include "bpf.h"
#include <errno.h>
#include <stdio.h>

static int load(const char *format)
{
	struct bpf_map map = {
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 32, .max_entries = 1,
		.flags = BPF_F_RDONLY_PROG,
	};
	int fd = bpf(BPF_MAP_CREATE, &map, sizeof(map));
	char value[32] = "";
	uint32_t key = 0;
	struct bpf_element element = { .map = fd, .key = pointer(&key), .value = pointer(value) };
	uint32_t frozen = fd;
	struct bpf_insn program[] = {
		MOV(1, 0), MOV(2, 0), LOAD64(3, BPF_PSEUDO_MAP_VALUE, fd, 0), MOV(4, 0), MOV(5, 0),
		CALL(BPF_FUNC_SNPRINTF), MOV(0, 0), EXIT,
	};
	int loaded, error;

	strcpy(value, format);
	if (fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &element, sizeof(element)) ||
	    bpf(BPF_MAP_FREEZE, &frozen, sizeof(frozen))) {
		perror("map");
		return -1;
	}
	loaded = bpf_load(program, sizeof(program) / sizeof(*program));
	error = loaded < 0 ? errno : 0;
	if (loaded >= 0)
		close(loaded);
	close(fd);
	return error;
}

int main(void)
{
	int ascii = load("naive"), wrong = load("%\xc3\xaf"), utf8 = load("na\xc3\xafve");

	printf("ascii: %s\n", ascii ? strerror(ascii) : "accepted");
	printf("behind a percent sign: %s\n", wrong ? strerror(wrong) : "accepted");
	if (ascii || wrong != EINVAL || (utf8 && utf8 != EINVAL))
		return 2;
	printf("RESULT: utf-8 %s\n", utf8 ? strerror(utf8) : "accepted");
	return utf8 != 0;
}
