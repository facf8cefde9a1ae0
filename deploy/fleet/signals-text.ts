import type { RolloutSignal } from '@tashika/cloud/api/fleet';
import type { Timestamp } from '@tashika/shared/time';
import { count, devices, listed, table, time, timeAndAge } from './written.ts';

/** What each signal counts of the updated devices. */
const COUNTS: Readonly<Record<RolloutSignal['signal'], string>> = {
  version: 'tell another version again',
  silence: 'fell silent',
  rate: 'readings of the last round alone',
  completeness: 'began to lose readings',
  clock: 'came to a worse clock',
  restarts: 'starts of the agent',
  spool: 'came to a growing spool',
};

/** The signals of the gate as a table, with what its figures are of: two of its columns are not of the whole time. */
export function renderSignals(signals: readonly RolloutSignal[], now: Timestamp): string {
  const last = signals
    .flatMap(({ series }) => series.at(-1)?.at ?? [])
    .sort()
    .at(-1);
  const threshold = Math.max(...signals.map((signal) => signal.threshold));
  const updated = Math.max(...signals.map((signal) => signal.devices));
  const rows = signals.map((signal) => [
    `  ${signal.signal}`,
    COUNTS[signal.signal],
    figure(signal.observed),
    figure(signal.expected),
    figure(signal.evidence),
    count(signal.devices),
    signal.since === null
      ? ''
      : `raised ${timeAndAge(signal.since, now)}${signal.worst.length > 0 ? `: ${listed(signal.worst, 3)}` : ''}`,
  ]);
  const rate = signals.find(({ signal }) => signal === 'rate');
  const unjudged = updated - (rate?.devices ?? updated);
  return [
    `What the gate saw of ${devices(updated)} with the image${last === undefined ? '' : `, up to the round that ended ${time(last)}`}:`,
    table([['  signal', 'what it counts', 'observed', 'expected', 'evidence', 'devices', ''], ...rows], [2, 3, 4, 5]),
    `  The evidence, all other counts, and every sentence above are of the whole time since the updates.`,
    `  Evidence begins at 1 and halts at ${figure(threshold)}.`,
    ...(unjudged > 0
      ? [
          `  Of ${devices(unjudged)} rate says nothing yet: just updated, not heard since then, or without a past to be held against.`,
        ]
      : []),
  ].join('\n');
}

function figure(value: number | null): string {
  if (value === null) return '—';
  if (value >= 100 && value < 1e6) return count(Math.round(value));
  return value >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
