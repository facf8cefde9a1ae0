import { describe, expect, it } from 'vitest';
import { isLoopback, readProxyHeader, simOf } from './index.ts';

describe('the SIM of a source address', () => {
  it.each([
    ['127.0.0.1', '295000000000001', '860000000000001'],
    ['127.1.0.7', '295000000065543', '860000000065543'],
    ['::ffff:127.1.255.1', '295000000130817', '860000000130817'],
    ['127.255.255.255', '295000016777215', '860000016777215'],
  ])('%s is imsi %s', (address, imsi, imei) => {
    expect(simOf(address)).toEqual({ imsi, imei });
  });

  it.each(['10.0.0.1', '128.0.0.1', '127.1.0.256', '127.1.0', '::1', '', undefined])('%s has none', (address) => {
    expect(simOf(address)).toBeUndefined();
  });

  it('is believed from another address only when a loopback peer names it', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
    expect(['10.0.0.1', '192.168.127.1', '::2', undefined].some(isLoopback)).toBe(false);
  });
});

describe('a PROXY protocol header', () => {
  const header = (text: string) => readProxyHeader(Buffer.from(text, 'latin1'));

  it('names the source and ends with its line', () => {
    const line = 'PROXY TCP4 127.1.0.7 127.0.0.1 40000 8088\r\n';
    expect(header(`${line}POST / HTTP/1.1`)).toEqual({ kind: 'present', source: '127.1.0.7', length: line.length });
  });

  it('may come in pieces', () => {
    expect(header('')).toEqual({ kind: 'incomplete' });
    expect(header('PRO')).toEqual({ kind: 'incomplete' });
    expect(header('PROXY TCP4 127.1.0.7 127.0.0.1 40000 8088\r')).toEqual({ kind: 'incomplete' });
  });

  it('is absent from what a device writes', () => {
    expect(header('POST / HTTP/1.1')).toEqual({ kind: 'absent' });
    expect(header('{"pref":"13"}')).toEqual({ kind: 'absent' });
    expect(header('P{')).toEqual({ kind: 'absent' });
  });

  it('is refused when it says nothing or never ends', () => {
    expect(header('PROXY UNKNOWN\r\n')).toEqual({ kind: 'malformed' });
    expect(header(`PROXY ${'x'.repeat(200)}`)).toEqual({ kind: 'malformed' });
  });
});
