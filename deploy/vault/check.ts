import { X509Certificate } from 'node:crypto';
import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Declaration } from './declared.ts';
import { SECRET_NAMES, secretPath } from './first-secret.ts';
import { lackingOf, needsOfApply, needsOfPlan, needText } from './permission.ts';
import { planOf } from './plan.ts';

const DAY_MS: Duration = 86_400_000;
/** A root that ends takes every certificate with it; a new one takes weeks to be trusted everywhere. */
const ROOT_DAYS_LEFT = 90;

/** Sentences: what is otherwise than it should be, each with what to do. None where all is well. */
export async function findings(
  declaration: Declaration,
  site: string,
  { vault, clock }: { readonly vault: Vault; readonly clock: Clock },
): Promise<readonly string[]> {
  const lacking = await lackingOf(needsOfPlan(declaration), vault);
  if (lacking.length > 0) return lacking.map(mayNot);
  const plan = await planOf(declaration, site, vault);
  const cannotApply = await lackingOf(needsOfApply(plan.changes), vault);
  return [
    ...cannotApply.map(mayNot),
    ...(await tokenFindings(vault)),
    ...plan.changes.map(({ kind, path }) => `${path} is ${kind === 'alter' ? 'not as declared' : 'not there'}: apply.`),
    ...plan.undeclared.map((path) => `${path} is declared by no file: delete it, or declare it.`),
    ...plan.conflicts,
    ...(await rootFindings(vault, clock)),
    ...(await secretFindings(vault)),
  ];
}

function mayNot(need: Parameters<typeof needText>[0]): string {
  return `The token may not ${needText(need)}: log in with the policy tashika-platform.`;
}

async function tokenFindings(vault: Vault): Promise<readonly string[]> {
  const { data } = await vault.read('auth/token/lookup-self');
  if (!Array.isArray(data.policies) || !data.policies.includes('root')) return [];
  return ['This is a root token: log in with the policy tashika-platform, and revoke it once that works.'];
}

async function rootFindings(vault: Vault, clock: Clock): Promise<readonly string[]> {
  const pem = (await orMissing(vault.read('pki/cert/ca')))?.data.certificate;
  if (typeof pem !== 'string' || pem === '') return [];
  const days = Math.floor((Date.parse(new X509Certificate(pem).validTo) - clock.now()) / DAY_MS);
  if (days >= ROOT_DAYS_LEFT) return [];
  return [
    `The root of pki ends in ${days} days: make a new one (pki/root/rotate/internal), and have it trusted first.`,
  ];
}

async function secretFindings(vault: Vault): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const name of SECRET_NAMES) {
    const found = await orMissing(vault.read(`kv/metadata/tashika/${name}`));
    if (found === undefined) missing.push(`${secretPath(name)} is not there: tashika vault put ${name}.`);
  }
  return missing;
}

/** Undefined where there is nothing, or nothing is mounted. */
async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isTashikaError(error, 'VAULT_SECRET_MISSING') || isTashikaError(error, 'VAULT_REFUSED')) return undefined;
    throw error;
  }
}
