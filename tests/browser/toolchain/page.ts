import { ToolchainClient } from '../../../src/ui/toolchain-client.ts';

declare global {
  interface Window {
    /** The toolchain's port alone: what it does and what it costs, without the editor around it. */
    toolchain: ToolchainClient;
  }
}

const folder = (name: string) => new URL(`${name}/`, document.baseURI).href;
const kernel = new URLSearchParams(location.search).get('kernel') ?? '';
window.toolchain = new ToolchainClient({ kernels: folder('kernels'), toolchain: folder('toolchain'), kernel });
