// SPDX-License-Identifier: MIT
/*
 * boottime - asks for the time since boot in every way there is
 *
 * Three answers come from code in the kernel. The fourth, clock_gettime() of
 * the C library, normally comes from the vDSO: a copy of clock code that the
 * kernel maps into every process, compiled separately and run in user mode.
 * A patch of kernel functions does not reach it.
 *
 * Exit status: 0 the three answers of the kernel agree within two seconds,
 * 1 they do not, 2 an answer could not be had.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_GETTIME64 403

/* The layout of the system call, not that of the C library. */
struct time64 {
	int64_t seconds, nanoseconds;
};

static long from_proc(void)
{
	FILE *file = fopen("/proc/uptime", "r");
	char line[64], *end;
	long seconds;

	if (!file || !fgets(line, sizeof(line), file))
		return -1;
	fclose(file);
	seconds = strtol(line, &end, 10);
	return *end == '.' ? seconds : -1;
}

static long from_sysinfo(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? -1 : (long)info.uptime;
}

static long from_system_call(void)
{
	struct time64 time;

	if (syscall(CLOCK_GETTIME64, CLOCK_BOOTTIME, &time) < 0)
		return -1;
	return (long)time.seconds;
}

static long from_library(void)
{
	struct timespec time;

	return clock_gettime(CLOCK_BOOTTIME, &time) < 0 ? -1 : time.tv_sec;
}

static void print(const char *name, long seconds)
{
	printf("%-38s %4ld days %5ld s\n", name, seconds / 86400,
	       seconds % 86400);
}

int main(void)
{
	long times[3] = { from_proc(), from_sysinfo(), from_system_call() };
	long library = from_library(), low = times[0], high = times[0];
	int i;

	print("/proc/uptime", times[0]);
	print("sysinfo()", times[1]);
	print("clock_gettime(CLOCK_BOOTTIME), kernel", times[2]);
	print("clock_gettime(CLOCK_BOOTTIME), vDSO", library);
	for (i = 0; i < 3; i++) {
		if (times[i] < 0)
			return 2;
		if (times[i] < low)
			low = times[i];
		if (times[i] > high)
			high = times[i];
	}
	return high - low <= 2 ? 0 : 1;
}
