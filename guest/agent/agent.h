/* SPDX-License-Identifier: MIT */
/*
 * The agent: carries out what the host asks for, over /dev/hvc0.
 * docs/agent-protocol.md describes the protocol; the numbers here and in
 * src/engine/guest/frame.ts are the same.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sys/types.h>

#define PROTOCOL_VERSION 1

/* A frame with its header fits one buffer of the virtio console: a page. */
#define FRAME_MAX 4096
#define HEADER_SIZE 28
#define PAYLOAD_MAX (FRAME_MAX - HEADER_SIZE)

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_READY = 2,	/* to the host; not sequenced */
	FRAME_ACK = 3,		/* not sequenced */

	/* host to guest */
	FRAME_EXEC = 16,
	FRAME_COMMAND = 17,
	FRAME_INPUT = 18,
	FRAME_START = 19,
	FRAME_CANCEL = 20,
	FRAME_WRITE = 24,
	FRAME_WRITE_DATA = 25,
	FRAME_COMMIT = 26,
	FRAME_READ = 32,
	FRAME_REMOVE = 33,
	FRAME_TAIL = 34,
	FRAME_PING = 35,

	/* guest to host */
	FRAME_STDOUT = 64,
	FRAME_STDERR = 65,
	FRAME_EXIT = 66,
	FRAME_DATA = 67,
	FRAME_DONE = 68,
	FRAME_ERROR = 69,
};

struct frame {
	uint8_t type;
	uint16_t channel;
	uint16_t length;
	const uint8_t *payload;
};

static inline uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

uint32_t crc32(uint32_t crc, const void *data, size_t size);
int64_t now_ms(void);

/* link.c: frames in order, each once, or not at all after a new session. */

/* Opens the console and announces the agent. Does not return on failure. */
void link_open(const char *path);
/* How many frames link_send() takes now. */
unsigned link_room(void);
/* Where the payload of the next frame may be put before link_send(). */
uint8_t *link_payload(void);
/* Queues the next frame; the caller has seen that there is room. */
void link_send(uint8_t type, uint16_t channel, const void *payload, size_t length);
/* What poll() has to wait for, and when link_work() has to be called at the latest (-1: no need). */
void link_poll(struct pollfd *fd);
int64_t link_deadline(void);
/* Reads, writes, repeats; calls agent_session() and agent_frame(). */
void link_work(short events);

/* main.c, called by the link. Returning 0 refuses the frame: the host repeats it. */
int agent_frame(const struct frame *frame);
/* The host began anew: nothing of the old session is wanted any more. */
void agent_session(const uint8_t *payload, size_t length);

/* channel.c: one request of the host that is under way. */

enum channel_kind { CHANNEL_FREE, CHANNEL_EXEC, CHANNEL_WRITE, CHANNEL_READ, CHANNEL_TAIL };

#define CHANNELS 32
#define COMMAND_MAX (64 * 1024)
#define PATH_LIMIT 1024

struct channel {
	enum channel_kind kind;
	uint16_t id;

	/* exec */
	char *command;
	size_t command_size;
	uint8_t user;
	uint32_t timeout;	/* ms, 0: none */
	int64_t deadline;	/* -1: none */
	pid_t pid;		/* 0: not started */
	int input;		/* a memfd, or -1 */
	int output[2];		/* stdout and stderr, -1 when at their end */
	uint8_t reaped;
	uint8_t cause;		/* enum exit_cause, as far as it is known */
	int status;

	/* files */
	int fd;
	char path[PATH_LIMIT];
	char temporary[PATH_LIMIT + 32];
	uint32_t mode;
	uint64_t offset;
	uint64_t left;
	uint32_t crc;
	uint32_t size;
	uint8_t ending;
	int64_t next;		/* tail: when to look again */
};

enum exit_cause { EXIT_STATUS = 0, EXIT_SIGNAL = 1, EXIT_TIMEOUT = 2, EXIT_CANCELLED = 3 };

extern struct channel channels[CHANNELS];

struct channel *channel_find(uint16_t id);
/* A free channel with this id, or NULL after the host was told why not. */
struct channel *channel_new(uint16_t id, enum channel_kind kind);
void channel_free(struct channel *c);
void channel_done(struct channel *c, const void *payload, size_t length);
void channel_error(struct channel *c, const char *what, int error);
void reply_done(uint16_t id, const void *payload, size_t length);
void reply_error(uint16_t id, const char *what, int error);

/* exec.c */
void exec_open(const struct frame *f);
void exec_command(struct channel *c, const struct frame *f);
void exec_input(struct channel *c, const struct frame *f);
void exec_start(struct channel *c);
void exec_cancel(struct channel *c);
void exec_reap(void);
/* Moves output and reports the end; returns the next deadline or -1. */
int64_t exec_work(struct channel *c);

/* file.c */
void write_open(const struct frame *f);
void write_data(struct channel *c, const struct frame *f);
void write_commit(struct channel *c, const struct frame *f);
void read_open(const struct frame *f);
void tail_open(const struct frame *f);
void remove_file(const struct frame *f);
/* Sends what there is to send; returns when to be called again, or -1. */
int64_t file_work(struct channel *c);

#endif
