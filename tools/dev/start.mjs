/* `npm start`: installs and builds what is missing or stale, serves the page and prints its address. */
import { parseArgs } from 'node:util';
import { DIST, ensureBuilt } from './build.mjs';
import { serve } from './serve.mjs';

const { values } = parseArgs({
  options: { port: { type: 'string', default: process.env.PORT ?? '0' }, host: { type: 'string', default: '127.0.0.1' } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`npm start: --port takes a number from 0 to 65535, not “${values.port}”.`);
  process.exit(2);
}
await ensureBuilt();
try {
  const { url } = await serve(DIST, { port, host: values.host });
  console.log(`Hotsplice is at ${url}  (stop it with Ctrl-C)`);
} catch (error) {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`npm start: port ${port} is taken. Choose another with --port, or leave it out for a free one.`);
  process.exit(1);
}
