// SPDX-License-Identifier: MIT
/*
 * orphan - leaves a segment of shared memory behind and prints its id
 */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	printf("%d\n", id);
	return id < 0;
}
