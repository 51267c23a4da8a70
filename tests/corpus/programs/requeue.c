// SPDX-License-Identifier: MIT
/*
 * requeue - moves a thread from one futex to another that inherits priority
 *
 * A thread waits to be requeued; the main thread requeues it to a lock that
 * is free and then to one that is held. A second thread waits with a timeout
 * that strikes before anybody requeues it.
 *
 * Exit status: 0 if all went as it should, 1 otherwise.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCK_PI 6
#define UNLOCK_PI 7
#define WAIT_REQUEUE_PI 11
#define CMP_REQUEUE_PI 12

struct time32 {
	int32_t seconds, nanoseconds;
};

static uint32_t from, to;

static int futex(uint32_t *word, int operation, uint32_t value, const void *timeout, uint32_t *other, uint32_t expected)
{
	return syscall(SYS_futex, word, operation, value, timeout, other, expected) < 0 ? errno : 0;
}

static void nap(void)
{
	struct timespec time = { 0, 200000000 };

	nanosleep(&time, NULL);
}

static void *waiter(void *limit)
{
	int error = futex(&from, WAIT_REQUEUE_PI, 0, limit, &to, 0);

	if (error == 0)
		futex(&to, UNLOCK_PI, 0, NULL, NULL, 0);
	return (void *)(intptr_t)error;
}

static int round_trip(int held, int late)
{
	struct time32 past = { 1, 0 };
	pthread_t thread;
	void *result;
	int error = 0;

	if (held)
		futex(&to, LOCK_PI, 0, NULL, NULL, 0);
	if (pthread_create(&thread, NULL, waiter, late ? &past : NULL))
		return -1;
	nap();
	if (!late && syscall(SYS_futex, &from, CMP_REQUEUE_PI, 1, 0, &to, 0) < 0)
		error = errno;
	if (held)
		futex(&to, UNLOCK_PI, 0, NULL, NULL, 0);
	pthread_join(thread, &result);
	return error ? error : (int)(intptr_t)result;
}

int main(void)
{
	int free_lock = round_trip(0, 0), held_lock = round_trip(1, 0), late = round_trip(0, 1);

	printf("RESULT: free lock %s, held lock %s, too late: %s\n", free_lock ? strerror(free_lock) : "taken",
	       held_lock ? strerror(held_lock) : "taken", strerror(late));
	return free_lock || held_lock || late != ETIMEDOUT;
}
