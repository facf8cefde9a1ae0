import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isTashikaError, messageOf, TashikaError } from './index.ts';

describe('an error code', () => {
  it('has a paragraph in the docs, and every paragraph a code', () => {
    const page = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const headings = [...page.matchAll(/^### `([A-Z_]+)`$/gm)].map((match) => match[1]);
    expect(headings.sort()).toEqual([...ERROR_CODES].sort());
  });
});

describe('an error', () => {
  it('is known by its code and carries its cause', () => {
    const cause = new Error('EADDRINUSE');
    const error = new TashikaError('PORT_BUSY', 'Port 8080 is in use.', { cause });
    expect([isTashikaError(error), isTashikaError(error, 'PORT_BUSY'), isTashikaError(error, 'USAGE')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([isTashikaError(cause), error.cause]).toEqual([false, cause]);
  });

  it('of any kind has a sentence', () => {
    expect(messageOf(new AggregateError([new Error('a'), 'b']))).toBe('a; b');
    expect(messageOf(new TypeError(''))).toBe('TypeError');
    expect(messageOf('plain')).toBe('plain');
  });
});
