import type { AuditList, FleetDevice, FleetVersions } from '@tashika/cloud/api/fleet';
import { usageError } from '@tashika/shared/errors';
import { regionOf, resolveRegion } from '@tashika/shared/regions';
import { type Command, flagOf, numberOf, textOf, textsOf } from '../command/index.ts';
import { apiOf, apiOption, byOption, personOf } from './access.ts';
import { bar, count, fields, table, time, timeAndAge } from './written.ts';

const AUDIT_ENTRIES = 50;
/** What an entry of a device is about begins with. */
const OF_DEVICE = 'device:';

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Every step of a rollout and why, the newest first; times are in UTC (Z)',
  positionals: [{ name: 'id', summary: 'The rollout', required: true }],
  options: {
    api: apiOption,
    limit: { type: 'number', value: 'N', standard: AUDIT_ENTRIES, summary: 'How many entries at most' },
    before: { type: 'text', value: 'ENTRY', summary: 'Older ones than this entry, as a former answer named it' },
  },
  async run(args, context) {
    const before = textOf(args, 'before');
    const query = new URLSearchParams({ limit: String(numberOf(args, 'limit') ?? AUDIT_ENTRIES) });
    if (before !== undefined) query.set('before', before);
    const id = textOf(args, 'id')!;
    const answer = await apiOf(args, context).get<AuditList>(`rollouts/${encodeURIComponent(id)}/audit?${query}`);
    context.print(
      table(
        answer.entries.map(({ at, actor, subject, event, from, to, reason }) => [
          time(at),
          actor,
          subject.startsWith(OF_DEVICE) ? subject.slice(OF_DEVICE.length) : '',
          event,
          from === null && to === null ? '' : `${from ?? '—'} → ${to ?? '—'}`,
          reason,
        ]),
      ),
    );
    if (answer.next !== null) context.print(`Older ones: tashika fleet audit ${id} --before ${answer.next}`);
    context.answer(answer);
    return 0;
  },
};

const BAR_WIDTH = 20;

export const versionsCommand: Command = {
  name: 'versions',
  summary: "The agent's versions by region, as the devices' readings tell them",
  options: { api: apiOption },
  async run(args, context) {
    const answer = await apiOf(args, context).get<FleetVersions>('versions');
    const most = Math.max(1, ...answer.regions.flatMap(({ versions }) => versions.map((each) => each.devices)));
    const rows = answer.regions.flatMap(({ region, versions }) =>
      versions.map(({ version, devices }, index) => [
        index === 0 ? nameOf(region) : '',
        version,
        count(devices),
        bar(
          [
            ['█', devices],
            [' ', most - devices],
          ],
          BAR_WIDTH,
        ),
      ]),
    );
    context.print(
      rows.length === 0
        ? 'No device has told its version yet: agents tell it as the reading agent/version.'
        : table([['region', 'version', 'devices', ''], ...rows], [2]),
    );
    context.answer(answer);
    return 0;
  },
};

function nameOf(region: string): string {
  const known = resolveRegion(region);
  return known ? `${region} ${regionOf(known).en}` : region;
}

export const deviceCommand: Command = {
  name: 'device',
  summary: 'A device as its updater and its readings tell it; with an option, what it is told to be',
  positionals: [{ name: 'id', summary: 'Its controller id', required: true }],
  options: {
    api: apiOption,
    by: byOption,
    channel: { type: 'text', value: 'NAME', summary: 'The channel that it follows from now on' },
    tag: { type: 'list', value: 'TAG', summary: 'What it is tagged with from now on; all that it has is replaced' },
    'time-zone': { type: 'text', value: 'ZONE', summary: 'Whose maintenance window it has, such as Asia/Tokyo' },
    'remove-token': {
      type: 'flag',
      summary: 'Take its target token away: it comes through Beam, or with the gateway token',
    },
    'new-token': {
      type: 'flag',
      summary: 'Make it a target token, printed once; a former one is refused from then on',
    },
  },
  async run(args, context) {
    const api = apiOf(args, context);
    const path = `devices/${encodeURIComponent(textOf(args, 'id')!)}`;
    const channel = textOf(args, 'channel');
    const tags = textsOf(args, 'tag');
    const timeZone = textOf(args, 'time-zone');
    if (flagOf(args, 'new-token') && flagOf(args, 'remove-token'))
      throw usageError('A token is made anew or taken away, not both.', 'tashika fleet device');
    const change = {
      ...(channel !== undefined && { channel }),
      ...(tags.length > 0 && { tags }),
      ...(timeZone !== undefined && { timeZone }),
      ...(flagOf(args, 'new-token') && { token: true }),
      ...(flagOf(args, 'remove-token') && { token: false }),
    };
    const isChange = Object.keys(change).length > 0;
    const answer = isChange
      ? await api.put<FleetDevice>(path, { ...change, by: personOf(args, context) })
      : await api.get<FleetDevice>(path);
    context.print(renderDevice(answer, context.clock.now()));
    if (answer.token !== undefined)
      context.print(`\nIts target token, told this once: ${answer.token}\nIt goes into the updater's configuration.`);
    context.answer(answer);
    return 0;
  },
};

function renderDevice(device: FleetDevice, now: number): string {
  const { rollouts, actions, history } = device;
  const parts = [
    device.controllerId,
    fields([
      ['SIM', device.imsi && `${device.imsi} (${device.imsiProved ? 'proved by Beam' : "its updater's word"})`],
      ['region', device.region && nameOf(device.region)],
      ['board', device.board],
      ['channel', device.channel],
      ['tags', device.tags.join(', ')],
      ['time zone', device.timeZone],
      ['agent', device.agentVersion],
      ['system', device.systemVersion],
      ['updater asked', device.lastPoll ? timeAndAge(device.lastPoll, now) : 'never'],
      ['last reading', device.lastSeen && timeAndAge(device.lastSeen, now)],
    ]),
  ];
  if (rollouts.length > 0)
    parts.push(
      '',
      table([
        ['  rollout', 'wave', 'state', 'since', 'comes back to', ''],
        ...rollouts.map((each) => [
          `  ${each.rollout}`,
          String(each.wave),
          each.state,
          time(each.since),
          each.previousVersion ?? '—',
          each.detail ?? '',
        ]),
      ]),
    );
  if (actions.length > 0)
    parts.push(
      '',
      table([
        ['  action', 'purpose', 'image', 'state', 'offered', 'done', "in its updater's words"],
        ...actions.map((each) => [
          `  ${each.id}`,
          each.purpose,
          each.image,
          each.outcome ?? each.progress ?? each.state,
          time(each.createdAt),
          time(each.closedAt),
          each.detail ?? '',
        ]),
      ]),
    );
  if (history.length > 0)
    parts.push(
      '',
      table([
        ['  history', '', 'by', ''],
        ...history.map(({ at, event, actor, reason }) => [`  ${time(at)}`, event, actor, reason]),
      ]),
    );
  return parts.join('\n');
}
