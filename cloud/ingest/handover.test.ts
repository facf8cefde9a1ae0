import { describe, expect, it } from 'vitest';
import { Handover } from './handover.ts';
import { rawEvent } from './sample-events.ts';

/** Commits that end when they are told to. */
function commits() {
  const begun: { end(): void; fail(error: Error): void }[] = [];
  const commit = () => new Promise<void>((end, fail) => begun.push({ end, fail }));
  return { begun, commit };
}

/** What a promise has come to once everything that can move has moved. */
async function stateOf(promise: Promise<void>): Promise<'waits' | 'done' | 'failed'> {
  const turn = new Promise<'waits'>((resolve) => setImmediate(() => resolve('waits')));
  const outcome = promise.then(
    () => 'done' as const,
    () => 'failed' as const,
  );
  return Promise.race([outcome, turn]);
}

const MOST = { events: 10, bytes: 1_000 };

/** Events of 10 bytes each, unless it says otherwise. */
function batchOf(events: number, bytes = 10) {
  return Array.from({ length: events }, (_, index) => rawEvent(index, 'x'.repeat(bytes)));
}

describe('a handover', () => {
  it('takes a second batch while the first is committed, and the third when that stands', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    expect(await stateOf(handover.pass('0', batchOf(10), commit))).toBe('done');
    const second = handover.pass('0', batchOf(10), commit);
    expect(begun).toHaveLength(2);
    expect(await stateOf(second)).toBe('waits');
    begun[0]!.end();
    expect(await stateOf(second)).toBe('done');
    expect(await stateOf(handover.settled('0'))).toBe('waits');
    begun[1]!.end();
    expect(await stateOf(handover.settled('0'))).toBe('done');
  });

  it('takes small batches until they come to as many events as may be read ahead', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    for (let batch = 0; batch < 3; batch++) expect(await stateOf(handover.pass('0', batchOf(3), commit))).toBe('done');
    const last = handover.pass('0', batchOf(1), commit);
    expect(begun).toHaveLength(4);
    expect(await stateOf(last)).toBe('waits');
    begun[0]!.end();
    expect(await stateOf(last)).toBe('done');
  });

  it('takes no more bytes ahead than it may, however few the events', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    await handover.pass('0', batchOf(1, 400), commit);
    expect(await stateOf(handover.pass('0', batchOf(1, 400), commit))).toBe('done');
    const last = handover.pass('0', batchOf(1, 400), commit);
    expect(await stateOf(last)).toBe('waits');
    begun[0]!.end();
    expect(await stateOf(last)).toBe('done');
  });

  it('lets no partition wait for another', async () => {
    const handover = new Handover(MOST);
    const { commit } = commits();
    void handover.pass('0', batchOf(10), commit);
    void handover.pass('0', batchOf(10), commit);
    expect(await stateOf(handover.pass('1', batchOf(10), commit))).toBe('done');
  });

  it('lets all partitions together read so many ahead, and each of them one batch', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    for (let batch = 0; batch < 3; batch++) await handover.pass('0', batchOf(3), commit);
    expect(await stateOf(handover.pass('1', batchOf(3), commit))).toBe('done');
    const second = handover.pass('1', batchOf(3), commit);
    expect(await stateOf(second)).toBe('waits');
    for (const each of begun.slice(0, 3)) each.end();
    begun[3]!.fail(new Error('fenced off'));
    await expect(second).rejects.toThrow('fenced off');
    expect(await stateOf(handover.pass('2', batchOf(5), commit))).toBe('done');
    expect(await stateOf(handover.pass('2', batchOf(1), commit))).toBe('done');
  });

  it('tells a failed commit to the next batch, and to whoever looks in', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    await handover.pass('0', batchOf(1), commit);
    begun[0]!.fail(new Error('fenced off'));
    await expect(handover.settled('0')).rejects.toThrow('fenced off');
    await expect(handover.pass('0', batchOf(1), commit)).rejects.toThrow('fenced off');
  });

  it('tells a failed commit to the reader that waits for room, though others are under way', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    await handover.pass('0', batchOf(10), commit);
    const second = handover.pass('0', batchOf(10), commit);
    begun[0]!.fail(new Error('fenced off'));
    await expect(second).rejects.toThrow('fenced off');
    await expect(handover.settled('0')).rejects.toThrow('fenced off');
  });

  it('starts afresh with a new reader', async () => {
    const handover = new Handover(MOST);
    const { begun, commit } = commits();
    await handover.pass('0', batchOf(1), commit);
    begun[0]!.fail(new Error('fenced off'));
    handover.start('0');
    expect(await stateOf(handover.pass('0', batchOf(1), commit))).toBe('done');
  });
});
