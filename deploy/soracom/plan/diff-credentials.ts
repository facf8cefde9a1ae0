import type { Account } from '../account/index.ts';
import { type Declaration, type DeclaredCredential, isReference, nameOfReference } from '../declaration/index.ts';
import type { Action, Change } from './action.ts';
import { type DescriptionParts, descriptionOf, partsOf } from './description.ts';
import type { Findings } from './findings.ts';

/** What a credential's references came to, as far as it may be known. */
export interface ResolvedCredential {
  readonly fingerprint: string;
  /** What is no secret. */
  readonly plain: Readonly<Record<string, string>>;
}

/** By credential's id. One that is missing was not looked up, and its content is not compared. */
export type Resolved = Readonly<Record<string, ResolvedCredential>>;

/** What is to be done about credentials. Those without a mark and without an entry in the files are nobody's business. */
export function diffCredentials(declaration: Declaration, account: Account, resolved: Resolved): Findings {
  const found = Object.entries(declaration.credentials).map(([id, declared]) =>
    diffCredential(id, declared, own(account.credentials, id), own(resolved, id), declaration.mark),
  );
  return {
    actions: found.flatMap(({ actions }) => actions),
    problems: found.flatMap(({ problems }) => problems),
    leftovers: [],
  };
}

/** An id may be any word, `constructor` too. */
function own<T>(items: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(items, id) ? items[id] : undefined;
}

function diffCredential(
  id: string,
  declared: DeclaredCredential,
  actual: Account['credentials'][string] | undefined,
  resolved: ResolvedCredential | undefined,
  mark: string,
): Findings {
  const { type, fields } = declared;
  const parts = actual ? partsOf(actual.description) : undefined;
  if (fields === undefined) return { ...nothing, problems: keptProblems(id, type, actual) };
  const text = declared.description?.trim() ?? parts?.text ?? '';
  if (!resolved) return uncompared(id, declared, actual, { text, mark });
  const content = { type, fields, ...resolved, description: descriptionOf({ text, mark, ...resolved }) };
  const { plain: _, ...deed } = content;
  const changes = changesOfCredential(declared, actual?.type, parts, resolved, text);
  if (!actual || !parts)
    return { ...nothing, actions: [{ do: 'create-credential', credential: id, ...deed, changes }] };
  if (changes.length === 0) return nothing;
  return { ...nothing, actions: [{ do: 'update-credential', credential: id, ...deed, changes }] };
}

function changesOfCredential(
  { type, description }: DeclaredCredential,
  actualType: string | undefined,
  parts: DescriptionParts | undefined,
  resolved: ResolvedCredential,
  text: string,
): readonly Change[] {
  const changes: Change[] = [];
  if (actualType !== type)
    changes.push({ field: 'type', ...(actualType === undefined ? {} : { before: actualType }), after: type });
  if (description !== undefined && text !== (parts?.text ?? ''))
    changes.push({ field: 'description', ...(parts ? { before: parts.text } : {}), after: text });
  for (const [name, value] of Object.entries(resolved.plain))
    if (parts?.plain[name] !== value && (parts?.mark !== undefined || parts?.fingerprint !== resolved.fingerprint))
      changes.push({
        field: name,
        ...(parts?.plain[name] === undefined ? {} : { before: parts.plain[name] }),
        after: value,
      });
  if (parts?.fingerprint !== resolved.fingerprint) {
    const before = parts && (parts.fingerprint ?? 'not known');
    changes.push({
      field: 'key',
      ...(before === undefined ? {} : { before }),
      after: resolved.fingerprint,
      secret: true,
    });
  }
  return changes;
}

/** Without looking at secrets all that can be told is whether it is there, of that type and text. */
function uncompared(
  id: string,
  declared: DeclaredCredential,
  actual: Account['credentials'][string] | undefined,
  { text, mark }: { text: string; mark: string },
): Findings {
  const { type, fields = {} } = declared;
  const parts = actual && partsOf(actual.description);
  const content = { type, fields, fingerprint: 'not looked up', description: `${text} [${mark} not looked up]` };
  const reference = Object.values(fields).find(isReference);
  if (!actual) {
    const changes: Change[] = [
      { field: 'type', after: type },
      { field: 'key', after: reference ? nameOfReference(reference) : 'not looked up', secret: true },
    ];
    return { ...nothing, actions: [{ do: 'create-credential', credential: id, ...content, changes }] };
  }
  const changes: Change[] = [];
  if (actual.type !== type) changes.push({ field: 'type', before: actual.type, after: type });
  if (declared.description !== undefined && parts!.text !== text)
    changes.push({ field: 'description', before: parts!.text, after: text });
  if (changes.length === 0) return nothing;
  return { ...nothing, actions: [{ do: 'update-credential', credential: id, ...content, changes }] };
}

function keptProblems(
  id: string,
  type: string,
  actual: Account['credentials'][string] | undefined,
): Findings['problems'] {
  if (!actual)
    return [
      {
        code: 'SORACOM_REFUSED',
        sentence: `The credential ${id} is not in the account, and its entry has no fields to make it of. Add fields.`,
      },
    ];
  if (actual.type === type) return [];
  return [
    {
      code: 'SORACOM_REFUSED',
      sentence: `The credential ${id} is of type ${actual.type} in the account, and ${type} in the files. Correct the files, or add fields to replace it.`,
    },
  ];
}

/** Deletes what bears the mark, is in no file, and no group uses any more. */
export function leftCredentials(declaration: Declaration, account: Account, after: Account, prune: boolean): Findings {
  const left = Object.entries(account.credentials).filter(
    ([id, { description }]) =>
      !Object.hasOwn(declaration.credentials, id) && partsOf(description).mark === declaration.mark,
  );
  const inUse = new Map(
    left.map(([id]) => [id, after.groups.find(({ configuration }) => mentions(configuration, id))]),
  );
  const actions: Action[] = left
    .filter(([id]) => prune && !inUse.get(id))
    .map(([id, { type, description }]) => ({
      ...{ do: 'delete-credential', credential: id },
      changes: [
        { field: 'type', before: type },
        { field: 'key', before: partsOf(description).fingerprint ?? 'not known', secret: true },
      ],
    }));
  const leftovers = left
    .filter(([id]) => !prune || inUse.get(id))
    .map(([id]) => {
      const user = inUse.get(id);
      return {
        kind: 'credential' as const,
        name: id,
        ours: !user,
        ...(user ? { kept: `the group ${user.tags.name ?? user.groupId} uses it` } : {}),
      };
    });
  return { actions, leftovers, problems: [] };
}

function mentions(value: unknown, credential: string, key = ''): boolean {
  if (typeof value === 'string') return value === credential && /credentialsId$/.test(key);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, child]) => mentions(child, credential, name));
}

const nothing: Findings = { actions: [], problems: [], leftovers: [] };
