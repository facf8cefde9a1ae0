import { expect, it } from 'vitest';
import { RetainedMessages } from './retained.ts';

it('a message is news when it differs from the last one of its topic', () => {
  const messages = new RetainedMessages();
  const take = (topic: string, payload: string) => messages.take(topic, Buffer.from(payload));
  expect([take('a', '1'), take('a', '1'), take('b', '1'), take('a', '2'), take('a', '1')]).toEqual([
    true,
    false,
    true,
    true,
    true,
  ]);
});

it('a topic that was quiet the longest is forgotten when there are too many', () => {
  const messages = new RetainedMessages();
  const payload = Buffer.from('1');
  for (let n = 0; n <= 4_096; n++) messages.take(`topic/${n}`, payload);
  expect(messages.take('topic/4096', payload)).toBe(false);
  expect(messages.take('topic/0', payload)).toBe(true);
});
