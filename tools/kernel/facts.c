// SPDX-License-Identifier: GPL-2.0
/*
 * A module that is never loaded: its sections hold what an update compiler
 * has to know about modules of this kernel.
 */
#include <linux/module.h>

const unsigned int facts[] __used __section(".hotsplice.facts") = {
	sizeof(struct module),
	offsetof(struct module, name),
	offsetof(struct module, init),
	offsetof(struct module, exit),
};

MODULE_DESCRIPTION("Facts about modules of this kernel");
MODULE_LICENSE("GPL");
