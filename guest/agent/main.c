/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"

static int wake[2];

static void child_ended(int signal)
{
	int saved = errno;

	(void)signal;
	/* A full pipe wakes the loop just as well. */
	if (write(wake[1], "", 1) < 0)
		errno = 0;
	errno = saved;
}

void agent_session(const uint8_t *payload, size_t length)
{
	uint8_t reply[12];

	for (int i = 0; i < CHANNELS; i++) {
		if (channels[i].kind != CHANNEL_FREE)
			channel_free(&channels[i]);
	}
	if (length >= 16) {
		struct timespec time = {
			.tv_sec = (int64_t)get32(payload + 8) << 32 | get32(payload + 4),
			.tv_nsec = get32(payload + 12) % 1000000000,
		};

		if (time.tv_sec)
			clock_settime(CLOCK_REALTIME, &time);
	}
	put32(reply, PROTOCOL_VERSION);
	put32(reply + 4, PAYLOAD_MAX);
	put32(reply + 8, getpid());
	link_send(FRAME_HELLO, 0, reply, sizeof(reply));
}

static void cancel(struct channel *c)
{
	switch (c->kind) {
	case CHANNEL_EXEC:
		exec_cancel(c);
		break;
	case CHANNEL_TAIL:
		c->ending = 1;
		break;
	default:
		channel_error(c, "cancelled", ECANCELED);
	}
}

static void for_channel(const struct frame *f)
{
	struct channel *c = channel_find(f->channel);

	/* It has ended, and the host will learn it. */
	if (!c)
		return;
	if (f->type == FRAME_CANCEL)
		cancel(c);
	else if (c->kind == CHANNEL_EXEC && f->type == FRAME_COMMAND)
		exec_command(c, f);
	else if (c->kind == CHANNEL_EXEC && f->type == FRAME_INPUT)
		exec_input(c, f);
	else if (c->kind == CHANNEL_EXEC && f->type == FRAME_START)
		exec_start(c);
	else if (c->kind == CHANNEL_WRITE && f->type == FRAME_WRITE_DATA)
		write_data(c, f);
	else if (c->kind == CHANNEL_WRITE && f->type == FRAME_COMMIT)
		write_commit(c, f);
}

int agent_frame(const struct frame *f)
{
	/* Whatever it is, its answer takes at most one frame at once. */
	if (!link_room())
		return 0;
	switch (f->type) {
	case FRAME_EXEC:
		exec_open(f);
		break;
	case FRAME_WRITE:
		write_open(f);
		break;
	case FRAME_READ:
		read_open(f);
		break;
	case FRAME_REMOVE:
		remove_file(f);
		break;
	case FRAME_TAIL:
		tail_open(f);
		break;
	case FRAME_PING:
		reply_done(f->channel, f->payload, f->length);
		break;
	default:
		for_channel(f);
	}
	return 1;
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0 || (b >= 0 && b < a))
		return b;
	return a;
}

static int64_t work(void)
{
	int64_t next = -1;

	for (int i = 0; i < CHANNELS; i++) {
		struct channel *c = &channels[i];

		if (c->kind == CHANNEL_EXEC)
			next = earlier(next, exec_work(c));
		else if (c->kind != CHANNEL_FREE)
			next = earlier(next, file_work(c));
	}
	return next;
}

static void survive(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* Without it the agent works as well, as long as memory lasts. */
	if (fd >= 0) {
		if (write(fd, "-900", 4) < 0)
			errno = 0;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = child_ended, .sa_flags = SA_RESTART };

	survive();
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) || sigaction(SIGCHLD, &action, NULL))
		return 1;
	link_open(argc > 1 ? argv[1] : "/dev/hvc0");
	link_work(0);
	for (;;) {
		struct pollfd fds[2 + 2 * CHANNELS] = { [1] = { .fd = wake[0], .events = POLLIN } };
		int64_t next = work(), wait;
		char drop[64];
		int count = 2;

		link_poll(&fds[0]);
		for (int i = 0; i < CHANNELS && link_room() > 2; i++) {
			for (int k = 0; k < 2 && channels[i].kind == CHANNEL_EXEC; k++) {
				if (channels[i].output[k] >= 0)
					fds[count++] = (struct pollfd){ .fd = channels[i].output[k], .events = POLLIN };
			}
		}
		next = earlier(next, link_deadline());
		wait = next < 0 ? -1 : next - now_ms();
		if (next >= 0 && wait < 0)
			wait = 0;
		if (poll(fds, count, wait > 60000 ? 60000 : wait) < 0)
			fds[0].revents = fds[1].revents = 0;
		if (fds[1].revents) {
			while (read(wake[0], drop, sizeof(drop)) > 0)
				;
			exec_reap();
		}
		link_work(fds[0].revents);
	}
}
