/* SPDX-License-Identifier: MIT */
/* Files: written whole and renamed into place, read in pieces, followed while they grow. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent.h"

#define TAIL_MS 20

/* The path is what follows `skip` bytes of numbers. 0: the host was told why not. */
static int get_path(const struct frame *f, size_t skip, char *path)
{
	size_t length = f->length > skip ? f->length - skip : 0;

	if (!length || length >= PATH_LIMIT || f->payload[skip] != '/' || memchr(f->payload + skip, 0, length)) {
		reply_error(f->channel, "not an absolute path", EINVAL);
		return 0;
	}
	memcpy(path, f->payload + skip, length);
	path[length] = 0;
	return 1;
}

/* Beside the file, so that it can be renamed; one for each channel. */
static void temporary_name(struct channel *c)
{
	static const char hex[] = "0123456789abcdef";
	size_t length = strlen(c->path);

	memcpy(c->temporary, c->path, length);
	memcpy(c->temporary + length, ".part", 5);
	for (int i = 0; i < 4; i++)
		c->temporary[length + 5 + i] = hex[c->id >> (12 - 4 * i) & 15];
	c->temporary[length + 9] = 0;
}

/* What is in the way of a directory shows when the file is opened. */
static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
}

void write_open(const struct frame *f)
{
	char path[PATH_LIMIT];
	struct channel *c;

	if (!get_path(f, 4, path))
		return;
	c = channel_new(f->channel, CHANNEL_WRITE);
	if (!c)
		return;
	strcpy(c->path, path);
	c->mode = get32(f->payload) & 07777;
	make_parents(c->path);
	temporary_name(c);
	c->fd = open(c->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c->fd < 0) {
		int error = errno;

		c->temporary[0] = 0;
		channel_error(c, "open", error);
	}
}

void write_data(struct channel *c, const struct frame *f)
{
	ssize_t n = write(c->fd, f->payload, f->length);

	if (n != f->length) {
		channel_error(c, "write", n < 0 ? errno : ENOSPC);
		return;
	}
	c->crc = crc32(c->crc, f->payload, f->length);
	c->size += f->length;
}

void write_commit(struct channel *c, const struct frame *f)
{
	if (f->length < 8 || get32(f->payload) != c->size || get32(f->payload + 4) != c->crc)
		channel_error(c, "size or checksum differs", EBADMSG);
	else if (fchmod(c->fd, c->mode))
		channel_error(c, "chmod", errno);
	else if (rename(c->temporary, c->path))
		channel_error(c, "rename", errno);
	else {
		c->temporary[0] = 0;
		channel_done(c, NULL, 0);
	}
}

void read_open(const struct frame *f)
{
	char path[PATH_LIMIT];
	struct channel *c;

	if (!get_path(f, 8, path))
		return;
	c = channel_new(f->channel, CHANNEL_READ);
	if (!c)
		return;
	c->offset = get32(f->payload);
	c->left = get32(f->payload + 4);
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		channel_error(c, "open", errno);
}

void tail_open(const struct frame *f)
{
	char path[PATH_LIMIT];
	struct channel *c;

	if (!get_path(f, 4, path))
		return;
	c = channel_new(f->channel, CHANNEL_TAIL);
	if (!c)
		return;
	strcpy(c->path, path);
	c->offset = get32(f->payload);
	c->next = now_ms();
}

void remove_file(const struct frame *f)
{
	char path[PATH_LIMIT];

	if (!get_path(f, 0, path))
		return;
	if (unlink(path))
		reply_error(f->channel, "unlink", errno);
	else
		reply_done(f->channel, NULL, 0);
}

/* Sends one piece: 1 sent, 0 nothing there, -1 error. */
static int send_piece(struct channel *c, size_t limit)
{
	uint8_t *p = link_payload();
	ssize_t n = pread(c->fd, p, limit < PAYLOAD_MAX ? limit : PAYLOAD_MAX, c->offset);

	if (n <= 0)
		return n;
	link_send(FRAME_DATA, c->id, p, n);
	c->offset += n;
	return 1;
}

static int64_t read_work(struct channel *c)
{
	uint8_t more = 0, byte;

	while (link_room() > 2 && c->left) {
		uint64_t before = c->offset;
		int n = send_piece(c, c->left);

		if (n < 0) {
			channel_error(c, "read", errno);
			return -1;
		}
		if (!n) {
			channel_done(c, &more, 1);
			return -1;
		}
		c->left -= c->offset - before;
	}
	if (!c->left && link_room()) {
		more = pread(c->fd, &byte, 1, c->offset) > 0;
		channel_done(c, &more, 1);
	}
	return -1;
}

/* The file may appear late, and its directory may go at any time: it is open only for a look. */
static int64_t tail_work(struct channel *c)
{
	if (now_ms() < c->next && !c->ending)
		return c->next;
	c->fd = open(c->path, O_RDONLY | O_CLOEXEC);
	if (c->fd >= 0) {
		int n = 1;

		while (link_room() > 2 && (n = send_piece(c, PAYLOAD_MAX)) > 0)
			;
		close(c->fd);
		c->fd = -1;
		if (n > 0)
			return -1;	/* no room: the next acknowledgement wakes us */
	}
	if (c->ending && link_room()) {
		channel_done(c, NULL, 0);
		return -1;
	}
	c->next = now_ms() + TAIL_MS;
	return c->next;
}

int64_t file_work(struct channel *c)
{
	switch (c->kind) {
	case CHANNEL_READ:
		return read_work(c);
	case CHANNEL_TAIL:
		return tail_work(c);
	default:
		return -1;
	}
}
