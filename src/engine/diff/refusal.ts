/** Why an update cannot be made from a pair of objects, as one plain fact. Several may hold at once. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly symbol?: string;
  readonly section?: string;
  /** The source file it is about, in the kernel tree, and a line of it that is part of what is refused, as far as the objects know. */
  readonly file?: string;
  readonly line?: number;
  readonly message: string;
  /** What the compiler goes by. */
  readonly rule: string;
  /** The way out. */
  readonly hint: string;
  /** `--allow` with the code lets it pass: the update is made, without what is refused here. */
  readonly allowable?: true;
}

interface Rule {
  readonly rule: string;
  readonly remedy: string;
}

/** Every reason to refuse: the rule behind it, and what its author can do. */
export const REFUSALS = {
  unknown_section: {
    rule: 'What is in a section of an unknown name could matter, so nothing in such an object is taken for granted.',
    remedy: 'Take the unit out of the update, or teach section-class.ts what this section is for.',
  },
  too_many_pieces: {
    rule: 'An object may have as many strings and constants as its size explains.',
    remedy: 'Compile the unit again: no compiler makes such a section.',
  },
  unsupported_relocation: {
    rule: 'Every field that holds an address must be one the core in the guest can fill in.',
    remedy: 'Take the unit out of the update.',
  },
  bad_table: {
    rule: 'Entries of special tables are moved with the code they point into, so they must be understood.',
    remedy: 'Compile the unit with the compiler and configuration of the kernel pack.',
  },
  exports_changed: {
    rule: 'A symbol can be exported to modules if the running kernel has it, or gets it with the update.',
    remedy: 'Leave the export out, or export a function or a variable.',
  },
  data_changed: {
    rule: 'A variable keeps the value and the size it has in the running kernel; what the source says of its start is too late.',
    remedy:
      'Set the value from code: a hook that runs when the update is applied, or the functions that use it. For another size, a new variable or a shadow field.',
  },
  ambiguous_static: {
    rule: 'Code that is replaced goes on with the variables it had; which of several is which is never guessed.',
    remedy: 'Give the variable a name of its own in both sources, or keep the functions that share the name as they are.',
  },
  ignored_section: {
    rule: 'Tables that the running kernel reads by their place cannot be extended or changed from an update.',
    remedy: 'Do what the entry would cause from a hook, or leave it out of the change.',
  },
  boot_time_reference: {
    rule: 'Code and data for booting are gone from the running kernel.',
    remedy: 'Write a new function, or a copy of the data, without __init for what still has to run.',
  },
  registered_at_boot: {
    rule: 'What boot code gave the kernel to use stays in use.',
    remedy: 'Keep its name: then it is replaced where it is.',
  },
  not_replaceable: {
    rule: 'Some code stands where no jump may be written, or is entered in a way that a jump does not serve.',
    remedy: 'Change the functions it calls instead.',
  },
  function_too_short: {
    rule: 'The jump to a replacement has to fit into the function it replaces.',
    remedy: 'Change its callers instead, or call a new function from there.',
  },
  static_branch_at_entry: {
    rule: 'The jump to a replacement and a jump that the kernel rewrites cannot stand in the same place.',
    remedy: 'Change its callers instead, or call a new function from there.',
  },
  entry_too_close: {
    rule: 'Nothing may lead into the bytes that the jump to a replacement takes.',
    remedy: 'Change what leads there instead, so that it is replaced too, or write a new function.',
  },
  entry_points: {
    rule: 'The entries of a replaced function lead to the entries of the same names in the function that replaces it.',
    remedy: 'Keep the entries of the function in one function.',
  },
  section_not_splittable: {
    rule: 'A function is taken out of a section of several only if its branches to the others have room for a longer way.',
    remedy: 'Change its callers instead.',
  },
  table_reference: {
    rule: 'Entries of special tables and what they lead to are replaced together.',
    remedy: 'Keep recovery code and branch targets in the function itself.',
  },
  bad_hook: {
    rule: 'A hook is the address of a function of its unit in one of the ten sections that ksplice-patch.h knows.',
    remedy: 'Use the macros of linux/ksplice-patch.h, with a function that the same file defines.',
  },
  hook_reaches_replaced: {
    rule: 'A hook that runs while the old code is in use comes to nothing that the update replaces.',
    remedy: 'Use a function of its own for the hook, or do its work in apply, post_apply, pre_reverse or reverse.',
  },
  bad_option: {
    rule: 'An option is about one whole variable that the running kernel has.',
    remedy: 'Name a variable that the file defines before and after the change.',
  },
  static_key: {
    rule: 'The module loader sets up static branches before the core knows where anything is, so it must find their keys by itself.',
    remedy: 'Test the key with static_key_enabled() in the changed function.',
  },
  static_call: {
    rule: 'The jump of a static call is made when the kernel is built.',
    remedy: 'Call through a function pointer in the changed function.',
  },
  new_percpu: {
    rule: 'A running kernel cannot get new variables of each processor.',
    remedy: 'Use an array indexed by processor, or a shadow field.',
  },
  symbol_mismatch: {
    rule: 'A name that the whole kernel knows goes on naming the same thing.',
    remedy: 'Keep the old name for what it was, and give the new function or variable a name of its own.',
  },
} as const satisfies Record<string, Rule>;

export type RefusalCode = keyof typeof REFUSALS;

/** Refusals that `--allow` can turn off: those of which Ksplice would only have warned. */
export const ALLOWABLE = ['data_changed', 'ignored_section'] as const satisfies readonly RefusalCode[];

export type Allowable = (typeof ALLOWABLE)[number];

/** A refusal with the rule of its code, and its remedy unless there is a better one here. */
export function refusal(
  code: RefusalCode,
  message: string,
  details: Partial<Omit<Refusal, 'code' | 'message' | 'rule'>> = {},
): Refusal {
  const { rule, remedy } = REFUSALS[code];
  return { code, message, rule, hint: remedy, ...details };
}
