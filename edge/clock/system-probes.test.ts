import { getEventListeners } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { SYSTEM_PROBES } from './synchronisation.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('programs that are not installed know nothing, and leave nothing behind however often they are asked for', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const { signal } = new AbortController();
  for (let asked = 0; asked < 12; asked += 1)
    for (const probe of SYSTEM_PROBES.slice(1)) expect(await probe(false, signal)).toBeUndefined();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('a program is not waited for once nobody wants its answer any more', async () => {
  for (const probe of SYSTEM_PROBES.slice(1)) expect(await probe(false, AbortSignal.abort())).toBeUndefined();
});
