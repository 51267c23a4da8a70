/** What an abort cause of the core means to a person, and what to do. */
export interface CauseWords {
  readonly meaning: string;
  readonly hint?: string;
}

const CAUSES: Readonly<Record<string, CauseWords>> = {
  ok: { meaning: 'done' },
  no_match: {
    meaning: 'the running kernel does not hold what the pre objects say',
    hint: 'Make the pre objects from the very source, configuration and compiler of this kernel, with earlier updates applied to the source.',
  },
  code_busy: {
    meaning: 'a function to be replaced was on the stack of a thread in every try',
    hint: 'Stop what the conflicts name, or try again later. A function that some thread never leaves cannot be replaced.',
  },
  module_busy: {
    meaning: 'another update or module uses the replacement code',
    hint: 'Undo later updates first.',
  },
  out_of_memory: { meaning: 'the guest has too little memory', hint: 'Free some in the guest, or give the machine more.' },
  failed_to_find: {
    meaning: 'a symbol of the replacement code has no single address',
    hint: 'It may have been ambiguous: a unit that refers to it must be part of the match.',
  },
  already_reversed: { meaning: 'the update was undone before', hint: 'Load it again to apply it again.' },
  unexpected_running_task: { meaning: 'a thread was running while the machine should stand still' },
  unexpected: { meaning: 'the core met what it considers impossible', hint: 'See the kernel log in the report.' },
  call_failed: { meaning: 'a hook of the update refused' },
  cold_update_loaded: {
    meaning: 'a module that was left out has been loaded since',
    hint: 'Unload that module, then undo the update.',
  },
  target_not_loaded: { meaning: 'the module that the update is for is not loaded' },
};

/** The words for a cause; a cause of a newer core is shown as it is. */
export function causeWords(cause: string): CauseWords {
  return (Object.hasOwn(CAUSES, cause) ? CAUSES[cause] : undefined) ?? { meaning: cause.replaceAll('_', ' ') };
}
