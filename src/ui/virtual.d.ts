/** Made by tools/page/start-plugin.ts. */
declare module 'virtual:start-files' {
  /** Address of v86's WebAssembly. */
  export const EMULATOR: string;
  /** Id of the kernel pack that the page starts. */
  export const KERNEL: string;
  /** Paths below `kernels/`. */
  export const START_FILES: readonly string[];
}
