import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import type { Declaration, Declared } from './declared.ts';
import type { Change } from './plan.ts';

/** A path, and capabilities of which one at least is needed. `sudo` is needed besides. */
export interface Need {
  readonly path: string;
  readonly oneOf: readonly string[];
  readonly sudo?: boolean;
}

const WRITE = ['create', 'update'];

/** What reading all that is declared needs. */
export function needsOfPlan({ things, lists }: Declaration): readonly Need[] {
  const reads = new Set(['kv/data/tashika/vault', ...things.map(({ read }) => read)]);
  return [
    { path: 'sys/audit', oneOf: ['read'], sudo: true },
    ...[...reads].map((path) => ({ path, oneOf: ['read'] })),
    ...lists.map(({ path }) => ({ path, oneOf: ['list'] })),
  ];
}

/** What making these changes needs. */
export function needsOfApply(changes: readonly Change[]): readonly Need[] {
  const journal = { path: 'kv/data/tashika/vault', oneOf: WRITE };
  return changes.length === 0 ? [] : [...changes.flatMap(needsOf), journal];
}

function needsOf(change: Change): readonly Need[] {
  switch (change.kind) {
    case 'audit':
      return [{ path: change.path, oneOf: WRITE, sudo: true }];
    case 'note':
      return [];
    case 'finish':
      return [{ path: change.path, oneOf: WRITE }];
    case 'alter':
      return [writeOf(change.declared, change.declared.update ?? change.declared.path)];
    case 'make': {
      const { path, creation, update, afterwards } = change.declared;
      const also = [
        ...(creation === undefined && update !== undefined ? [update] : []),
        ...(afterwards ? [afterwards] : []),
      ];
      return [writeOf(change.declared, path), ...also.map((each) => ({ path: each, oneOf: WRITE }))];
    }
  }
}

function writeOf({ sudo }: Declared, path: string): Need {
  return { path, oneOf: WRITE, ...(sudo && { sudo }) };
}

/** Those of `needs` that the token's policies do not give. */
export async function lackingOf(needs: readonly Need[], vault: Vault): Promise<readonly Need[]> {
  if (needs.length === 0) return [];
  const { data } = await vault.write('sys/capabilities-self', { paths: needs.map(({ path }) => path) });
  return needs.filter(({ path, oneOf, sudo }) => {
    const given = (data[path] ?? []) as readonly string[];
    if (given.includes('root')) return false;
    return !oneOf.some((each) => given.includes(each)) || (sudo === true && !given.includes('sudo'));
  });
}

/** As it stands in a sentence: `create or update sys/auth/jwt (sudo)`. */
export function needText({ path, oneOf, sudo }: Need): string {
  return `${oneOf.join(' or ')} ${path}${sudo ? ' (sudo)' : ''}`;
}

/** @throws TashikaError VAULT_DENIED with all that the token may not do, before anything is done */
export async function requirePermission(needs: readonly Need[], vault: Vault): Promise<void> {
  const lacking = await lackingOf(needs, vault);
  if (lacking.length === 0) return;
  throw new TashikaError(
    'VAULT_DENIED',
    `The token may not ${lacking.map(needText).join(', ')}: log in with the policy tashika-platform. Nothing was changed.`,
  );
}
