import type { Connect, Plugin } from 'vite';

/**
 * The files of the packs are compressed, and are to arrive that way: their hashes are those of the compressed bytes. Of a .gz
 * file Vite's own server would say that only its transfer is compressed, and the browser would unpack it. It keeps a header that
 * is there already.
 */
export function packedFiles(): Plugin {
  return {
    name: 'hotsplice-packed-files',
    configureServer: (server) => void server.middlewares.use(asTheyAre),
    configurePreviewServer: (server) => void server.middlewares.use(asTheyAre),
  };
}

const asTheyAre: Connect.NextHandleFunction = (request, response, next) => {
  if (/\.gz(?:\?|$)/.test(request.url ?? '')) {
    response.setHeader('Content-Encoding', 'identity');
    response.setHeader('Content-Type', 'application/gzip');
  }
  next();
};
