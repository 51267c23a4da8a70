/** The core's abort causes in plain words. */
const CAUSES: Readonly<Record<string, string>> = {
  no_match: 'the running kernel is not the one the update was made from',
  code_busy: 'code that would be replaced is in use on a stack',
  module_busy: 'another update or module still uses the new code',
  out_of_memory: 'the guest has no memory left for it',
  failed_to_find: 'an address that the new code needs could not be found',
  already_reversed: 'the update has been undone already',
  unexpected_running_task: 'a thread ran that should have stood still',
  unexpected: 'the core found itself in a state that must not be',
  call_failed: 'a hook of the update said no',
  cold_update_loaded: 'a part of the kernel that it left out has been loaded since',
  target_not_loaded: 'the part of the kernel that it changes is not loaded',
};

export function plainCause(code: string): string {
  return CAUSES[code] ?? code.replaceAll('_', ' ');
}
