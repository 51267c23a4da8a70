import { expose } from 'comlink';
import { SessionHost } from './session-host.ts';

expose(new SessionHost());
