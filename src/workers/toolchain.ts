import { expose } from 'comlink';
import { ToolchainHost } from './toolchain-host.ts';

expose(new ToolchainHost());
