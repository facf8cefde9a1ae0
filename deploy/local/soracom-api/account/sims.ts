import type { Timestamp } from '@tashika/shared/time';
import { groupIn } from './groups.ts';
import type { OwnedSim, Settings, SimSettings, Tags } from './model.ts';
import { withoutTag, withTags } from './tags.ts';

/** What a SIM is set to now. Its group may have been deleted meanwhile: then it is in none. */
export function settingsOf(settings: Settings, { sim, standard }: OwnedSim): SimSettings {
  const { groupId, ...rest } = settings.sims.get(sim.imsi) ?? standard;
  const isThere = groupId !== undefined && settings.groups.some((group) => group.groupId === groupId);
  return isThere ? { ...rest, groupId } : rest;
}

export function withSimTags(settings: Settings, owned: OwnedSim, tags: Tags, now: Timestamp): Settings {
  return changed(settings, owned, now, (former) => ({ ...former, tags: withTags(former.tags, tags) }));
}

/** @throws Refusal 404 for an unknown tag */
export function withoutSimTag(settings: Settings, owned: OwnedSim, name: string, now: Timestamp): Settings {
  return changed(settings, owned, now, (former) => ({ ...former, tags: withoutTag(former.tags, name) }));
}

/** @throws Refusal 404 for an unknown group */
export function withSimInGroup(settings: Settings, owned: OwnedSim, groupId: string, now: Timestamp): Settings {
  groupIn(settings, groupId);
  return changed(settings, owned, now, (former) => ({ ...former, groupId }));
}

export function withSimInNoGroup(settings: Settings, owned: OwnedSim, now: Timestamp): Settings {
  return changed(settings, owned, now, ({ groupId: _, ...rest }) => rest);
}

function changed(
  settings: Settings,
  owned: OwnedSim,
  now: Timestamp,
  change: (former: SimSettings) => SimSettings,
): Settings {
  const next = { ...change(settingsOf(settings, owned)), lastModifiedTime: now };
  return { ...settings, sims: new Map(settings.sims).set(owned.sim.imsi, next) };
}
