import { expect, it } from 'vitest';
import { signatureOf } from '../../receipts/index.ts';
import { credentialsOf, sha256Of } from './credentials.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const known = { gatewayToken: 'of-all-updaters', beam: { preSharedKeys: ['key'], toleranceMs: 300_000 } };
const unsigned = {
  'x-soracom-imsi': '295000000000007',
  'x-soracom-timestamp': String(NOW),
  'x-soracom-signature-version': '20151001',
};
const signed = { ...unsigned, 'x-soracom-signature': signatureOf('key', unsigned).toString('hex') };

it('a token and a signature are both told', () => {
  expect(credentialsOf({ ...signed, authorization: 'TargetToken t' }, known, NOW)).toEqual({
    ...{ gateway: false, tokenSha256: sha256Of('t'), imsi: '295000000000007' },
  });
  expect(credentialsOf({ ...signed, authorization: 'gatewaytoken of-all-updaters' }, known, NOW)).toEqual({
    ...{ gateway: true, tokenSha256: undefined, imsi: '295000000000007' },
  });
});

it('a wrong signature proves nothing, and takes nothing from a token', () => {
  const wrong = { ...signed, 'x-soracom-imsi': '295000000000008' };
  expect(credentialsOf(wrong, known, NOW)).toMatch(/not one that Beam makes/);
  expect(credentialsOf({ ...wrong, authorization: 'TargetToken t' }, known, NOW)).toMatchObject({ imsi: undefined });
});

it('a wrong token is refused whatever signature comes with it', () => {
  expect(credentialsOf({ ...signed, authorization: 'GatewayToken guessed' }, known, NOW)).toMatch(/not the right one/);
  expect(credentialsOf({ ...signed, authorization: 'Bearer x' }, known, NOW)).toMatch(/no token of an updater/);
});

it('without a gateway token or a key of Beam configured, neither lets anyone in', () => {
  const none = { gatewayToken: undefined, beam: undefined };
  expect(credentialsOf({ authorization: 'GatewayToken undefined' }, none, NOW)).toMatch(/No gateway token is set/);
  expect(credentialsOf(signed, none, NOW)).toMatch(/^Come with/);
});
