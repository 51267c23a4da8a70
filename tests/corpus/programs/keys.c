// SPDX-License-Identifier: MIT
/*
 * keys - gives a key a new value: the same key is to be found and updated
 *
 * Exit status: 0 it was, 1 otherwise.
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESS_KEYRING -2
#define READ 11

int main(void)
{
	long first = syscall(SYS_add_key, "user", "hotsplice", "one", 3, PROCESS_KEYRING);
	long second = syscall(SYS_add_key, "user", "hotsplice", "two", 3, PROCESS_KEYRING);
	char value[8] = "";

	if (first < 0 || second != first || syscall(SYS_keyctl, READ, second, value, sizeof(value)) != 3) {
		perror("key");
		return 1;
	}
	printf("RESULT: one key, value %s\n", value);
	return strcmp(value, "two") != 0;
}
