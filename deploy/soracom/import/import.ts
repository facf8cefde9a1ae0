import { resolveRegion } from '@tashika/shared/regions';
import { type Account, type ActualSim, nameOf } from '../account/index.ts';
import type { Coverage } from '../api/index.ts';
import { clearSecretsIn, MARK_TAG } from '../declaration/index.ts';
import { partsOf } from '../plan/index.ts';
import { groupOf } from './group.ts';

/** Declarative files that say what an account is, and what of it they can't say. */
export interface Imported {
  /** By file name: a document, or the text of a list. */
  readonly files: Readonly<Record<string, object | string>>;
  readonly notes: readonly string[];
}

export interface ImportOptions {
  readonly coverage: Coverage;
}

/**
 * Writes down an account, so that a plan made of it has nothing to do. Secrets can't be read, and none is written:
 * where a description has a fingerprint of ours, there is a reference to fill in; what other credentials hold is left
 * alone.
 */
export function importAccount(account: Account, { coverage }: ImportOptions): Imported {
  const notes: string[] = [];
  const groups = namedOnce(account, notes).map((group) => {
    const found = groupOf(group, account);
    notes.push(...found.notes.map((note) => `group ${nameOf(group)}: ${note}`));
    return { name: nameOf(group)!, groupId: group.groupId, ...found };
  });
  const credentials = Object.keys(account.credentials).filter((id) => isId(id, notes));
  const names = new Map(groups.map(({ groupId, name }) => [groupId, name]));
  const sims = account.sims.map((sim) => simOf(sim, account, names, notes));
  return {
    files: {
      'account.json': { account: { operatorId: account.operatorId, coverage } },
      ...(credentials.length > 0
        ? {
            'credentials.json': {
              credentials: Object.fromEntries(credentials.map((id) => [id, credentialOf(id, account, notes)])),
            },
          }
        : {}),
      ...Object.fromEntries(
        fileNames(groups.map(({ name }) => name)).map((file, at) => [
          `groups/${file}.json`,
          { groups: { [groups[at]!.name]: groups[at]!.group } },
        ]),
      ),
      ...(sims.length > 0
        ? {
            'sims.json': { simLists: ['sims.jsonl'] },
            'sims.jsonl': sims.map((sim) => `${JSON.stringify(sim)}\n`).join(''),
          }
        : {}),
    },
    notes,
  };
}

/** Files go by names: a group without one, or two of one name, can't be named. */
function namedOnce(account: Account, notes: string[]) {
  return account.groups.filter((group) => {
    const name = nameOf(group);
    if (name === undefined) notes.push(`group ${group.groupId}: left out, it has no name`);
    else if (account.groups.filter((each) => nameOf(each) === name).length > 1)
      notes.push(`group ${group.groupId}: left out, another group has the name ${name} too`);
    else return true;
    return false;
  });
}

function isId(id: string, notes: string[]): boolean {
  const fits = /^[A-Za-z0-9_.-]{1,100}$/.test(id);
  if (!fits) notes.push(`credential ${JSON.stringify(id)}: left out, its id has signs that the files do not take`);
  return fits;
}

function credentialOf(id: string, account: Account, notes: string[]): object {
  const { type, description } = account.credentials[id]!;
  const { text, fingerprint, mark, plain } = partsOf(description);
  const writable = text !== '' && !/[[\]]/.test(text) && text.length <= 1_000 && clearSecretsIn(text).length === 0;
  const base = { type, ...(writable && mark !== undefined ? { description: text } : {}) };
  const key = { env: `TASHIKA_SECRET_${id.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}` };
  if (fingerprint !== undefined && type === 'psk') return { ...base, fields: { key } };
  if (fingerprint !== undefined && type === 'azure-credentials' && plain.policyName !== undefined)
    return { ...base, fields: { policyName: plain.policyName, key } };
  notes.push(
    `credential ${id}: what it holds can't be told, so the files leave it alone; add fields to have it stored from Vault`,
  );
  return base;
}

function simOf(sim: ActualSim, account: Account, names: ReadonlyMap<string, string>, notes: string[]): object {
  const { simId, imsis, groupId, tags } = sim;
  const kept = Object.entries(tags).filter(([name, value]) => {
    if (name === MARK_TAG) return false;
    const fits =
      value.length <= 255 &&
      clearSecretsIn({ [name]: value }).length === 0 &&
      (name !== 'pref' || resolveRegion(value) !== undefined);
    if (!fits) notes.push(`SIM ${simId}: the tag ${name} is left out, the files would not take its value`);
    return fits;
  });
  const isThere = account.groups.some((group) => group.groupId === groupId);
  const imsi = imsis.find((each) => /^\d{14,15}$/.test(each));
  return {
    ...(imsi === undefined ? { simId } : { imsi }),
    ...(isThere ? (names.has(groupId!) ? { group: names.get(groupId!) } : {}) : { group: null }),
    ...(kept.length > 0 ? { tags: Object.fromEntries(kept) } : {}),
  };
}

/** A name for each file that every file system takes; what would be the same is numbered. */
function fileNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain =
      name
        .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
        .replaceAll(/^[.-]+|[.-]+$/g, '')
        .slice(0, 80) || 'group';
    let file = plain;
    for (let number = 2; taken.has(file.toLowerCase()); number++) file = `${plain}-${number}`;
    taken.add(file.toLowerCase());
    return file;
  });
}
