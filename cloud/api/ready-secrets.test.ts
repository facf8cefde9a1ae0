import { expect, it } from 'vitest';
import type { SecretsReport } from '../secrets/index.ts';
import { warningsOf } from './ready.ts';

const since = Date.UTC(2026, 0, 31);
const kept = {
  name: 'database',
  ageMs: 0,
  leftMs: 60_000,
  renewals: 0,
  replacements: 0,
  failures: 0,
  refusals: 0,
  trouble: undefined,
  refusal: undefined,
};
const trouble = { code: 'VAULT_SEALED', message: 'Vault is sealed.', since } as const;
const refusal = { code: 'STORE_UNAVAILABLE', message: 'no such user.', since } as const;

function typesOf(...secrets: SecretsReport['secrets']): string[] {
  return warningsOf({ vaultAnswers: true, secrets }).map(({ type, secret }) => `${type} ${secret}`);
}

it('readiness warns of nothing while each secret is fresh and in use, or comes from the environment', () => {
  expect([typesOf(kept), warningsOf(undefined)]).toEqual([[], []]);
});

it('readiness warns of a secret that Vault does not renew, and otherwise once it has run out', () => {
  expect(typesOf({ ...kept, trouble })).toEqual(['SecretNotRenewed database']);
  expect(typesOf({ ...kept, trouble, leftMs: -1 })).toEqual(['SecretExpired database']);
  expect(typesOf({ ...kept, trouble, leftMs: undefined, name: 'beam' })).toEqual(['SecretNotRenewed beam']);
});

it('readiness says what is the matter with a new secret that does not work, and since when', () => {
  expect(warningsOf({ vaultAnswers: true, secrets: [{ ...kept, refusal }] })).toEqual([
    {
      type: 'SecretRefused',
      secret: 'database',
      since: '2026-01-31T00:00:00.000Z',
      detail: 'A new secret does not work, the one before stays in use: STORE_UNAVAILABLE: no such user.',
    },
  ]);
});
