/* A static file server for dist/: right MIME types, precompressed files, caching, byte counts. No dependencies. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.md': 'text/markdown; charset=utf-8',
  '.patch': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.c': 'text/plain; charset=utf-8',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.gz': 'application/gzip',
  '.zst': 'application/zstd',
};

/** Files whose name carries a hash of their contents never change. */
const HASHED = /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;

/**
 * Serves `folder` on `port` (0: any free one) and `host`.
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export function serve(folder, { port = 0, host = '127.0.0.1' } = {}) {
  const server = createServer((request, response) => answer(folder, request, response));
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      const shown = host.includes(':') ? `[${host}]` : host;
      done({
        url: `http://${shown}:${server.address().port}/`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function answer(folder, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET and HEAD.');
  const path = fileFor(folder, request.url ?? '/');
  const stat = path && statSync(path, { throwIfNoEntry: false });
  if (!path || !stat?.isFile()) return refuse(response, 404, 'Not found.');
  const etag = `"${stat.size.toString(36)}-${Math.trunc(stat.mtimeMs).toString(36)}"`;
  const headers = {
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    'Cache-Control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding',
    ETag: etag,
  };
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
  const packed = compressed(path, stat, String(request.headers['accept-encoding'] ?? ''));
  if (packed) headers['Content-Encoding'] = packed.encoding;
  headers['Content-Length'] = packed?.size ?? stat.size;
  response.writeHead(200, headers);
  if (request.method === 'HEAD') return response.end();
  createReadStream(packed?.path ?? path)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** The file an address names, or nothing if it is not inside the folder. */
function fileFor(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://x').pathname);
  } catch {
    return undefined; // not an address
  }
  const file = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(folder + sep) && !file.includes('\0') ? file : undefined;
}

/** The compressed twin of a file that the browser takes, if it is not older than the file. */
function compressed(path, stat, accept) {
  for (const [encoding, suffix] of [
    ['br', 'br'],
    ['gzip', 'gz'],
  ]) {
    if (!accept.includes(encoding)) continue;
    const twin = statSync(`${path}.${suffix}`, { throwIfNoEntry: false });
    if (twin && twin.mtimeMs >= stat.mtimeMs) return { encoding, path: `${path}.${suffix}`, size: twin.size };
  }
  return undefined;
}

function refuse(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
