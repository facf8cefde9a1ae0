import { isTashikaError } from '@tashika/shared/errors';
import { describe, expect, it } from 'vitest';
import { refuseForeignPages, requireLoopback } from './loopback.ts';
import type { ProblemError } from './problem.ts';

function refusal(
  method: string,
  headers: Record<string, string>,
  protocol: 'http' | 'https' = 'http',
): string | undefined {
  try {
    refuseForeignPages({ method, headers, protocol });
    return undefined;
  } catch (error) {
    return (error as ProblemError).problem.code;
  }
}

describe('the address', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('may be %s', (address) => {
    expect(() => requireLoopback(address)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.7', '10.0.0.1', 'example.com', '127.0.0.1.example.com', ''])(
    'may not be %s while there is no authentication',
    (address) => {
      expect(() => requireLoopback(address)).toThrow(
        expect.toSatisfy((error: unknown) => isTashikaError(error, 'ADDRESS_REFUSED')),
      );
    },
  );
});

describe('a request', () => {
  it.each(['localhost', 'localhost:8080', 'LOCALHOST:1', '127.0.0.1:65535', '127.0.0.2:80', '[::1]:8080'])(
    'may be for %s',
    (host) => {
      expect(refusal('GET', { host })).toBeUndefined();
    },
  );

  it.each(['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.nip.io', 'localhost:8080@x', ''])(
    'for %j is refused: a name may have been pointed here',
    (host) => {
      expect(refusal('GET', { host })).toBe('HOST_REFUSED');
    },
  );

  it('that changes something may come from a page of ours, or from no page', () => {
    const host = '127.0.0.1:8080';
    expect(refusal('POST', { host })).toBeUndefined();
    expect(refusal('POST', { host, origin: 'http://127.0.0.1:8080' })).toBeUndefined();
    expect(refusal('POST', { host, origin: 'http://127.0.0.1:8081' })).toBe('ORIGIN_REFUSED');
    expect(refusal('DELETE', { host, 'sec-fetch-site': 'cross-site' })).toBe('ORIGIN_REFUSED');
    expect(refusal('GET', { host, origin: 'https://evil.example' })).toBeUndefined();
    expect(refusal('POST', { host, origin: 'https://127.0.0.1:8080' }, 'https')).toBeUndefined();
    expect(refusal('POST', { host, origin: 'http://127.0.0.1:8080' }, 'https')).toBe('ORIGIN_REFUSED');
  });
});
