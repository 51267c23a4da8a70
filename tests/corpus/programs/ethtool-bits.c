// SPDX-License-Identifier: MIT
/*
 * ethtool-bits - sends ethtool more bits than it knows, all of them zero
 *
 * Asks for a change of no feature at all of the loopback device: once with as
 * many bits as a word has, once with more than there are features. Bits that
 * mean nothing are to be accepted as long as they are zero. Needs root.
 *
 * Exit status: 0 accepted, 1 refused, 2 anything else.
 */
#include "netlink.h"
#include <stdio.h>

#define CTRL_FAMILY 16
#define CTRL_GETFAMILY 3
#define CTRL_ATTR_FAMILY_ID 1
#define CTRL_ATTR_FAMILY_NAME 2
#define FEATURES_SET 12

struct command {
	uint8_t number, version;
	uint16_t pad;
};

static int family(int fd)
{
	struct command command = { CTRL_GETFAMILY, 1, 0 };
	struct message message;
	struct attribute *attribute;
	unsigned char *end;

	begin(&message, CTRL_FAMILY, &command, sizeof(command));
	message.flags = NLM_F_REQUEST;
	put(&message, CTRL_ATTR_FAMILY_NAME, "ethtool", 8);
	if (ask(fd, &message))
		return -1;
	end = (unsigned char *)&message + message.length;
	attribute = (struct attribute *)(message.payload + sizeof(command));
	while ((unsigned char *)attribute < end && attribute->length >= 4) {
		if (attribute->type == CTRL_ATTR_FAMILY_ID)
			return *(uint16_t *)(attribute + 1);
		attribute = (struct attribute *)((char *)attribute + ((attribute->length + 3) & ~3));
	}
	return -1;
}

static int change_nothing(int fd, int type, uint32_t bits)
{
	struct command command = { FEATURES_SET, 1, 0 };
	static const unsigned char zero[32];
	struct message message;
	struct attribute *nest;

	begin(&message, type, &command, sizeof(command));
	nest = put(&message, 1 | NLA_F_NESTED, NULL, 0); /* header */
	put(&message, 2, "lo", 3);
	nest_end(&message, nest);
	nest = put(&message, 3 | NLA_F_NESTED, NULL, 0); /* wanted features, as a bitset */
	put(&message, 2, &bits, 4);
	put(&message, 4, zero, bits / 8);
	put(&message, 5, zero, bits / 8);
	nest_end(&message, nest);
	message.flags = NLM_F_REQUEST | NLM_F_ACK;
	return ask(fd, &message);
}

int main(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	int type = fd < 0 ? -1 : family(fd);
	int few, many;

	if (type < 0) {
		puts("RESULT: there is no ethtool");
		return 2;
	}
	few = change_nothing(fd, type, 32);
	close(fd);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	many = change_nothing(fd, type, 192);
	printf("32 bits: %s\n", few ? strerror(few) : "accepted");
	printf("RESULT: 192 bits %s\n", many ? strerror(many) : "accepted");
	if (few)
		return 2;
	return many != 0;
}
