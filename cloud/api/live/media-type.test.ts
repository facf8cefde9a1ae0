import { expect, it } from 'vitest';
import { negotiate } from './media-type.ts';

it.each([
  [undefined, 'text/event-stream'],
  ['*/*', 'text/event-stream'],
  ['text/event-stream', 'text/event-stream'],
  ['text/*', 'text/event-stream'],
  ['application/json', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json, text/plain, */*', 'application/json'],
  ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
  ['text/event-stream;q=0, */*', 'application/json'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/event-stream'],
  ['text/html', undefined],
  ['application/json;q=0', undefined],
  [';;,q=;', undefined],
])('Accept: %s is answered by %s', (accept, answer) => {
  expect(negotiate(accept)).toBe(answer);
});
