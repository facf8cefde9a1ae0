import { type ArrivedEvent, openEvent, Tally } from '@tashika/cloud/ingest';
import type { LedgerEntry } from '@tashika/cloud/ledger';
import { policyOf } from '@tashika/cloud/windows';
import { eventBody, START } from './events.ts';
import { atLeast, median, type Result, told } from './result.ts';

const BATCH = 1_000;
const ROUNDS = 7;
const policy = policyOf({ lateToleranceMs: 5_000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 });

/** Decode, ledger and windows of every event, against `JSON.parse` alone on the same bytes. */
export function core(events: number): readonly Result[] {
  const arrived = Array.from({ length: events }, (_, n): ArrivedEvent => {
    return { sequenceNumber: n, offset: String(n), enqueuedAt: START + n * 2, body: eventBody(n) };
  });
  const parse: number[] = [];
  const count: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const [parsed, counted] = [perSecond(events, () => parseAll(arrived)), perSecond(events, () => countAll(arrived))];
    if (round < 0) continue; // the first one warms up
    parse.push(parsed);
    count.push(counted);
  }
  return [
    atLeast('core (decode, ledger, windows) ÷ JSON.parse, events/s', median(count) / median(parse), 0.5),
    told('core', median(count), 'events/s'),
    told('JSON.parse', median(parse), 'events/s'),
  ];
}

function perSecond(events: number, run: () => void): number {
  const start = performance.now();
  run();
  return events / ((performance.now() - start) / 1_000);
}

function parseAll(arrived: readonly ArrivedEvent[]): void {
  let objects = 0;
  for (const { body } of arrived) if (JSON.parse((body as Buffer).toString('utf8'))) objects++;
  if (objects !== arrived.length) throw new Error('Not every body is an object.');
}

function countAll(arrived: readonly ArrivedEvent[]): void {
  const ledger = new Map<string, LedgerEntry>();
  let fresh = 0;
  for (let start = 0; start < arrived.length; start += BATCH) {
    const tally = new Tally([...ledger.values()], policy, null);
    for (const event of arrived.slice(start, start + BATCH)) {
      fresh += tally.add(openEvent(event), { arrivedAt: event.enqueuedAt, watermark: null }).fresh;
    }
    for (const entry of tally.changedEntries()) ledger.set(`${entry.imsi}/${entry.stream}`, entry);
  }
  if (fresh !== arrived.length * 3) throw new Error(`Counted ${fresh} readings of ${arrived.length} events.`);
}
