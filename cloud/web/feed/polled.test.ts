import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import { Polled } from './polled.ts';

function polling(answers: (() => Promise<string>)[], mayPoll = () => true) {
  const clock = new TestClock();
  const signals: AbortSignal[] = [];
  const polled = new Polled({
    fetch: (signal) => {
      signals.push(signal);
      return answers[signals.length - 1]?.() ?? Promise.resolve(`answer ${signals.length}`);
    },
    clock,
    every: 5_000,
    mayPoll,
  });
  return { clock, polled, signals };
}

it('fetches again after the interval', async () => {
  const { clock, polled, signals } = polling([]);
  await polled.refresh();
  await clock.advance(5_000);
  expect(signals).toHaveLength(2);
  expect(polled.state.value).toEqual({ value: 'answer 2', error: null });
});

it('keeps the last value beside an error, and goes on', async () => {
  const { clock, polled } = polling([
    async () => 'good',
    async () => {
      throw new Error('Store unavailable');
    },
  ]);
  await polled.refresh();
  await clock.advance(5_000);
  expect(polled.state.value).toEqual({ value: 'good', error: 'Store unavailable' });
  await clock.advance(5_000);
  expect(polled.state.value).toEqual({ value: 'answer 3', error: null });
});

it('abandons the request before when it is asked anew', async () => {
  let answerFirst: (value: string) => void = () => {};
  const { polled, signals } = polling([
    () =>
      new Promise((resolve) => {
        answerFirst = resolve;
      }),
  ]);
  const first = polled.refresh();
  await polled.refresh();
  answerFirst('too late');
  await first;
  expect(signals[0]?.aborted).toBe(true);
  expect(polled.state.value.value).toBe('answer 2');
});

it('does not fetch while nobody looks', async () => {
  let visible = false;
  const { clock, polled, signals } = polling([], () => visible);
  await polled.refresh();
  await clock.advance(60_000);
  expect(signals).toHaveLength(1);
  visible = true;
  await clock.advance(5_000);
  expect(signals).toHaveLength(2);
});

it('forgets the value when something else is asked for', async () => {
  const { polled } = polling([]);
  await polled.refresh();
  polled.restart();
  expect(polled.state.value.value).toBeNull();
});
