import { expect, it } from 'vitest';
import { originOf } from './links.ts';

const HOSTS = ['beam.soracom.io:18080', 'updates.example'];
const asked = {
  protocol: 'http',
  host: 'localhost:8080',
  forwardedHost: undefined,
  forwardedProto: undefined,
  fromLoopback: true,
};

it('links name the host that was asked', () => {
  expect(originOf(asked, HOSTS)).toBe('http://localhost:8080');
  expect(originOf({ ...asked, protocol: 'https', host: '[::1]' }, HOSTS)).toBe('https://[::1]');
});

it('links name the host that a proxy was asked for, where that is one of ours', () => {
  expect(originOf({ ...asked, forwardedHost: 'Beam.soracom.io:18080' }, HOSTS)).toBe('http://beam.soracom.io:18080');
  expect(originOf({ ...asked, forwardedHost: 'updates.example', forwardedProto: 'https' }, HOSTS)).toBe(
    'https://updates.example',
  );
  expect(originOf({ ...asked, forwardedHost: 'updates.example, inner', forwardedProto: 'gopher' }, HOSTS)).toBe(
    'http://updates.example',
  );
});

it('links name a port of this machine, where this machine forwards', () => {
  expect(originOf({ ...asked, forwardedHost: '127.0.0.1:8888' }, HOSTS)).toBe('http://127.0.0.1:8888');
  expect(originOf({ ...asked, forwardedHost: '127.0.0.1:8888', fromLoopback: false }, HOSTS)).toBe(
    'http://localhost:8080',
  );
});

it('links lead nowhere else, whatever is forwarded', () => {
  for (const host of [
    'evil.example',
    'beam.soracom.io',
    'updates.example.evil.example',
    'updates.example/x',
    '',
    '127.0.0.1.evil.example',
  ])
    expect(originOf({ ...asked, forwardedHost: host }, HOSTS), host).toBe('http://localhost:8080');
});
