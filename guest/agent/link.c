/* SPDX-License-Identifier: MIT */
/*
 * The link: frames over a console that may lose what the host sends.
 *
 * Each direction numbers its frames from 1 in each session and repeats them
 * from the oldest one that is not acknowledged. A receiver takes frames in
 * order only. The host's window is smaller than the console's queue of
 * buffers, so repeating is the exception.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"

#define SLOTS 32		/* frames that may be unacknowledged */
#define REPEAT_MS 500
#define STALE_MS 50		/* the rest of a frame comes within this time */

static const uint8_t from_host[4] = "HSP>";
static const uint8_t to_host[4] = "HSP<";

static int fd;
static uint32_t session;	/* 0: none yet */

static uint8_t in[4 * FRAME_MAX];
static size_t in_size;
static int64_t in_time;
static uint32_t in_next;	/* sequence number expected */
static int ack_due;

static uint8_t slots[SLOTS][FRAME_MAX];
static size_t slot_size[SLOTS];
static uint32_t out_oldest = 1;	/* oldest unacknowledged */
static uint32_t out_write = 1;	/* next to be written */
static uint32_t out_next = 1;	/* next free number */
static int64_t out_time;	/* of the last progress */

static uint8_t wire[FRAME_MAX];	/* what is being written */
static size_t wire_size, wire_done;

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	static uint32_t table[256];
	const uint8_t *p = data;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int k = 0; k < 8; k++)
				c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
			table[i] = c;
		}
	}
	crc = ~crc;
	while (size--)
		crc = table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return ~crc;
}

/* Fills in the header in front of the payload that is already in place. */
static size_t seal(uint8_t *frame, uint32_t sequence, uint8_t type, uint16_t channel, size_t length)
{
	memcpy(frame, to_host, 4);
	put32(frame + 4, session);
	put32(frame + 8, sequence);
	put32(frame + 12, in_next ? in_next - 1 : 0);
	frame[16] = type;
	frame[17] = 0;
	put16(frame + 18, channel);
	put16(frame + 20, length);
	put16(frame + 22, 0);
	put32(frame + 24, crc32(crc32(0, frame, 24), frame + HEADER_SIZE, length));
	return HEADER_SIZE + length;
}

unsigned link_room(void)
{
	return session ? SLOTS - (out_next - out_oldest) : 0;
}

uint8_t *link_payload(void)
{
	return slots[out_next % SLOTS] + HEADER_SIZE;
}

void link_send(uint8_t type, uint16_t channel, const void *payload, size_t length)
{
	uint8_t *frame = slots[out_next % SLOTS];

	if (length && payload != frame + HEADER_SIZE)
		memcpy(frame + HEADER_SIZE, payload, length);
	slot_size[out_next % SLOTS] = seal(frame, out_next, type, channel, length);
	if (out_oldest == out_next)
		out_time = now_ms();
	out_next++;
}

static void open_console(const char *path)
{
	struct termios raw;

	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &raw))
		exit(1);
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &raw))
		exit(1);
}

void link_open(const char *path)
{
	open_console(path);
	wire_size = seal(wire, 0, FRAME_READY, 0, 0);
}

static void new_session(uint32_t number, const struct frame *hello)
{
	session = number;
	in_next = 2;
	out_oldest = out_write = out_next = 1;
	agent_session(hello->payload, hello->length);
}

static void acknowledged(uint32_t number)
{
	if (number < out_oldest || number >= out_next)
		return;
	out_oldest = number + 1;
	if (out_write < out_oldest)
		out_write = out_oldest;
	out_time = now_ms();
}

static void received(const uint8_t *p, size_t length)
{
	uint32_t number = get32(p + 4), sequence = get32(p + 8);
	struct frame f = {
		.type = p[16],
		.channel = p[18] | p[19] << 8,
		.length = length,
		.payload = p + HEADER_SIZE,
	};

	if (f.type == FRAME_HELLO && number && number != session) {
		new_session(number, &f);
		ack_due = 1;
		return;
	}
	if (!session || number != session)
		return;
	acknowledged(get32(p + 12));
	if (!sequence)
		return;
	ack_due = 1;
	if (sequence == in_next && agent_frame(&f))
		in_next++;
}

/* Returns how many bytes of the buffer are done with. */
static size_t take(const uint8_t *p, size_t size, int stale)
{
	size_t length;

	if (size < 4 || memcmp(p, from_host, 4)) {
		const uint8_t *next = memchr(p + 1, from_host[0], size - 1);

		if (size < 4 && !memcmp(p, from_host, size) && !stale)
			return 0;
		return next ? (size_t)(next - p) : size;
	}
	if (size < HEADER_SIZE)
		return stale ? 1 : 0;
	length = p[20] | p[21] << 8;
	if (length > PAYLOAD_MAX)
		return 1;
	if (size < HEADER_SIZE + length)
		return stale ? 1 : 0;
	if (crc32(crc32(0, p, 24), p + HEADER_SIZE, length) != get32(p + 24))
		return 1;
	received(p, length);
	return HEADER_SIZE + length;
}

static void parse(int stale)
{
	size_t at = 0;

	while (at < in_size) {
		size_t n = take(in + at, in_size - at, stale);

		if (!n)
			break;
		at += n;
	}
	memmove(in, in + at, in_size - at);
	in_size -= at;
}

static void input(void)
{
	for (int i = 0; i < 8; i++) {
		ssize_t n = read(fd, in + in_size, sizeof(in) - in_size);

		if (n <= 0)
			break;
		in_size += n;
		in_time = now_ms();
		parse(0);
	}
}

/* Chooses what is written next; 0 if nothing is waiting. */
static int next_on_wire(void)
{
	wire_done = wire_size = 0;
	if (out_write < out_next) {
		size_t i = out_write % SLOTS;

		/* The acknowledgement in it has to be the current one. */
		wire_size = seal(slots[i], out_write, slots[i][16], slots[i][18] | slots[i][19] << 8,
				 slot_size[i] - HEADER_SIZE);
		memcpy(wire, slots[i], wire_size);
		out_write++;
		ack_due = 0;
	} else if (ack_due) {
		wire_size = seal(wire, 0, FRAME_ACK, 0, 0);
		ack_due = 0;
	}
	return wire_size > 0;
}

static void output(void)
{
	while (wire_done < wire_size || next_on_wire()) {
		ssize_t n = write(fd, wire + wire_done, wire_size - wire_done);

		if (n <= 0)
			break;
		wire_done += n;
	}
}

void link_poll(struct pollfd *p)
{
	p->fd = fd;
	p->events = POLLIN;
	if (wire_done < wire_size || out_write < out_next || ack_due)
		p->events |= POLLOUT;
}

int64_t link_deadline(void)
{
	int64_t deadline = -1;

	if (out_oldest < out_next)
		deadline = out_time + REPEAT_MS;
	if (in_size && (deadline < 0 || in_time + STALE_MS < deadline))
		deadline = in_time + STALE_MS;
	return deadline;
}

void link_work(short events)
{
	int64_t now = now_ms();

	if (events & (POLLERR | POLLHUP | POLLNVAL))
		exit(1);
	if (events & POLLIN)
		input();
	else if (in_size && now >= in_time + STALE_MS)
		parse(1);
	if (out_oldest < out_next && now >= out_time + REPEAT_MS) {
		out_write = out_oldest;
		out_time = now;
	}
	output();
}
