/* SPDX-License-Identifier: MIT */
/* Commands: a process group each, with output streamed as fast as the host takes it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent.h"

static const struct user {
	uid_t id;
	char *environment[8];
	const char *home;
} users[] = {
	{ 0, { "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "TERM=dumb",
	       "PATH=/usr/local/bin:/sbin:/usr/sbin:/bin:/usr/bin" }, "/root" },
	{ 1000, { "HOME=/home/student", "USER=student", "LOGNAME=student", "SHELL=/bin/sh", "TERM=dumb",
		  "PATH=/usr/local/bin:/bin:/usr/bin" }, "/home/student" },
};

void exec_open(const struct frame *f)
{
	struct channel *c;

	if (f->length < 5 || f->payload[4] >= sizeof(users) / sizeof(users[0])) {
		reply_error(f->channel, "exec", EINVAL);
		return;
	}
	c = channel_new(f->channel, CHANNEL_EXEC);
	if (!c)
		return;
	c->timeout = get32(f->payload);
	c->user = f->payload[4];
}

void exec_command(struct channel *c, const struct frame *f)
{
	char *larger;

	if (c->pid)
		return;
	if (c->command_size + f->length > COMMAND_MAX) {
		channel_error(c, "command too long", E2BIG);
		return;
	}
	larger = realloc(c->command, c->command_size + f->length + 1);
	if (!larger) {
		channel_error(c, "exec", ENOMEM);
		return;
	}
	c->command = larger;
	memcpy(c->command + c->command_size, f->payload, f->length);
	c->command_size += f->length;
	c->command[c->command_size] = 0;
}

void exec_input(struct channel *c, const struct frame *f)
{
	if (c->pid)
		return;
	if (c->input < 0)
		c->input = memfd_create("stdin", MFD_CLOEXEC);
	if (c->input < 0 || write(c->input, f->payload, f->length) != f->length)
		channel_error(c, "stdin", errno);
}

/* Out of memory, the command goes, not the agent. */
static void may_be_killed(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "0", 1) < 0)
		_exit(126);
}

static void child(const struct channel *c, int out, int err)
{
	const struct user *user = &users[c->user];
	int in = c->input;
	sigset_t none;

	setsid();
	may_be_killed();
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in < 0)
		in = open("/dev/null", O_RDONLY);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (user->id && (setgroups(0, NULL) || setgid(user->id) || setuid(user->id)))
		_exit(126);
	if (chdir(user->home) && chdir("/"))
		_exit(126);
	execle("/bin/sh", "sh", "-c", c->command ? c->command : "", (char *)NULL, user->environment);
	_exit(127);
}

void exec_start(struct channel *c)
{
	int out[2], err[2];

	if (c->pid)
		return;
	if (pipe2(out, O_CLOEXEC)) {
		channel_error(c, "pipe", errno);
		return;
	}
	if (pipe2(err, O_CLOEXEC)) {
		int error = errno;

		close(out[0]);
		close(out[1]);
		channel_error(c, "pipe", error);
		return;
	}
	if (c->input >= 0)
		lseek(c->input, 0, SEEK_SET);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	c->output[0] = out[0];
	c->output[1] = err[0];
	c->pid = fork();
	if (!c->pid)
		child(c, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	if (c->pid < 0) {
		c->pid = 0;
		channel_error(c, "fork", errno);
		return;
	}
	if (c->timeout)
		c->deadline = now_ms() + c->timeout;
}

static void stop(struct channel *c, enum exit_cause cause)
{
	if (c->reaped || c->cause)
		return;
	c->cause = cause;
	c->deadline = -1;
	kill(-c->pid, SIGKILL);
	/* It may not have come as far as setsid(). */
	kill(c->pid, SIGKILL);
}

void exec_cancel(struct channel *c)
{
	if (c->pid)
		stop(c, EXIT_CANCELLED);
	else
		channel_error(c, "cancelled", ECANCELED);
}

void exec_reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < CHANNELS; i++) {
			struct channel *c = &channels[i];

			if (c->kind != CHANNEL_EXEC || c->pid != pid || c->reaped)
				continue;
			c->reaped = 1;
			c->status = status;
			c->deadline = -1;
		}
	}
}

/*
 * After the command is gone, its output ends where the pipe is empty: what it
 * left running in the background may keep the pipe open for ever.
 */
static void drain(struct channel *c, int which)
{
	while (c->output[which] >= 0 && link_room() > 2) {
		uint8_t *p = link_payload();
		ssize_t n = read(c->output[which], p, PAYLOAD_MAX);

		if (n > 0) {
			link_send(which ? FRAME_STDERR : FRAME_STDOUT, c->id, p, n);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR) && !c->reaped)
			return;
		close(c->output[which]);
		c->output[which] = -1;
	}
}

int64_t exec_work(struct channel *c)
{
	uint8_t end[5];

	if (!c->pid)
		return -1;
	if (c->deadline >= 0 && now_ms() >= c->deadline)
		stop(c, EXIT_TIMEOUT);
	drain(c, 0);
	drain(c, 1);
	if (!c->reaped || c->output[0] >= 0 || c->output[1] >= 0 || !link_room())
		return c->deadline;
	if (c->cause != EXIT_STATUS)
		put32(end + 1, SIGKILL);
	else if (WIFSIGNALED(c->status))
		c->cause = EXIT_SIGNAL, put32(end + 1, WTERMSIG(c->status));
	else
		put32(end + 1, WEXITSTATUS(c->status));
	end[0] = c->cause;
	link_send(FRAME_EXIT, c->id, end, sizeof(end));
	channel_free(c);
	return -1;
}
