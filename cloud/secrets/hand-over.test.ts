import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import { HandOver } from './hand-over.ts';

const secret = (identity: string) => ({ identity, known: { version: identity } });

it('hands what is offered in the very moment in which the one before was refused', async () => {
  const clock = new TestClock();
  const tried: string[] = [];
  const logger = { debug() {}, info() {}, warn: () => queueMicrotask(() => handOver.offer(secret('3'))), error() {} };
  const handOver = new HandOver('key', secret('1'), { clock, logger, random: () => 0 });
  handOver.into(async ({ identity }) => {
    tried.push(identity);
    if (identity === '2') throw new Error('refused');
  });
  handOver.offer(secret('2'));
  await clock.advance(0);
  expect(tried).toEqual(['2', '3']);
  expect(handOver.refusal).toBeUndefined();
  await handOver.stop();
  expect(clock.pending).toBe(0);
});
