import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem.ts';

/** Serves the built dashboard at `/`. Where there is none, `/` says how to build it. */
export async function serveDashboard(app: FastifyInstance, directory: string | undefined): Promise<void> {
  if (directory === undefined || !existsSync(join(directory, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, async () => {
      throw new ProblemError('NOT_FOUND', 'The dashboard is not built; `npm run build` builds it.');
    });
    return;
  }
  await app.register(async (scope) => {
    // What no other route knows comes here, an updater's mistyped address too.
    scope.setErrorHandler((error, request) => {
      throw isForbidden(error) ? leadsNowhere(request.url) : error;
    });
    await scope.register(fastifyStatic, {
      root: directory,
      cacheControl: false,
      setHeaders(reply, path) {
        // Vite puts a hash of the content into the names under assets/; all else is asked for anew.
        const lasting = path.startsWith(join(directory, 'assets'));
        reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  });
}

function isForbidden(error: unknown): boolean {
  return (error as { statusCode?: unknown }).statusCode === 403;
}

function leadsNowhere(url: string): ProblemError {
  const [path] = url.split('?');
  return new ProblemError(
    'NOT_FOUND',
    `There is nothing at ${path!.slice(0, 200)}: no address here has a part that is empty, . or .., plainly or in hex.`,
  );
}
