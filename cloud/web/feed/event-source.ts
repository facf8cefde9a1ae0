import type { OpenStream } from './connection.ts';

/** The live feed over the browser's EventSource, which resumes a broken connection by Last-Event-ID itself. */
export const openEventSource: OpenStream = (handlers) => {
  const source = new EventSource('api/live');
  source.addEventListener('open', () => handlers.onOpen());
  for (const kind of ['snapshot', 'delta'] as const) {
    source.addEventListener(kind, (event) => handlers.onMessage(kind, event.data));
  }
  source.addEventListener('error', () => handlers.onFault(source.readyState === EventSource.CLOSED));
  return source;
};
