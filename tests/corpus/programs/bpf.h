/* SPDX-License-Identifier: MIT */
/* The little of bpf(2) that the checks need, in the layout of the system call; musl brings no headers of Linux. */
#ifndef CORPUS_BPF_H
#define CORPUS_BPF_H

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BPF_MAP_CREATE = 0, BPF_MAP_UPDATE_ELEM = 2, BPF_PROG_LOAD = 5, BPF_PROG_TEST_RUN = 10, BPF_MAP_FREEZE = 22 };

#define BPF_MAP_TYPE_ARRAY 2
#define BPF_PROG_TYPE_SOCKET_FILTER 1
#define BPF_F_RDONLY_PROG (1 << 7)
#define BPF_PSEUDO_MAP_VALUE 2
#define BPF_FUNC_SNPRINTF 165

struct bpf_insn {
	uint8_t code;
	uint8_t registers; /* destination in the low half, source in the high one */
	int16_t off;
	int32_t imm;
};

#define MOV(register, value) { 0xb7, register, 0, value }
#define LOAD64(register, source, low, high) { 0x18, (register) | (source) << 4, 0, low }, { 0, 0, 0, high }
#define CALL(function) { 0x85, 0, 0, function }
#define EXIT { 0x95, 0, 0, 0 }

struct bpf_map {
	uint32_t type, key_size, value_size, max_entries, flags;
};

struct bpf_element {
	uint32_t map, pad;
	uint64_t key, value, flags;
};

struct bpf_program {
	uint32_t type, count;
	uint64_t instructions, license;
	uint32_t log_level, log_size;
	uint64_t log;
	uint32_t kernel_version, flags;
};

struct bpf_test {
	uint32_t program, result, size_in, size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration, context_size_in, context_size_out;
	uint64_t context_in, context_out;
	uint32_t flags, cpu, batch_size, pad;
};

static inline uint64_t pointer(const void *address)
{
	return (uintptr_t)address;
}

static inline int bpf(int command, void *attributes, unsigned int size)
{
	return (int)syscall(SYS_bpf, command, attributes, size);
}

static inline int bpf_load(const struct bpf_insn *instructions, unsigned int count)
{
	struct bpf_program program = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.count = count,
		.instructions = pointer(instructions),
		.license = pointer("Dual MIT/GPL"),
	};

	return bpf(BPF_PROG_LOAD, &program, sizeof(program));
}

#endif
