import type { Timestamp } from '@tashika/shared/time';
import {
  type Configuration,
  type Group,
  groupIn,
  type Namespace,
  type Settings,
  settingsOf,
  type Tags,
  type TagUpdates,
  tagsOf,
  withConfiguration,
  withGroup,
  withGroupTags,
  withoutConfigurationKey,
  withoutGroup,
  withoutGroupTag,
  withoutNamespace,
} from '../account/index.ts';
import { shownGroup, shownSim } from '../shown.ts';
import { type ApiRequest, deleting, type Handler } from './handler.ts';
import { page } from './lists.ts';

const listGroups: Handler = ({ query }, parts) => {
  const { account } = parts;
  const { tag_name: name, tag_value: value, tag_value_match_mode: mode } = query;
  const fits = ({ tags }: Group) => {
    if (name === undefined) return true;
    const found = tags[String(name)];
    return found !== undefined && (mode === 'prefix' ? found.startsWith(String(value)) : found === String(value));
  };
  return page(query, parts, {
    items: account.settings.groups.filter(fits).toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1)),
    keyOf: ({ groupId }) => groupId,
    shown: (group) => shownGroup(account, group),
  });
};

const createGroup: Handler = ({ body }, { account, clock, newGroupId }) => {
  const { tags = {}, configuration = {} } = body as { readonly tags?: Tags; readonly configuration?: Configuration };
  const now = clock.now();
  const group: Group = { groupId: newGroupId(), tags, configuration, createdTime: now, lastModifiedTime: now };
  account.change((settings) => withGroup(settings, group));
  return { body: shownGroup(account, group) };
};

const getGroup: Handler = ({ parameters }, { account }) => ({
  body: shownGroup(account, groupIn(account.settings, parameters.group_id!)),
});

/** The handler of a change to a group, which is shown afterwards. */
function changing(change: (settings: Settings, request: ApiRequest, now: Timestamp) => Settings): Handler {
  return (request, parts) => {
    const { account, clock } = parts;
    account.change((settings) => change(settings, request, clock.now()));
    return getGroup(request, parts);
  };
}

type ConfigurationUpdates = Parameters<typeof withConfiguration>[3];

const listSubscribersInGroup: Handler = ({ parameters, query }, parts) => {
  const { account } = parts;
  const { groupId } = groupIn(account.settings, parameters.group_id!);
  return page(query, parts, {
    items: account.sims
      .filter((owned) => settingsOf(account.settings, owned).groupId === groupId)
      .toSorted((a, b) => (a.sim.imsi < b.sim.imsi ? -1 : 1)),
    keyOf: ({ sim }) => sim.imsi,
    shown: (owned) => shownSim(account, owned),
  });
};

export const GROUP_HANDLERS = {
  listGroups,
  createGroup,
  getGroup,
  listSubscribersInGroup,
  deleteGroup: deleting(({ parameters }, account) =>
    account.change((settings) => withoutGroup(settings, parameters.group_id!)),
  ),
  putConfigurationParameters: changing((settings, { parameters, body }, now) => {
    const { group_id, namespace } = parameters;
    return withConfiguration(settings, group_id!, namespace as Namespace, body as ConfigurationUpdates, now);
  }),
  deleteConfigurationNamespace: deleting(({ parameters }, account, now) =>
    account.change((settings) =>
      withoutNamespace(settings, parameters.group_id!, parameters.namespace as Namespace, now),
    ),
  ),
  deleteConfigurationParameter: deleting(({ parameters }, account, now) => {
    const { group_id, namespace, name } = parameters;
    account.change((settings) => withoutConfigurationKey(settings, group_id!, namespace as Namespace, name!, now));
  }),
  putGroupTags: changing((settings, { parameters, body }, now) =>
    withGroupTags(settings, parameters.group_id!, tagsOf(body as TagUpdates), now),
  ),
  deleteGroupTag: deleting(({ parameters }, account, now) =>
    account.change((settings) => withoutGroupTag(settings, parameters.group_id!, parameters.tag_name!, now)),
  ),
};
