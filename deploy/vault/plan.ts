import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError, TashikaError } from '@tashika/shared/errors';
import type { AuditDevice, Declaration, Declared, Fields } from './declared.ts';
import { type Difference, differences } from './difference.ts';
import { JOURNAL, type Journal, readJournal } from './journal.ts';

/** One thing that `apply` will do. */
export type Change =
  | { readonly kind: 'audit'; readonly path: string; readonly device: AuditDevice }
  | { readonly kind: 'make'; readonly path: string; readonly declared: Declared }
  | {
      readonly kind: 'alter';
      readonly path: string;
      readonly declared: Declared;
      readonly differences: readonly Difference[];
    }
  /** It was made, and the run ended before what follows on that. */
  | { readonly kind: 'finish'; readonly path: string }
  /** Vault notes whose it is. */
  | { readonly kind: 'note'; readonly path: string; readonly site: string };

export interface Plan {
  /** In the order in which they are made. */
  readonly changes: readonly Change[];
  /** Paths that begin with `tashika-` and that no file declares. */
  readonly undeclared: readonly string[];
  /** Sentences: what Vault has otherwise and can't be changed. `apply` does nothing while there is one. */
  readonly conflicts: readonly string[];
}

/** What Vault has, as far as it matters. */
interface Found {
  readonly audit: readonly Fields[];
  /** By `Declared.path`; absent where there is nothing. */
  readonly things: ReadonlyMap<string, Fields>;
  readonly listed: readonly string[];
  readonly journal: Journal;
}

/**
 * What would have to be done for Vault to be as declared.
 *
 * @param site whose Vault it must be
 * @throws TashikaError VAULT_OF_ANOTHER_SITE, and those of `Vault`
 */
export async function planOf(declaration: Declaration, site: string, vault: Vault): Promise<Plan> {
  const found = await find(declaration, vault);
  if (found.journal.site !== undefined && found.journal.site !== site)
    throw new TashikaError(
      'VAULT_OF_ANOTHER_SITE',
      `This Vault was configured for the site ${found.journal.site}, and the settings are those of ${site}: check VAULT_ADDR and the settings file.`,
    );
  return compare(declaration, found, site);
}

async function find({ things, lists }: Declaration, vault: Vault): Promise<Found> {
  const audit = Object.values((await vault.read('sys/audit')).data) as Fields[];
  const journal = await readJournal(vault);
  const answers = new Map<string, Fields>();
  const found = new Map<string, Fields>();
  for (const { path, read, within } of things) {
    const answer = answers.get(read) ?? (await readIfThere(read, vault));
    if (within !== undefined) answers.set(read, answer);
    const thing = within === undefined ? answer : ((answer[within] ?? {}) as Fields);
    if (Object.keys(thing).length > 0) found.set(path, flat(thing));
  }
  const listed: string[] = [];
  for (const { path } of lists) listed.push(...(await listIfThere(path, vault)).map((name) => `${path}/${name}`));
  return { audit, things: found, listed, journal };
}

/** Empty where there is nothing, or nothing is mounted yet. */
async function readIfThere(path: string, vault: Vault): Promise<Fields> {
  try {
    const { data } = await vault.read(path);
    return data.certificate === '' ? {} : data;
  } catch (error) {
    if (isTashikaError(error, 'VAULT_SECRET_MISSING') || isTashikaError(error, 'VAULT_REFUSED')) return {};
    throw error;
  }
}

async function listIfThere(path: string, vault: Vault): Promise<readonly string[]> {
  try {
    return (await vault.list(path)).filter((name) => name.startsWith('tashika-'));
  } catch (error) {
    if (isTashikaError(error, 'VAULT_REFUSED')) return [];
    throw error;
  }
}

/** Vault nests some of what it is given flat: how a mount is tuned, how a database is reached. */
function flat(thing: Fields): Fields {
  return { ...thing, ...(thing.config as Fields), ...(thing.connection_details as Fields) };
}

function compare({ audit, things, lists }: Declaration, found: Found, site: string): Plan {
  const changes: Change[] = audit
    .filter((device) => !found.audit.some((each) => isDevice(each, device)))
    .map((device) => ({ kind: 'audit', path: `sys/audit/${device.path}`, device }));
  const conflicts: string[] = [];
  for (const declared of things) {
    const thing = found.things.get(declared.path);
    if (thing === undefined) {
      changes.push({ kind: 'make', path: declared.path, declared });
      continue;
    }
    conflicts.push(...conflictsOf(declared, thing));
    const different = differences(declared.body, thing);
    if (different.length > 0) changes.push({ kind: 'alter', path: declared.path, declared, differences: different });
    if (declared.afterwards !== undefined && !found.journal.done.has(declared.afterwards))
      changes.push({ kind: 'finish', path: declared.afterwards });
  }
  if (found.journal.site === undefined) {
    const mounted = changes.findLastIndex(({ path }) => path.startsWith('sys/'));
    changes.splice(mounted + 1, 0, { kind: 'note', path: JOURNAL, site });
  }
  const paths = new Set(things.map(({ path }) => path));
  const undeclared = lists.length === 0 ? [] : found.listed.filter((path) => !paths.has(path));
  return { changes, undeclared, conflicts };
}

/** Under whatever path: OpenBao's devices have the paths that the server's configuration gives them. */
function isDevice(found: Fields, { type, options }: AuditDevice): boolean {
  return differences({ type, options }, found).length === 0;
}

/** What was fixed when it was made. What Vault does not tell again, such as a root's name, is not compared. */
function conflictsOf({ path, fixed }: Declared, thing: Fields): readonly string[] {
  return differences(fixed, thing)
    .filter(({ from }) => from !== undefined)
    .map(
      ({ field, from, to }) =>
        `${path} has ${field} ${JSON.stringify(from)}, declared is ${JSON.stringify(to)}, and that can't be changed once it is there.`,
    );
}
