import { fingerprintOf } from '@tashika/shared/fingerprint';
import { expect, it } from 'vitest';
import { hubKeyOf } from './hub-key.ts';

it('is the fingerprint of the key in a connection string, whatever stands around it', () => {
  const key = 'a2V5+/==';
  expect(hubKeyOf(`Endpoint=sb://x/;SharedAccessKeyName=listen;SharedAccessKey=${key}`)).toBe(fingerprintOf(key));
  expect(hubKeyOf(`sharedaccesskey = ${key} ;Endpoint=sb://x/;EntityPath=telemetry`)).toBe(fingerprintOf(key));
});

it('is none where there is a signature in the place of a key', () => {
  expect(hubKeyOf('Endpoint=sb://x/;SharedAccessSignature=SharedAccessSignature sr=x&sig=y')).toBeNull();
});
