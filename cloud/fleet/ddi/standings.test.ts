import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import type { Store } from '../../store/index.ts';
import { Standings } from './standings.ts';

interface Asked {
  readonly ids: readonly string[];
  answer(actions?: Readonly<Record<string, number>>): Promise<void>;
  fail(error: Error): Promise<void>;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A store whose queries are answered when a test says so; it knows every device that begins with `pi`. */
async function standingsOver() {
  const asked: Asked[] = [];
  let notify!: (payload: string) => void;
  const clock = new TestClock();
  const store = {
    query: (_: string, [, ids]: [string, string[]]) =>
      new Promise((resolve, reject) => {
        asked.push({
          ids,
          async answer(actions = {}) {
            resolve(ids.filter((id) => id.startsWith('pi')).map((id) => rowOf(id, actions[id] ?? null)));
            await settled();
          },
          async fail(error) {
            reject(error);
            await settled();
          },
        });
      }),
    listen: async (_: string, callback: (payload: string) => void) => {
      notify = callback;
      return async () => {};
    },
  } as unknown as Store;
  const standings = new Standings({ store, clock, tenant: 'tashika' });
  await standings.start();
  const of = async (id: string) => (await standings.of(id))?.action?.id;
  return { standings, of, asked, clock, notify: (payload: string) => notify(payload) };
}

function rowOf(controllerId: string, actionId: number | null) {
  return {
    ...{ controller_id: controllerId, imsi: null, imsi_proved: false, token_sha256: null, time_zone: 'UTC' },
    ...{ attributes_at: null, action_id: actionId, action_state: actionId === null ? null : 'open', revoked: false },
  };
}

it('are read many at a time, one query after the other, and each device once', async () => {
  const { of, asked } = await standingsOver();
  const first = ['pi-1', 'pi-2', 'pi-1'].map(of);
  await settled();
  const later = Array.from({ length: 600 }, (_, n) => of(`pi-${n}`));
  await settled();
  expect(asked.map(({ ids }) => ids)).toEqual([['pi-1', 'pi-2']]);
  await asked[0]!.answer({ 'pi-2': 7 });
  expect(await Promise.all(first)).toEqual([undefined, 7, undefined]);
  expect(asked[1]!.ids.length).toBe(500);
  await asked[1]!.answer();
  await asked[2]!.answer();
  await Promise.all(later);
  expect(asked.length).toBe(3);
  expect(new Set(asked.flatMap(({ ids }) => ids)).size).toBe(600);
});

it('are kept until they are notified to have changed, or a minute has passed', async () => {
  const { of, asked, clock, notify } = await standingsOver();
  const read = async (id: string, actions: Readonly<Record<string, number>>) => {
    const answer = of(id);
    await settled();
    await asked.at(-1)!.answer(actions);
    return answer;
  };
  expect(await read('pi-1', {})).toBeUndefined();
  expect(await of('pi-1')).toBeUndefined();
  notify('another/pi-1');
  notify('tashika/pi-2');
  expect(await of('pi-1')).toBeUndefined();
  expect(asked.length).toBe(1);
  notify('tashika/pi-1');
  expect(await read('pi-1', { 'pi-1': 1 })).toBe(1);
  notify('');
  expect(await read('pi-1', { 'pi-1': 2 })).toBe(2);
  clock.advance(60_000);
  await settled();
  expect(await read('pi-1', { 'pi-1': 3 })).toBe(3);
});

it('are read again where they changed while they were read', async () => {
  const { of, asked, notify } = await standingsOver();
  const before = of('pi-1');
  await settled();
  notify('tashika/pi-1');
  const after = of('pi-1');
  await asked[0]!.answer();
  await asked[1]!.answer({ 'pi-1': 5 });
  expect(await Promise.all([before, after])).toEqual([undefined, 5]);
  expect(await of('pi-1')).toBe(5);
  expect(asked.length).toBe(2);
});

it('are not kept as they were before they changed', async () => {
  const { of, asked, notify } = await standingsOver();
  for (const payload of ['tashika/pi-1', '']) {
    const before = of('pi-1');
    await settled();
    notify(payload);
    await asked.at(-1)!.answer();
    await before;
    const after = of('pi-1');
    await settled();
    await asked.at(-1)!.answer({ 'pi-1': 5 });
    expect(await after).toBe(5);
    notify('');
  }
});

it('are not kept of strangers, nor of a store that does not answer', async () => {
  const { of, asked } = await standingsOver();
  const stranger = of('guessed');
  await settled();
  await asked[0]!.answer();
  expect(await stranger).toBeUndefined();
  const failing = of('guessed');
  await settled();
  const failed = expect(failing).rejects.toThrow('away');
  await asked[1]!.fail(new Error('away'));
  await failed;
  void of('guessed');
  await settled();
  expect(asked.length).toBe(3);
});
