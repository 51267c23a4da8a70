// SPDX-License-Identifier: MIT
/*
 * core-wait - in which state do threads wait while their process dumps core?
 *
 * A child with a second thread aborts. Its core goes to a program that reads
 * nothing of it for a second, so there is time to look at the second thread.
 * Needs root, for core_pattern, which is put back.
 *
 * Prints the state's letter. Exit status: 0, or 2 if it could not tell.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"
#define MEMORY (1 << 20) /* more than a pipe holds */

static void wait_milliseconds(long milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static ssize_t transfer(const char *path, int flags, char *text, size_t size)
{
	int fd = open(path, flags);
	ssize_t done = fd < 0 ? -1 : flags == O_RDONLY ? read(fd, text, size) : write(fd, text, size);

	if (fd >= 0)
		close(fd);
	return done;
}

static void *second(void *channel)
{
	char id[16];
	int length = snprintf(id, sizeof(id), "%d", gettid());

	if (write(*(int *)channel, id, length) != length)
		_exit(2);
	for (;;)
		pause();
	return NULL;
}

static void child(int channel)
{
	char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	if (memory == MAP_FAILED)
		_exit(2);
	memset(memory, 1, MEMORY);
	if (pthread_create(&thread, NULL, second, &channel))
		_exit(2);
	wait_milliseconds(200);
	abort();
}

int main(void)
{
	char before[128], path[80], stat[512], id[16] = "", *state = NULL;
	char pattern[] = "|/bin/sleep 1";
	ssize_t length = transfer(PATTERN, O_RDONLY, before, sizeof(before));
	int channel[2];
	pid_t pid;

	if (length <= 0 || transfer(PATTERN, O_WRONLY, pattern, sizeof(pattern) - 1) < 0 || pipe(channel)) {
		perror(PATTERN);
		return 2;
	}
	pid = fork();
	if (pid == 0)
		child(channel[1]);
	if (pid > 0 && read(channel[0], id, sizeof(id) - 1) > 0) {
		wait_milliseconds(500);
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", pid, id);
		ssize_t got = transfer(path, O_RDONLY, stat, sizeof(stat) - 1);
		if (got > 0) {
			stat[got] = 0;
			state = strrchr(stat, ')');
		}
	}
	waitpid(pid, NULL, 0);
	if (transfer(PATTERN, O_WRONLY, before, length) < 0 || state == NULL) {
		puts("RESULT: could not tell");
		return 2;
	}
	printf("RESULT: the second thread waits in state %c\n", state[2]);
	return 0;
}
