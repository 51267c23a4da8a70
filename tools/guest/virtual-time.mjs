// Replaces the clocks and random numbers of this process by ones that depend on what the guest has executed only. Must be
// imported before v86, which keeps the functions it finds.

/** Instructions in a virtual millisecond. */
const SPEED = 100_000;

let instructions = () => 0;
let slept = 0;
let start = 0;

/** Virtual milliseconds since the start. */
export function now() {
  return instructions() / SPEED + slept;
}

/** Begins at a date (milliseconds since 1970); `count` tells the instructions executed. */
export function useVirtualTime(date, count) {
  start = date;
  instructions = count;
}

/** Lets virtual time pass without instructions. */
export function sleep(milliseconds) {
  slept += milliseconds;
}

const RealDate = Date;
performance.now = now;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [Date.now()]));
  }
  static now() {
    return Math.floor(start + now());
  }
};

// xorshift32: a guest that is the same on every host has no secrets to protect.
let seed = 0x9e3779b9;
function next() {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
Math.random = () => next() / 2 ** 32;
crypto.getRandomValues = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = next();
  return array;
};
