import { openVault, type Vault } from '@tashika/cloud/secrets';
import { apply, declarationOf, type Plan, planOf, type VaultSite } from '@tashika/deploy/vault';
import { systemClock } from '@tashika/shared/time';
import type { Bao } from '../../rig/index.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A site as a settings file would have it, for the server of a test. */
export function siteOf(bao: Bao, more: Partial<VaultSite> = {}): VaultSite {
  return { site: 'test', domain: 'tashika.internal', audit: { file: bao.auditFile, stdout: false }, ...more };
}

/** A session with a token; with the root's where none is given. */
export function sessionOf(bao: Bao, token = bao.rootToken): Promise<Vault> {
  const auth = { method: 'token', token } as const;
  return openVault({ address: bao.address, auth }, { clock: systemClock, logger: quiet });
}

/** What `apply` would do for a site. */
export function planFor(site: VaultSite, vault: Vault): Promise<Plan> {
  return planOf(declarationOf(site), site.site, vault);
}

/** Applies all that is declared for a site. */
export async function configure(site: VaultSite, vault: Vault): Promise<void> {
  const parts = { vault, clock: systemClock, signal: new AbortController().signal, progress() {} };
  await apply(await planFor(site, vault), parts);
}

/** What a request is answered, as it is. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly data?: Readonly<Record<string, unknown>>;
    readonly auth?: { readonly client_token: string };
  };
}

/** A request as anybody could send it, with a token of one's choice. */
export async function ask(bao: Bao, token: string, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${bao.address}/v1/${path}${method === 'LIST' ? '?list=true' : ''}`, {
    method: method === 'LIST' ? 'GET' : method,
    headers: { 'x-vault-token': token, ...(method === 'PATCH' && { 'content-type': 'application/merge-patch+json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? {} : JSON.parse(text) };
}

/** A token that has one policy and not even Vault's own `default`, as those that our roles give. */
export async function tokenWith(bao: Bao, policy: string): Promise<string> {
  const wanted = { policies: [policy], no_default_policy: true, ttl: '10m' };
  const { body } = await ask(bao, bao.rootToken, 'POST', 'auth/token/create', wanted);
  return body.auth!.client_token;
}
