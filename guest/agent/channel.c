/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent.h"

struct channel channels[CHANNELS];

struct channel *channel_find(uint16_t id)
{
	for (int i = 0; i < CHANNELS; i++) {
		if (channels[i].kind != CHANNEL_FREE && channels[i].id == id)
			return &channels[i];
	}
	return NULL;
}

struct channel *channel_new(uint16_t id, enum channel_kind kind)
{
	if (channel_find(id)) {
		reply_error(id, "channel in use", EBUSY);
		return NULL;
	}
	for (int i = 0; i < CHANNELS; i++) {
		struct channel *c = &channels[i];

		if (c->kind != CHANNEL_FREE)
			continue;
		memset(c, 0, sizeof(*c));
		c->kind = kind;
		c->id = id;
		c->deadline = -1;
		c->input = c->output[0] = c->output[1] = c->fd = -1;
		return c;
	}
	reply_error(id, "too many requests at once", EAGAIN);
	return NULL;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void channel_free(struct channel *c)
{
	if (c->kind == CHANNEL_EXEC && c->pid && !c->reaped)
		kill(-c->pid, SIGKILL);
	close_fd(c->input);
	close_fd(c->output[0]);
	close_fd(c->output[1]);
	close_fd(c->fd);
	if (c->temporary[0])
		unlink(c->temporary);
	free(c->command);
	memset(c, 0, sizeof(*c));
}

void reply_done(uint16_t id, const void *payload, size_t length)
{
	link_send(FRAME_DONE, id, payload, length);
}

/* errno, then what the agent was doing. */
void reply_error(uint16_t id, const char *what, int error)
{
	uint8_t *p = link_payload();
	size_t length = strlen(what);

	if (length > PAYLOAD_MAX - 4)
		length = PAYLOAD_MAX - 4;
	put32(p, error);
	memcpy(p + 4, what, length);
	link_send(FRAME_ERROR, id, p, 4 + length);
}

void channel_done(struct channel *c, const void *payload, size_t length)
{
	reply_done(c->id, payload, length);
	channel_free(c);
}

void channel_error(struct channel *c, const char *what, int error)
{
	reply_error(c->id, what, error);
	channel_free(c);
}
