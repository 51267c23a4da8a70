/* SPDX-License-Identifier: MIT */
/* The little of netlink that the checks need; musl brings no headers of Linux. */
#ifndef CORPUS_NETLINK_H
#define CORPUS_NETLINK_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NETLINK_ROUTE 0
#define NETLINK_GENERIC 16
#define NLM_F_REQUEST 1
#define NLM_F_ACK 4
#define NLA_F_NESTED 0x8000
#define NLMSG_ERROR 2

struct address {
	uint16_t family, pad;
	uint32_t pid, groups;
};

struct message {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, pid;
	unsigned char payload[512];
};

struct attribute {
	uint16_t length, type;
};

static inline void begin(struct message *message, int type, const void *header, unsigned int size)
{
	memset(message, 0, sizeof(*message));
	message->type = type;
	message->flags = NLM_F_REQUEST | NLM_F_ACK;
	memcpy(message->payload, header, size);
	message->length = 16 + size;
}

/* Appends an attribute and gives its place, for nest_end(). */
static inline struct attribute *put(struct message *message, int type, const void *data, unsigned int size)
{
	struct attribute *attribute = (struct attribute *)((char *)message + message->length);

	attribute->type = type;
	attribute->length = 4 + size;
	if (size)
		memcpy(attribute + 1, data, size);
	message->length += (attribute->length + 3) & ~3;
	return attribute;
}

static inline void nest_end(struct message *message, struct attribute *nest)
{
	nest->length = (char *)message + message->length - (char *)nest;
}

/* Sends a request; the answer replaces it. Gives the errno of a refusal, 0 otherwise. */
static inline int ask(int fd, struct message *message)
{
	if (send(fd, message, message->length, 0) < 0 || recv(fd, message, sizeof(*message), 0) < 20)
		return errno;
	return message->type == NLMSG_ERROR ? -*(int32_t *)message->payload : 0;
}

#endif
