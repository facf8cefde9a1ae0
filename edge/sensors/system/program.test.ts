import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { systemPrograms } from './program.ts';
import { machineOf } from './testing/machine.ts';

function programs(signal: AbortSignal) {
  const { programs: folder } = machineOf({
    sys: {},
    programs: { works: 'echo yes', fails: 'echo no >&2; exit 3', hangs: 'exec /bin/sleep 60' },
  });
  return systemPrograms({ withinMs: 10_000, folder, signal });
}

it('leaves nothing behind on the signal of its caller, be a program there or not', async () => {
  const { signal } = new AbortController();
  const { print } = programs(signal);
  expect(await print('works')).toBe('yes\n');
  expect(await print('absent')).toBeUndefined();
  await expect(print('fails')).rejects.toThrow('fails: no');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('ends a program that runs when its caller ends, and starts none afterwards', async () => {
  const ending = new AbortController();
  const { print } = programs(ending.signal);
  const hanging = expect(print('hangs')).rejects.toThrow('hangs: ');
  ending.abort();
  await hanging;
  await expect(print('works')).rejects.toThrow('works: ');
});
