import { expect, it } from 'vitest';
import { PulseCounter } from './pulse-counter.ts';

function pulses(counter: PulseCounter, number: number): void {
  for (let n = 0; n < number; n++) counter.add();
}

it('a counter counts on, and its rate is that of each interval', () => {
  const counter = new PulseCounter();
  counter.watch(1_000);
  pulses(counter, 30);
  expect(counter.report(61_000)).toEqual({ count: 30, perSecond: 0.5 });
  expect(counter.report(121_000)).toEqual({ count: 30, perSecond: 0 });
  pulses(counter, 6);
  expect(counter.report(124_000)).toEqual({ count: 36, perSecond: 2 });
});

it('the time in which a line was not watched is in no rate, and takes nothing from the count', () => {
  const counter = new PulseCounter();
  counter.watch(0);
  pulses(counter, 5);
  counter.watch(90_000);
  pulses(counter, 10);
  expect(counter.report(100_000)).toEqual({ count: 15, perSecond: 1 });
});
