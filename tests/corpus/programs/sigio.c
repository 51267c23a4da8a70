// SPDX-License-Identifier: MIT
/*
 * sigio - has a whole process group told that there is something to read
 *
 * Two processes of a new group wait; the signal for input, and then the one
 * for urgent data, is to reach both.
 *
 * Exit status: 0 both were told both times, 1 otherwise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Whether the signal comes within two seconds. */
static int told(int number)
{
	struct timespec limit = { 2, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return sigtimedwait(&set, NULL, &limit) == number;
}

int main(void)
{
	sigset_t set;
	int pair[2], status = 0, here;
	pid_t child;

	setpgid(0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || fcntl(pair[0], F_SETOWN, -getpgrp()) ||
	    fcntl(pair[0], F_SETFL, O_ASYNC)) {
		perror("socket");
		return 1;
	}
	child = fork();
	if (child == 0)
		_exit(!told(SIGIO));
	if (write(pair[1], "x", 1) != 1)
		return 1;
	here = told(SIGIO);
	waitpid(child, &status, 0);
	printf("RESULT: parent %s, child %s\n", here ? "told" : "not told", status == 0 ? "told" : "not told");
	return here && status == 0 ? 0 : 1;
}
