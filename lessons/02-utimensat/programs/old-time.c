// SPDX-License-Identifier: MIT
/*
 * old-time FILE - asks the kernel to date a file one day before 1970
 *
 * i386 has two system calls for it: utimensat_time32, with the 32 bits of
 * seconds that a long had in 1991, and utimensat_time64, with 64 bits. A C
 * library takes one of them; this program takes both and says what came back.
 *
 * Exit status: 0 both accepted, 1 both refused with EINVAL, 2 anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UTIMENSAT_TIME32 320
#define UTIMENSAT_TIME64 412
#define DAY (24 * 60 * 60)

/* The layouts of the two system calls, not those of the C library. */
struct time32 {
	int32_t seconds, nanoseconds;
};

struct time64 {
	int64_t seconds, nanoseconds;
};

static int report(const char *name, int number, long result)
{
	int error = result < 0 ? errno : 0;

	printf("%s (number %d): %s\n", name, number,
	       error ? strerror(error) : "accepted");
	return error;
}

int main(int argc, char **argv)
{
	struct time32 narrow[2] = { { -DAY, 0 }, { -DAY, 0 } };
	struct time64 wide[2] = { { -DAY, 0 }, { -DAY, 0 } };
	int first, second;

	if (argc != 2) {
		fprintf(stderr, "usage: old-time FILE\n");
		return 2;
	}
	first = report("utimensat_time32", UTIMENSAT_TIME32,
		       syscall(UTIMENSAT_TIME32, AT_FDCWD, argv[1], narrow, 0));
	second = report("utimensat_time64", UTIMENSAT_TIME64,
			syscall(UTIMENSAT_TIME64, AT_FDCWD, argv[1], wide, 0));
	if (first != second)
		return 2;
	return first == 0 ? 0 : first == EINVAL ? 1 : 2;
}
