import { expose } from 'comlink';
import { GccHost } from './gcc-host.ts';

expose(new GccHost());
