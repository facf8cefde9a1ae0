import { type Account, type ActualGroup, type ActualSim, nameOf, type Tags, withoutEmpty } from '../account/index.ts';
import type { Deed, Values } from './action.ts';
import { laidOver } from './group-configuration.ts';

/** A new group goes by its name until SORACOM gives it an id. */
const NEW = 'new ';

/** What an account is set to once a deed is done. */
export function after(account: Account, deed: Deed): Account {
  switch (deed.do) {
    case 'create-credential':
    case 'update-credential': {
      const { type, description } = deed;
      return { ...account, credentials: { ...account.credentials, [deed.credential]: { type, description } } };
    }
    case 'delete-credential':
      return { ...account, credentials: without(account.credentials, deed.credential) };
    case 'create-group': {
      const { group, tags, configuration } = deed;
      return { ...account, groups: [...account.groups, { groupId: NEW + group, tags, configuration }] };
    }
    case 'delete-group': {
      const gone = account.groups.filter((group) => nameOf(group) === deed.group).map(({ groupId }) => groupId);
      const sims = account.sims.map(
        (sim) => (gone.includes(sim.groupId ?? '') ? without(sim, 'groupId') : sim) as ActualSim,
      );
      return { ...account, sims, groups: account.groups.filter(({ groupId }) => !gone.includes(groupId)) };
    }
    case 'set-group-tags':
    case 'delete-group-tag':
    case 'configure-group':
    case 'delete-group-key':
    case 'clear-namespace':
      return {
        ...account,
        groups: account.groups.map((group) => (nameOf(group) === deed.group ? groupAfter(group, deed) : group)),
      };
    default:
      return {
        ...account,
        sims: account.sims.map((sim) => (sim.simId === deed.sim ? simAfter(sim, deed, account) : sim)),
      };
  }
}

/** The same for many deeds: each SIM is gone to once. */
export function afterAll(account: Account, deeds: readonly Deed[]): Account {
  const bySim = new Map<string, Deed[]>();
  for (const deed of deeds)
    if ('sim' in deed) {
      const same = bySim.get(deed.sim);
      if (same) same.push(deed);
      else bySim.set(deed.sim, [deed]);
    }
  const others = deeds.filter((deed) => !('sim' in deed));
  const [before, goings] = [
    others.filter((deed) => deed.do !== 'delete-group'),
    others.filter((deed) => deed.do === 'delete-group'),
  ];
  const rest = before.reduce(after, { ...account, sims: [] });
  const sims = account.sims.map((sim) => (bySim.get(sim.simId) ?? []).reduce(after, { ...rest, sims: [sim] }).sims[0]!);
  return goings.reduce(after, { ...rest, sims });
}

type GroupDeed = Extract<
  Deed,
  { do: 'set-group-tags' | 'delete-group-tag' | 'configure-group' | 'delete-group-key' | 'clear-namespace' }
>;

function groupAfter(group: ActualGroup, deed: GroupDeed): ActualGroup {
  const { tags, configuration } = group;
  switch (deed.do) {
    case 'set-group-tags':
      return { ...group, tags: { ...tags, ...deed.tags } };
    case 'delete-group-tag':
      return { ...group, tags: without(tags, deed.tag) };
    case 'configure-group': {
      const before = configuration[deed.namespace] ?? {};
      const values = { ...before, ...laidValues(before, deed.values) };
      return { ...group, configuration: { ...configuration, [deed.namespace]: values } };
    }
    case 'delete-group-key': {
      const values = without(configuration[deed.namespace] ?? {}, deed.key);
      return { ...group, configuration: withoutEmpty({ ...configuration, [deed.namespace]: values }) };
    }
    case 'clear-namespace':
      return { ...group, configuration: without(configuration, deed.namespace) };
  }
}

/** The whole values that keys get: SORACOM takes the place of a key's value, so what is left alone is sent again. */
export function laidValues(before: Values, wanted: Values): Values {
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, laidOver(before[key], value)]));
}

type SimDeed = Extract<Deed, { sim: string }>;

function simAfter(sim: ActualSim, deed: SimDeed, { groups }: Account): ActualSim {
  switch (deed.do) {
    case 'set-sim-tags':
      return { ...sim, tags: { ...sim.tags, ...deed.tags } };
    case 'delete-sim-tag':
      return { ...sim, tags: without(sim.tags, deed.tag) };
    case 'move-sim':
      return { ...sim, groupId: groups.find((group) => nameOf(group) === deed.group)?.groupId ?? NEW + deed.group };
    case 'release-sim':
      return without(sim, 'groupId') as ActualSim;
  }
}

function without<T extends object>(object: T, key: string): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T;
}

/** What an account says of a subject, in a form that two accounts can be compared by; undefined for nothing. */
export function stateOf(subject: string, account: Account): unknown {
  const at = subject.indexOf(':');
  const id = subject.slice(at + 1);
  switch (subject.slice(0, at)) {
    case 'credential':
      return Object.hasOwn(account.credentials, id) ? account.credentials[id] : undefined;
    case 'group':
      return groupState(account.groups.filter((group) => nameOf(group) === id));
    default: {
      const sim = account.sims.find(({ simId }) => simId === id);
      return sim && simState(sim, account);
    }
  }
}

function groupState(groups: readonly ActualGroup[]): unknown {
  if (groups.length === 0) return undefined;
  return groups.map(({ tags, configuration }: { tags: Tags; configuration: unknown }) => ({ tags, configuration }));
}

function simState({ tags, groupId }: ActualSim, { groups }: Account): unknown {
  const group = groups.find((each) => each.groupId === groupId);
  if (group) return { tags, group: nameOf(group) ?? groupId };
  return { tags, group: groupId?.startsWith(NEW) ? groupId.slice(NEW.length) : undefined };
}
