import type { FastifyInstance } from 'fastify';

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/**
 * Remembers which methods each path has, so that a request with another one is told "method not allowed" and which
 * are, instead of "not found". Register it before the routes.
 */
export function rememberPaths(app: FastifyInstance): (path: string) => readonly string[] {
  const known = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return; // the dashboard's files, which may be anything
    const path = known.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const each of [method].flat()) path.methods.add(each);
    known.set(url, path);
  });
  return (path) => [...known.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []));
}

function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/:\w+/g, '[^/]+')}$`);
}
