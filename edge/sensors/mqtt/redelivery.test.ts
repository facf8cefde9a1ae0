import { describe, expect, it } from 'vitest';
import { Redeliveries } from './redelivery.ts';

const delivery = { id: 7, again: false, topic: 'a', payload: Buffer.from('1') };

describe('a message delivered again', () => {
  it('is known when it was taken before', () => {
    const redeliveries = new Redeliveries();
    expect(redeliveries.seen(delivery)).toBe(false);
    expect(redeliveries.seen({ ...delivery, again: true })).toBe(true);
    expect(redeliveries.seen({ ...delivery, again: true })).toBe(true);
  });

  it('is new when its first delivery never arrived', () => {
    expect(new Redeliveries().seen({ ...delivery, again: true })).toBe(false);
  });

  it.each([
    ['another value', { payload: Buffer.from('2') }],
    ['another topic', { topic: 'b' }],
  ])('is new with %s: identifiers are used again', (_name, change) => {
    const redeliveries = new Redeliveries();
    redeliveries.seen(delivery);
    expect(redeliveries.seen({ ...delivery, ...change, again: true })).toBe(false);
  });

  it('is another message when the broker does not call it a redelivery', () => {
    const redeliveries = new Redeliveries();
    redeliveries.seen(delivery);
    expect(redeliveries.seen(delivery)).toBe(false);
  });

  it('is not looked for with QoS 0', () => {
    const redeliveries = new Redeliveries();
    redeliveries.seen({ ...delivery, id: 0 });
    expect(redeliveries.seen({ ...delivery, id: 0, again: true })).toBe(false);
  });
});
