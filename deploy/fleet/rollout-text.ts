import type { Rollout, RolloutWave } from '@tashika/cloud/api/fleet';
import { regionOf, resolveRegion } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import { visible } from '../command/index.ts';
import { renderSignals } from './signals-text.ts';
import { bar, byteSize, count, devices, duration, fields, listed, table, time, timeAndAge } from './written.ts';

/** A rollout, as a person reads it on a terminal. */

const BAR_WIDTH = 24;
/** States after which an image is known to be bad. */
const HARMED: readonly Rollout['state'][] = ['halted', 'rolling-back', 'rolled-back'];

/** What a bar shows of a wave: the signs stand for groups of device states. */
const GROUPS = [
  { sign: '█', text: 'kept', states: ['kept'] },
  { sign: '▓', text: 'updated', states: ['updated'] },
  { sign: '▒', text: 'under way', states: ['offered', 'downloading', 'installing', 'rebooting'] },
  { sign: '!', text: 'failed, fell back or vanished', states: ['failed', 'fell-back', 'vanished'] },
  { sign: '<', text: 'rolled back or leaving', states: ['leaving', 'rolled-back'] },
  { sign: '·', text: 'waiting', states: ['waiting'] },
  { sign: '-', text: 'skipped', states: ['skipped'] },
] as const;

/** Whether a rollout was halted for what was seen of its image, which is then to be revoked. */
export function isHarmed({ state, failing }: Pick<Rollout, 'state' | 'failing'>): boolean {
  return HARMED.includes(state) && failing.signal !== null;
}

/** @param isRevoked whether its image is revoked already; told of one that is harmed */
export function renderRollout(rollout: Rollout, now: Timestamp, isRevoked = false): string {
  const { id, image, state, reason, since, wave, wavesTotal, failing } = rollout;
  const parts = [
    `${id}: ${image}`,
    `${state.toUpperCase().replace('-', ' ')}${reason ? `: ${visible(reason)}` : ''}`,
    fields([
      ['since', timeAndAge(since, now)],
      ['wave', wave === 0 ? `not started, ${wavesTotal} planned` : `${wave} of ${wavesTotal}`],
      ['touched', `${count(rollout.touched)} of ${devices(rollout.devices)}`],
      ['planned', `${time(rollout.createdAt)} by ${rollout.createdBy}`],
      [
        'paused',
        rollout.pausedBy && `by ${rollout.pausedBy === 'gate' ? 'the gate: it goes on by itself' : rollout.pausedBy}`,
      ],
      ['approved', rollout.approvedBy && `by ${rollout.approvedBy}`],
      ['started', rollout.startedAt && time(rollout.startedAt)],
      ['halted', failing.haltedAt && timeAndAge(failing.haltedAt, now)],
      ['ended', rollout.endedAt && time(rollout.endedAt)],
    ]),
  ];
  if (failing.signal !== null || failing.devices.length > 0)
    parts.push(
      `What speaks against it: ${failing.signal ?? 'not named'}${failing.since ? `, since ${timeAndAge(failing.since, now)}` : ''}`,
      failing.devices.length > 0 ? fields([[devices(failing.devices.length), listed(failing.devices)]]) : '',
    );
  parts.push('', renderWaves(rollout.waves, now));
  if (rollout.setbacks.length > 0) parts.push('', renderSetbacks(rollout));
  if (rollout.signals.length > 0) parts.push('', renderSignals(rollout.signals, now));
  else if (state === 'running' && rollout.touched > 0)
    parts.push('', 'The gate has not looked at it yet: it does at the end of each round.');
  if (isHarmed(rollout) && !isRevoked)
    parts.push('', `So that nobody is offered it again: tashika fleet revoke ${image} --reason WHY`);
  return parts.filter((part, index) => part !== '' || parts[index - 1] !== '').join('\n');
}

/** Waves as a table, each with a bar of its own whole, and below it what the signs mean. */
function renderWaves(waves: readonly RolloutWave[], now: Timestamp): string {
  const rows = waves.map((wave) => [
    `  ${wave.wave}`,
    wave.state,
    count(wave.devices),
    count(wave.cumulative),
    `[${bar(
      GROUPS.map(({ sign, states }) => [sign, sumOf(wave.byState, states)]),
      BAR_WIDTH,
    )}]`,
    [statesOf(wave), soakOf(wave, now)].filter(Boolean).join('; '),
  ]);
  const used = GROUPS.filter(({ states }) => waves.some(({ byState }) => sumOf(byState, states) > 0));
  return [
    table([['  wave', 'state', 'devices', 'in all', '', ''], ...rows], [2, 3]),
    `  ${used.map(({ sign, text }) => `${sign} ${text}`).join('   ')}`,
  ].join('\n');
}

/** Devices that did not come to the image or do not leave it, and what is said of them. */
function renderSetbacks({ setbacks, plan }: Rollout): string {
  const rows = setbacks.map(({ state, devices: number, detail, some }) => [
    `  ${count(number)} ${state}`,
    detail,
    `${some.join(', ')}${number > some.length ? ' …' : ''}`,
  ]);
  const leaving = setbacks.some(({ state }) => state === 'leaving');
  return [
    'Devices that did not come to the image, or do not leave it:',
    table(rows),
    ...(leaving
      ? [
          `  A leaving device is given up ${duration(plan.deviceTimeoutMinutes * 60_000)} after it was to leave; until then the rollout is not over.`,
        ]
      : []),
  ].join('\n');
}

/** What a plan came to, before anything is started. `bundleBytes` is undefined where the image is not known. */
export function renderPlanned(rollout: Rollout, bundleBytes: number | undefined): string {
  const { id, image, state, plan, waves } = rollout;
  const first = waves.slice(0, 2).filter(({ regions, boards }) => regions || boards);
  return [
    `${id}: ${image} for ${devices(rollout.devices)}, in ${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}. It is ${state}.`,
    '',
    table(
      [
        ['  wave', 'devices', 'in all', 'of the plan', 'watched for'],
        ...waves.map((wave) => [
          `  ${wave.wave}`,
          count(wave.devices),
          count(wave.cumulative),
          `${((100 * wave.cumulative) / Math.max(1, rollout.devices)).toFixed(1)}%`,
          duration(plan.soakMinutes * 60_000),
        ]),
      ],
      [1, 2, 3, 4],
    ),
    '',
    ...first.map((wave) =>
      fields([
        [`wave ${wave.wave} regions`, wave.regions && placesOf(wave.regions)],
        [`wave ${wave.wave} boards`, wave.boards && tallied(Object.entries(wave.boards))],
      ]),
    ),
    fields([
      ['at least', `${duration(plan.soakMinutes * 60_000 * waves.length)} of watching, without downloads`],
      ['in parallel', `${devices(plan.mostInParallel)} at most`],
      [
        'only between',
        plan.maintenanceWindow &&
          `${plan.maintenanceWindow.from} and ${plan.maintenanceWindow.to}, in each device's own time zone`,
      ],
      ['bundle', bundleBytes && byteSize(bundleBytes)],
      ['on the air', bundleBytes && `${byteSize(bundleBytes * rollout.devices)} over all devices`],
      ['a device', bundleBytes && plan.dailyBytes && daysFor(bundleBytes, plan.dailyBytes)],
    ]),
    '',
    nextStepOf(rollout),
  ]
    .filter((part, index, parts) => part !== '' || parts[index - 1] !== '')
    .join('\n');
}

/** What a person would do with it now. */
export function nextStepOf({ id, state, pausedBy }: Pick<Rollout, 'id' | 'state' | 'pausedBy'>): string {
  switch (state) {
    case 'draft':
      return `Start it: tashika fleet rollout start ${id}`;
    case 'awaiting-approval':
      return `A second person approves it: tashika fleet rollout approve ${id}`;
    case 'paused':
      if (pausedBy === 'gate') return 'The gate paused it, and it goes on by itself when devices can be judged again.';
      return `Go on: tashika fleet rollout resume ${id}`;
    default:
      return `Look at it: tashika fleet rollout show ${id}`;
  }
}

function daysFor(bytes: number, dailyBytes: number): string {
  const days = Math.ceil(bytes / dailyBytes);
  return `${byteSize(dailyBytes)} a day: the download takes ${days} ${days === 1 ? 'day' : 'days'} at most`;
}

function placesOf(regions: Readonly<Record<string, number>>): string {
  return tallied(
    Object.entries(regions).map(([code, number]) => {
      const known = resolveRegion(code);
      return [known ? regionOf(known).en : code, number] as const;
    }),
  );
}

function tallied(entries: readonly (readonly [string, number])[]): string {
  const sorted = entries.toSorted(([, a], [, b]) => b - a).map(([name, number]) => `${name} ${count(number)}`);
  return listed(sorted, 8);
}

function statesOf({ byState }: RolloutWave): string {
  return GROUPS.flatMap(({ states }) => states)
    .filter((state) => (byState[state] ?? 0) > 0)
    .map((state) => `${count(byState[state]!)} ${state}`)
    .join(', ');
}

function soakOf({ soakUntil }: RolloutWave, now: Timestamp): string {
  if (soakUntil === null) return '';
  const left = Date.parse(soakUntil) - now;
  return left > 0 ? `watched for ${duration(left)} more` : 'watched long enough';
}

function sumOf(byState: Readonly<Record<string, number>>, states: readonly string[]): number {
  return states.reduce((sum, state) => sum + (byState[state] ?? 0), 0);
}
