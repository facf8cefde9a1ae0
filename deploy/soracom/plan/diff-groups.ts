import { type Account, type ActualGroup, nameOf } from '../account/index.ts';
import { type Declaration, MARK_TAG, type WantedGroup } from '../declaration/index.ts';
import type { Action, Change, Values } from './action.ts';
import { changesOf, isSameUserData, userDataChanges } from './changes.ts';
import type { Findings, Leftover } from './findings.ts';
import { wantedConfiguration } from './group-configuration.ts';

/** What is to be done about the groups that the files name. */
export function diffGroups(declaration: Declaration, account: Account, prune: boolean): Findings {
  const found = Object.entries(declaration.groups).map(([name, wanted]) => {
    const actual = account.groups.filter((group) => nameOf(group) === name);
    if (actual.length > 1) return ambiguous(name, actual);
    return actual[0]
      ? diffGroup(name, wanted, actual[0], declaration.mark, prune)
      : creation(name, wanted, declaration.mark);
  });
  return {
    actions: found.flatMap(({ actions }) => actions),
    problems: found.flatMap(({ problems }) => problems),
    leftovers: found.flatMap(({ leftovers }) => leftovers),
  };
}

function ambiguous(name: string, groups: readonly ActualGroup[]): Findings {
  const ids = groups.map(({ groupId }) => groupId).join(' and ');
  const sentence = `The account has ${groups.length} groups of the name ${name}: ${ids}. Rename or delete all but one.`;
  return { actions: [], problems: [{ code: 'SORACOM_AMBIGUOUS', sentence }], leftovers: [] };
}

/** In one request, so that no group is ever seen half made. */
function creation(name: string, wanted: WantedGroup, mark: string): Findings {
  const tags = { name, [MARK_TAG]: mark, ...given(wanted.tags) };
  const namespaces = Object.entries(wantedConfiguration(wanted)).filter(([, values]) => values !== null);
  const configuration = Object.fromEntries(namespaces.map(([namespace, values]) => [namespace, present(values)]));
  const changes = [
    ...Object.entries(tags).map(([tag, after]): Change => ({ field: `tags.${tag}`, after })),
    ...Object.entries(configuration).flatMap(([namespace, values]) => valueChanges(namespace, {}, values)),
  ];
  const filled = Object.fromEntries(
    Object.entries(configuration).filter(([, values]) => Object.keys(values).length > 0),
  );
  return {
    actions: [{ do: 'create-group', group: name, tags, configuration: filled, changes }],
    problems: [],
    leftovers: [],
  };
}

function diffGroup(name: string, wanted: WantedGroup, actual: ActualGroup, mark: string, prune: boolean): Findings {
  const actions: Action[] = [];
  for (const [namespace, values] of Object.entries(wantedConfiguration(wanted))) {
    const before = actual.configuration[namespace] ?? {};
    if (values === null) {
      const changes = Object.keys(before).map((key) => ({ field: `${namespace}.${key}`, before: 'set' }));
      if (changes.length > 0) actions.push({ do: 'clear-namespace', group: name, namespace, changes });
      continue;
    }
    actions.push(...goneKeys(name, namespace, before, values), ...configuring(name, namespace, before, values));
  }
  actions.push(...tagging(name, wanted, actual));
  const strangers = strangeEntryPoints(name, wanted, actual, mark);
  if (prune) actions.push(...strangers.filter(({ leftover }) => leftover.ours).map(({ action }) => action));
  const leftovers = strangers.map(({ leftover }) => leftover).filter(({ ours }) => !(prune && ours));
  return { actions, problems: [], leftovers };
}

function configuring(group: string, namespace: string, before: Values, wanted: Values): readonly Action[] {
  const changed = Object.entries(present(wanted)).flatMap(([key, value]) => {
    const changes = valueChanges(namespace, { [key]: before[key] }, { [key]: value });
    return changes.length === 0 ? [] : [{ key, value, changes }];
  });
  if (changed.length === 0) return [];
  const values = Object.fromEntries(changed.map(({ key, value }) => [key, value]));
  return [{ do: 'configure-group', group, namespace, values, changes: changed.flatMap(({ changes }) => changes) }];
}

function goneKeys(group: string, namespace: string, before: Values, wanted: Values): readonly Action[] {
  return Object.entries(wanted)
    .filter(([key, value]) => value === null && before[key] !== undefined)
    .map(([key]) => ({
      ...{ do: 'delete-group-key', group, namespace, key },
      changes: [{ field: `${namespace}.${key}`, before: 'set' }],
    }));
}

function valueChanges(namespace: string, before: Values, wanted: Values): readonly Change[] {
  return Object.entries(wanted).flatMap(([key, value]) => {
    if (namespace !== 'SoracomAir' || key !== 'userdata') return changesOf(fieldOf(namespace, key), before[key], value);
    return isSameUserData(before[key], value as string) ? [] : userDataChanges(before[key], value as string);
  });
}

function fieldOf(namespace: string, key: string): string {
  return /^[\w$-]+$/.test(key) ? `${namespace}.${key}` : `${namespace}[${JSON.stringify(key)}]`;
}

function tagging(group: string, { tags = {} }: WantedGroup, actual: ActualGroup): readonly Action[] {
  const set = Object.entries(given(tags)).filter(([tag, value]) => actual.tags[tag] !== value);
  const gone = Object.keys(tags).filter((tag) => tags[tag] === null && actual.tags[tag] !== undefined);
  return [
    ...(set.length === 0
      ? []
      : [
          {
            ...({ do: 'set-group-tags', group, tags: Object.fromEntries(set) } as const),
            changes: set.map(([tag, after]) => tagChange(tag, actual.tags[tag], after)),
          },
        ]),
    ...gone.map((tag) => ({
      ...({ do: 'delete-group-tag', group, tag } as const),
      changes: [tagChange(tag, actual.tags[tag], undefined)],
    })),
  ];
}

/** Entry points of Beam that the files do not name lead out of the group just as the others do. */
function strangeEntryPoints(group: string, { beam }: WantedGroup, actual: ActualGroup, mark: string) {
  if (!beam) return [];
  const ours = actual.tags[MARK_TAG] === mark;
  return Object.entries(actual.configuration.SoracomBeam ?? {})
    .filter(([entry]) => !Object.hasOwn(beam, entry))
    .map(([key, settings]) => {
      const destination = (settings as { destination?: unknown } | null)?.destination;
      const action: Action = {
        ...{ do: 'delete-group-key', group, namespace: 'SoracomBeam', key },
        changes: [{ field: `${fieldOf('SoracomBeam', key)}.destination`, before: destination ?? 'none' }],
      };
      const leftover: Leftover = { kind: 'entry-point', name: key, group, ours };
      return { action, leftover };
    });
}

/** Groups that bear the mark and are in no file; one with SIMs in it is kept. */
export function leftGroups(declaration: Declaration, account: Account, after: Account, prune: boolean): Findings {
  const left = account.groups.filter(
    (group) => group.tags[MARK_TAG] === declaration.mark && !Object.hasOwn(declaration.groups, nameOf(group) ?? ''),
  );
  const actions: Action[] = [];
  const leftovers: Leftover[] = [];
  for (const group of left) {
    const name = nameOf(group);
    const kept = reasonToKeep(group, account, after);
    if (prune && name !== undefined && kept === undefined) {
      const changes = Object.keys(group.configuration).map((namespace) => ({ field: namespace, before: 'set' }));
      actions.push({ do: 'delete-group', group: name, changes });
    } else
      leftovers.push({
        kind: 'group',
        name: name ?? group.groupId,
        ours: kept === undefined,
        ...(kept === undefined ? {} : { kept }),
      });
  }
  return { actions, leftovers, problems: [] };
}

function reasonToKeep(group: ActualGroup, account: Account, after: Account): string | undefined {
  const name = nameOf(group);
  if (name === undefined) return 'it has no name';
  if (account.groups.filter((each) => nameOf(each) === name).length > 1) return 'another group has its name too';
  const members = after.sims.filter((sim) => sim.groupId === group.groupId).length;
  return members === 0 ? undefined : `${members} SIMs that no file names are in it`;
}

export function tagChange(tag: string, before: string | undefined, after: string | undefined): Change {
  return {
    field: `tags.${tag}`,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** The tags that are to be there. */
export function given(tags: Readonly<Record<string, string | null>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags ?? {}).filter((entry): entry is [string, string] => entry[1] !== null));
}

function present(values: Values | null): Values {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== null));
}
