import { TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it } from 'vitest';
import { simOf } from '../sims/index.ts';
import { Delivery } from './delivery.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { STANDARD_GROUP } from './group.ts';
import { noStats } from './stats.ts';

const SIM = simOf('127.1.0.7')!;

describe('delivery', () => {
  let clock: TestClock;
  let published: string[];
  let away: boolean;
  let room: number;

  beforeEach(() => {
    clock = new TestClock();
    published = [];
    away = false;
    room = 100;
  });

  function delivery(faults: Partial<Faults>) {
    const stats = noStats();
    const delivery = new Delivery({
      clock,
      seed: 1,
      faults: () => ({ ...NO_FAULTS, delayMs: 1_000, ...faults }),
      stats,
      holdMs: 10_000,
      publish: async ({ event }) => {
        if (away) throw new Error('away');
        published.push(event.toString());
      },
      hasRoom: (bytes) => bytes <= room,
    });
    const post = (text: string) => delivery.deliver({ sim: SIM, group: STANDARD_GROUP, event: Buffer.from(text) });
    return { delivery, stats, post };
  }

  it('says a post is taken once the hub has it, and not while it is away', async () => {
    const { post } = delivery({});
    expect(await post('a')).toBe(true);
    away = true;
    expect(await post('b')).toBe(false);
    expect(published).toEqual(['a']);
  });

  it('loses only when told to', async () => {
    const { post, stats } = delivery({ lose: 1 });
    expect(await post('a')).toBe(true);
    expect(published).toEqual([]);
    expect(stats.faults.lost).toBe(1);
  });

  it('refuses when told to', async () => {
    const { post } = delivery({ refuse: 1 });
    expect(await post('a')).toBe(false);
    expect(published).toEqual([]);
  });

  it('delays for a while and then delivers', async () => {
    const { post, delivery: running } = delivery({ delay: 1 });
    expect(await post('a')).toBe(true);
    expect(published).toEqual([]);
    expect(running.keptBack).toBe(1);
    await clock.advance(1_000);
    expect(published).toEqual(['a']);
    expect(running.keptBack).toBe(0);
  });

  it('doubles: the copy follows the post', async () => {
    const { post } = delivery({ double: 1 });
    await post('a');
    expect(published).toEqual(['a']);
    await clock.advance(1_000);
    expect(published).toEqual(['a', 'a']);
  });

  it("reorders: a post follows the SIM's next one", async () => {
    const faults = { reorder: 1 };
    const { post } = delivery(faults);
    expect(await post('a')).toBe(true);
    faults.reorder = 0;
    await post('b');
    expect(published).toEqual(['b', 'a']);
  });

  it('reorders: a post goes by itself when no other comes', async () => {
    const { post } = delivery({ reorder: 1 });
    await post('a');
    await clock.advance(1_000);
    expect(published).toEqual(['a']);
  });

  it('turns a post away rather than take the room of one that is kept back', async () => {
    room = 1;
    const faults = { delay: 1 };
    const { post } = delivery(faults);
    expect(await post('a')).toBe(true);
    expect(await post('b')).toBe(false);
    faults.delay = 0;
    expect(await post('c')).toBe(false);
    await clock.advance(1_000);
    expect(published).toEqual(['a']);
  });

  it('leaves a copy away when there is no room for it', async () => {
    const faults = { delay: 1, double: 0 };
    const { post, stats } = delivery(faults);
    await post('a');
    Object.assign(faults, { delay: 0, double: 1 });
    room = 2;
    const posted = post('b');
    room = 1;
    expect(await posted).toBe(true);
    expect(published).toEqual(['b']);
    expect(stats.faults.doubled).toBe(0);
  });

  it('lets go of everything at the end', async () => {
    const { post, delivery: running } = delivery({ delay: 1, double: 1 });
    await post('a');
    running.release();
    await clock.advance(0);
    expect(published).toEqual(['a', 'a']);
    expect(clock.pending).toBe(0);
  });

  it.each([{ delay: 1 }, { reorder: 1 }, { double: 1 }])(
    'keeps nothing back at the end that would come too late (%o)',
    async (faults) => {
      const { post, delivery: running } = delivery(faults);
      running.release();
      expect(await post('a')).toBe(true);
      expect(published).toEqual(['a']);
      expect(running.keptBack).toBe(0);
      expect(clock.pending).toBe(0);
    },
  );
});
