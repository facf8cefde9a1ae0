import type { Timestamp } from '@tashika/shared/time';
import { badRequest, notFound } from '../refusal.ts';
import { namespaceProblems } from './group-values.ts';
import type { Configuration, Group, Namespace, Settings, Tags } from './model.ts';
import { withoutTag, withTags } from './tags.ts';

/** The most that a group's whole configuration may take, in bytes; SORACOM's documentation says 8 KB. */
export const CONFIGURATION_LIMIT_BYTES = 8_192;

/** How large a configuration is. What exactly SORACOM counts is not documented: here, the bytes of its JSON text. */
function configurationBytes(configuration: Configuration): number {
  return Buffer.byteLength(JSON.stringify(configuration));
}

/** @throws Refusal 404 */
export function groupIn({ groups }: Settings, groupId: string): Group {
  const group = groups.find((each) => each.groupId === groupId);
  if (!group) throw notFound(`Group ${groupId}`);
  return group;
}

/** @throws Refusal 400 for a configuration that is too large or has a wrong value */
export function withGroup(settings: Settings, group: Group): Settings {
  assertConfiguration(group.configuration);
  return { ...settings, groups: [...settings.groups, group] };
}

/** SIMs that were in it are in none then. */
export function withoutGroup(settings: Settings, groupId: string): Settings {
  groupIn(settings, groupId);
  return { ...settings, groups: settings.groups.filter((each) => each.groupId !== groupId) };
}

/** Sets keys of a namespace; other keys stay as they are. */
export function withConfiguration(
  settings: Settings,
  groupId: string,
  namespace: Namespace,
  updates: readonly { readonly key: string; readonly value: unknown }[],
  now: Timestamp,
): Settings {
  return changed(settings, groupId, now, (group) => {
    const content = { ...group.configuration[namespace], ...Object.fromEntries(updates.map((u) => [u.key, u.value])) };
    return { ...group, configuration: { ...group.configuration, [namespace]: content } };
  });
}

/** @throws Refusal 400 where the namespace has no settings, 404 for an unknown group */
export function withoutNamespace(settings: Settings, groupId: string, namespace: Namespace, now: Timestamp): Settings {
  return changed(settings, groupId, now, (group) => {
    const { [namespace]: gone, ...configuration } = group.configuration;
    if (!gone) throw badRequest(`Namespace ${namespace} does not exist.`);
    return { ...group, configuration };
  });
}

/** Does nothing to a key that is not there. */
export function withoutConfigurationKey(
  settings: Settings,
  groupId: string,
  namespace: Namespace,
  key: string,
  now: Timestamp,
): Settings {
  return changed(settings, groupId, now, (group) => {
    const { [key]: _, ...content } = group.configuration[namespace] ?? {};
    return { ...group, configuration: { ...group.configuration, [namespace]: content } };
  });
}

export function withGroupTags(settings: Settings, groupId: string, tags: Tags, now: Timestamp): Settings {
  return changed(settings, groupId, now, (group) => ({ ...group, tags: withTags(group.tags, tags) }));
}

/** @throws Refusal 404 for an unknown group or tag */
export function withoutGroupTag(settings: Settings, groupId: string, name: string, now: Timestamp): Settings {
  return changed(settings, groupId, now, (group) => ({ ...group, tags: withoutTag(group.tags, name) }));
}

function changed(settings: Settings, groupId: string, now: Timestamp, change: (group: Group) => Group): Settings {
  const former = groupIn(settings, groupId);
  const group = { ...change(former), lastModifiedTime: now };
  assertConfiguration(group.configuration);
  return { ...settings, groups: settings.groups.map((each) => (each === former ? group : each)) };
}

function assertConfiguration(configuration: Configuration): void {
  const wrong = namespaceProblems(configuration);
  if (wrong.length > 0) throw badRequest(`${wrong.join('; ')}.`);
  const bytes = configurationBytes(configuration);
  if (bytes > CONFIGURATION_LIMIT_BYTES)
    throw badRequest(
      `The group's configuration takes ${bytes} bytes; at most ${CONFIGURATION_LIMIT_BYTES} are allowed.`,
    );
}
