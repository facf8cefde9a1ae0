import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signatureOf, verifyBeam } from './index.ts';

/** The example that SORACOM publishes ("Signature verification"). */
const PUBLISHED = {
  key: 'mysecretkey',
  headers: {
    'x-soracom-imei': '860000012345678',
    'x-soracom-imsi': '295000012345678',
    'x-soracom-timestamp': '1445587157992',
    'x-soracom-signature': '95c8e34d68e2bd76502c1e403108dc1bd7008964c31081d0415adb9f21a721a5',
    'x-soracom-signature-version': '20151001',
  },
};
const { headers } = PUBLISHED;
const NOW = 1_445_587_157_992;
const settings = { preSharedKeys: [PUBLISHED.key], toleranceMs: 300_000 };

function signed(changes: Readonly<Record<string, string | undefined>>, key = PUBLISHED.key) {
  const changed: Record<string, string | undefined> = { ...headers, ...changes };
  for (const [name, value] of Object.entries(changed)) if (value === undefined) delete changed[name];
  return { ...changed, 'x-soracom-signature': signatureOf(key, changed).toString('hex') };
}

describe("Beam's signature", () => {
  it('is as SORACOM publishes it', () => {
    expect(verifyBeam(headers, settings, NOW)).toEqual({
      imsi: '295000012345678',
      signedAt: NOW,
      signature: Buffer.from(headers['x-soracom-signature'], 'hex'),
    });
  });

  it('is over the headers that are there, in the order of their names', () => {
    const text =
      'mysecretkeyx-soracom-imsi=295000012345678x-soracom-msisdn=999912345678x-soracom-sim-id=8942310017000000000x-soracom-timestamp=1445587157992';
    const all = signed({
      'x-soracom-sim-id': '8942310017000000000',
      'x-soracom-msisdn': '999912345678',
      'x-soracom-imei': undefined,
    });
    expect(all['x-soracom-signature']).toBe(createHash('sha256').update(text).digest('hex'));
    expect(verifyBeam(all, settings, NOW)).toMatchObject({ imsi: '295000012345678' });
  });

  it('may be in capital letters', () => {
    const shouting = { ...headers, 'x-soracom-signature': headers['x-soracom-signature'].toUpperCase() };
    expect(verifyBeam(shouting, settings, NOW)).toMatchObject({ imsi: '295000012345678' });
  });

  it.each([
    ['the key', signed({}, 'anotherkey')],
    ['the SIM', { ...headers, 'x-soracom-imsi': '295000012345679' }],
    ['the hardware', { ...headers, 'x-soracom-imei': '860000012345679' }],
    ['the hardware left out', { ...headers, 'x-soracom-imei': undefined }],
    ['a header added', { ...headers, 'x-soracom-sim-id': '8942310017000000000' }],
    ['the timestamp', { ...headers, 'x-soracom-timestamp': String(NOW + 1) }],
  ])('is wrong for another: %s', (_, changed) => {
    expect(verifyBeam(changed, settings, NOW)).toMatch(/not one that Beam makes/);
  });

  it('is taken with the key before while the key is being replaced', () => {
    const rotating = { ...settings, preSharedKeys: ['the new key', PUBLISHED.key] };
    expect(verifyBeam(headers, rotating, NOW)).toMatchObject({ imsi: '295000012345678' });
    expect(verifyBeam(signed({}, 'the new key'), rotating, NOW)).toMatchObject({ imsi: '295000012345678' });
  });

  it('is good for as long as is configured, before and after', () => {
    for (const offset of [-300_000, 300_000])
      expect(verifyBeam(headers, settings, NOW + offset)).toMatchObject({ signedAt: NOW });
    for (const offset of [-300_001, 300_001])
      expect(verifyBeam(headers, settings, NOW + offset)).toMatch(/more than 300000 ms from now/);
  });

  it.each<[string, Record<string, string | string[] | undefined>]>([
    ['no signature', { 'x-soracom-signature': undefined }],
    ['no version', { 'x-soracom-signature-version': undefined }],
    ['another version', { 'x-soracom-signature-version': '20150901' }],
    ['no SIM', { 'x-soracom-imsi': undefined }],
    ['no timestamp', { 'x-soracom-timestamp': undefined }],
    ['a signature that is none', { 'x-soracom-signature': 'x'.repeat(64) }],
    ['a short signature', { 'x-soracom-signature': '95c8' }],
    ['two signatures', { 'x-soracom-signature': [headers['x-soracom-signature'], headers['x-soracom-signature']] }],
    ['two SIMs', { 'x-soracom-imsi': '295000012345678, 295000012345679' }],
    ['a SIM that is a word', { 'x-soracom-imsi': 'unknown' }],
  ])('is refused with %s', (_, changes) => {
    expect(verifyBeam({ ...headers, ...changes }, settings, NOW)).toEqual(expect.any(String));
  });

  it('can not be read in two ways: a value that looks like the next header is none', () => {
    const merged = signed({
      'x-soracom-imei': '860000012345678x-soracom-imsi=295000012345678',
      'x-soracom-imsi': undefined,
    });
    expect(merged['x-soracom-signature']).toBe(headers['x-soracom-signature']);
    expect(verifyBeam({ ...merged, 'x-soracom-imsi': '295000012345679' }, settings, NOW)).toEqual(expect.any(String));
    expect(verifyBeam(merged, settings, NOW)).toBe('x-soracom-imei is not valid.');
  });
});
