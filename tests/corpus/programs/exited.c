// SPDX-License-Identifier: MIT
/*
 * exited - asks for a file of a process that has exited
 *
 * A child exits and stays a zombie; pidfd_getfd(2) asks for its standard
 * input.
 *
 * Prints the error. Exit status: 0 if there was one, 2 otherwise.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	siginfo_t info;
	pid_t child = fork();
	long pidfd, file;
	int error;

	if (child == 0)
		_exit(0);
	if (child < 0 || waitid(P_PID, child, &info, WEXITED | WNOWAIT)) {
		perror("child");
		return 2;
	}
	pidfd = syscall(SYS_pidfd_open, child, 0);
	if (pidfd < 0) {
		perror("pidfd_open");
		return 2;
	}
	file = syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	error = file < 0 ? errno : 0;
	waitpid(child, NULL, 0);
	printf("RESULT: %s\n", error ? strerror(error) : "a file");
	return error ? 0 : 2;
}
