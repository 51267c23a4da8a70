import { expect, it } from 'vitest';
import { definitionsOf, numberLines } from './definitions.ts';

const SOURCE = `/* int not_this(int x) */
#include <linux/fs.h>
#define LIMIT 7
#define LONGER(x) \\
	do { \\
	} while (0)

struct pair {
	int a;
} __packed;

typedef struct {
	int b;
} named_t;

enum colour {
	RED,
	GREEN = 4,
};

static const int weights[4] = { 1, 2, 3, 4 };
static int count;
int prototype(int x);
EXPORT_SYMBOL(prototype);

static inline int
split_head(int x)
{
	if (x)
		goto out;
out:
	return x;
}

int one_line(int x) { return x; }

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf,
		size_t, count)
{
	return 0;
}

static struct file_operations fops = {
	.open = one_line,
};
__attribute__((section(".x"))) int marked(void)
{
	return '{';
}
`;

it('finds what a source defines, and on which lines', () => {
  const found = definitionsOf(numberLines(SOURCE)).map(({ kind, names, first, last }) =>
    `${first}-${last} ${kind} ${names.join(' ')}`.trim(),
  );
  expect(found).toEqual([
    '3-3 macro LIMIT',
    '4-6 macro LONGER',
    '8-10 struct pair',
    '12-14 struct named_t',
    '16-19 enum colour RED GREEN',
    '21-21 variable weights',
    '22-22 variable count',
    '23-23 other prototype',
    '24-24 other prototype EXPORT_SYMBOL',
    '26-33 function split_head',
    '35-35 function one_line',
    '37-41 function read SYSCALL_DEFINE3',
    '43-45 variable fops',
    '46-49 function marked',
  ]);
});

it('survives what is no source at all', () => {
  for (const text of ['', '}', '{{{{', 'int f(', '#define', 'struct\n'.repeat(200), 'x:', 'enum {'])
    expect(() => definitionsOf(numberLines(text))).not.toThrow();
});
