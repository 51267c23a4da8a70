import type { StationId } from './stations.ts';

/** What happens at each station, in two plain sentences. */
export const STORY: Readonly<Record<StationId, string>> = {
  compile:
    'Debian’s own GCC, as WebAssembly, compiles each unit that your change reaches, with the flags this kernel was built with.',
  compare: 'Object before, object after, function by function. Only what would behave differently goes into the update.',
  build: 'Two kernel modules are written and packed: the new functions, and the old units to be matched against memory.',
  upload: 'The update goes into the guest: two kernel modules, made from the patch.',
  load: 'The guest’s own insmod loads both. new_code holds the new functions; old_code holds the old units whole, to compare with.',
  match:
    'The core finds every section of the old units in memory and compares it byte for byte. Each reference it passes gives away an address.',
  stop: 'The machine stands still for a moment. The core searches the stack of every thread for code that is about to be replaced.',
  splice: 'Still stopped, the core writes a jump over the first five bytes of each old function.',
  applied: 'The machine runs on, with the new code.',
  check: 'The core looks whether its jumps are still in place, and whether a thread is inside the new code.',
  restore: 'The core puts the saved bytes back at the entry of each function.',
  undone: 'The old code runs again, and the update’s module is removed.',
};
