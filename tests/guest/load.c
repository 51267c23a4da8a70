// SPDX-License-Identifier: MIT
/*
 * load SECONDS [STOP-FILE] - keeps the kernel busy and counts every byte
 *
 * Each round forks a child that sends a block of fresh pseudo-random bytes
 * through a pipe; the parent writes what arrives to a file, gives the file a
 * new time, takes the bytes back (by read, or by splice through another pipe)
 * and compares each with what was sent. Runs for SECONDS (0: no limit), or
 * until STOP-FILE exists, or until the first wrong byte.
 *
 * Exit status: 0 and a last line that ends in "ok", or 1 and a last line that
 * says which byte of which round was lost or wrong, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 20000 /* more than four pages, and not a whole number of them */

static unsigned char sent[BLOCK], got[BLOCK];
static unsigned long rounds, forks;
static unsigned long long pipe_bytes, file_bytes;
static uint32_t sum_sent = 1, sum_got = 1;
static char name[64];

static void fail(const char *what)
{
	printf("rounds=%lu: %s: %s\n", rounds, what, strerror(errno));
	unlink(name);
	exit(1);
}

static void fill(uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	int i;

	for (i = 0; i < BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		sent[i] = (unsigned char)x;
	}
}

static uint32_t add(uint32_t sum, const unsigned char *bytes)
{
	int i;

	for (i = 0; i < BLOCK; i++)
		sum = (sum << 5 | sum >> 27) ^ bytes[i];
	return sum;
}

static void compare(const char *where)
{
	int i;

	for (i = 0; i < BLOCK; i++) {
		if (sent[i] == got[i])
			continue;
		printf("rounds=%lu: %s: byte %d is %02x, was sent as %02x\n",
		       rounds, where, i, got[i], sent[i]);
		unlink(name);
		exit(1);
	}
}

/* Reads exactly one block, or fails. */
static void take(int from, const char *where)
{
	int have = 0;
	ssize_t count;

	memset(got, 0, sizeof(got));
	while (have < BLOCK) {
		count = read(from, got + have, BLOCK - have);
		if (count < 0)
			fail(where);
		if (count == 0) {
			printf("rounds=%lu: %s: lost byte %d and all after it\n",
			       rounds, where, have);
			unlink(name);
			exit(1);
		}
		have += count;
	}
	compare(where);
}

static int give(int to)
{
	int done = 0;
	ssize_t count;

	while (done < BLOCK) {
		count = write(to, sent + done, BLOCK - done);
		if (count <= 0)
			return -1;
		done += count;
	}
	return 0;
}

static void through_child(void)
{
	int ends[2], status;
	pid_t child;

	if (pipe(ends) < 0)
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		close(ends[0]);
		_exit(give(ends[1]) < 0);
	}
	close(ends[1]);
	take(ends[0], "pipe");
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("child");
	forks++;
	pipe_bytes += BLOCK;
}

static void through_file(int file)
{
	struct timespec times[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct stat stat;

	times[1].tv_sec += rounds % 1000;
	if (ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) != 0)
		fail("truncate");
	if (give(file) < 0)
		fail("file write");
	if (utimensat(AT_FDCWD, name, times, 0) < 0 || fstat(file, &stat) < 0)
		fail("file times");
	if (stat.st_mtim.tv_sec != times[1].tv_sec || stat.st_size != BLOCK) {
		errno = EIO;
		fail("file size or time is not what was set");
	}
	if (lseek(file, 0, SEEK_SET) != 0)
		fail("seek");
	file_bytes += BLOCK;
}

/* File pages hung on a pipe, as in lesson 3, but only to be read. */
static void through_splice(int file)
{
	loff_t offset = 0;
	int ends[2];

	if (pipe(ends) < 0)
		fail("pipe");
	while (offset < BLOCK)
		if (splice(file, &offset, ends[1], NULL, BLOCK - offset, 0) <= 0)
			fail("splice");
	take(ends[0], "splice");
	close(ends[0]);
	close(ends[1]);
	pipe_bytes += BLOCK;
}

int main(int argc, char **argv)
{
	struct timespec now;
	long seconds;
	time_t end;
	char *rest;
	int file;

	if (argc < 2 || argc > 3 ||
	    (seconds = strtol(argv[1], &rest, 10), *rest || seconds < 0)) {
		fprintf(stderr, "usage: load SECONDS [STOP-FILE]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	snprintf(name, sizeof(name), "/tmp/load.%d", (int)getpid());
	file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		fail(name);
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;

	do {
		fill(rounds);
		sum_sent = add(sum_sent, sent);
		through_child();
		through_file(file);
		if (rounds % 2)
			through_splice(file);
		else
			take(file, "file");
		sum_got = add(sum_got, got);
		rounds++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((seconds == 0 || now.tv_sec < end) &&
		 (argc < 3 || access(argv[2], F_OK) < 0));

	unlink(name);
	printf("rounds=%lu forks=%lu pipe_bytes=%llu file_bytes=%llu sent=%08x got=%08x %s\n",
	       rounds, forks, pipe_bytes, file_bytes, (unsigned)sum_sent,
	       (unsigned)sum_got, sum_sent == sum_got ? "ok" : "DIFFERENT");
	return sum_sent == sum_got ? 0 : 1;
}
