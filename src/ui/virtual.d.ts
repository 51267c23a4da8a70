/** Made by tools/page/start-plugin.ts. */
declare module 'virtual:start-files' {
  /** Address of v86's WebAssembly. */
  export const EMULATOR: string;
  /** Paths below `kernels/`. */
  export const START_FILES: readonly string[];
}
