import { describe, expect, it } from 'vitest';
import { Handover } from './handover.ts';

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

describe('a handover', () => {
  it('takes a second batch while the first is committed, and the third when that stands', async () => {
    const handover = new Handover();
    const { begun, commit } = commits();
    expect(await stateOf(handover.pass('0', commit))).toBe('done');
    const second = handover.pass('0', commit);
    expect(begun).toHaveLength(2);
    expect(await stateOf(second)).toBe('waits');
    begun[0]!.end();
    expect(await stateOf(second)).toBe('done');
    expect(await stateOf(handover.settled('0'))).toBe('waits');
    begun[1]!.end();
    expect(await stateOf(handover.settled('0'))).toBe('done');
  });

  it('lets no partition wait for another', async () => {
    const handover = new Handover();
    const { commit } = commits();
    void handover.pass('0', commit);
    expect(await stateOf(handover.pass('1', commit))).toBe('done');
  });

  it('tells a failed commit to the next batch, and to whoever looks in', async () => {
    const handover = new Handover();
    const { begun, commit } = commits();
    await handover.pass('0', commit);
    begun[0]!.fail(new Error('fenced off'));
    await expect(handover.settled('0')).rejects.toThrow('fenced off');
    await expect(handover.pass('0', commit)).rejects.toThrow('fenced off');
  });

  it('starts afresh with a new reader', async () => {
    const handover = new Handover();
    const { begun, commit } = commits();
    await handover.pass('0', commit);
    begun[0]!.fail(new Error('fenced off'));
    handover.start('0');
    expect(await stateOf(handover.pass('0', commit))).toBe('done');
  });
});
