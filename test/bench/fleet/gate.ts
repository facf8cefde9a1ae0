import { endedRound, sampleRound } from '@tashika/cloud/fleet/gate';
import { orderOfOffers } from '@tashika/cloud/fleet/rollout';
import { openStore } from '@tashika/cloud/store';
import {
  type BadImage,
  badImages,
  GOOD,
  type ImageEffect,
  type ModelRolloutOutcome,
  playRollout,
} from '@tashika/deploy/local/updating-fleet/model';
import { startPostgres } from '../postgres.ts';
import { atLeast, atMost, median, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';

const DEVICES = 2_000;
const HOUR = 3_600_000;
const FIVE: readonly BadImage[] = [
  'drops-readings',
  'doubles-restarts',
  'wrong-clock',
  'silent-after-six-hours',
  'one-region',
];
const VARIANTS: readonly BadImage[] = ['loses-readings', 'clock-ahead', 'spool-grows'];
const images = badImages('13', 'tashika-rpi4');
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The gate over the model of a field: 2,000 devices in 47 regions on three boards, 26 hours of past, waves of 10
 * devices, 1 %, 10 %, 50 % and 100 %, soaks of 12 h, rounds of 10 min. And what a round costs PostgreSQL.
 */
export async function gate(scene: Scene, { good, bad }: { good: number; bad: number }): Promise<readonly Result[]> {
  const results: Result[] = [...(await sampling(scene))];
  const goods = Array.from({ length: good }, (_, index) => play(index + 1, GOOD));
  const halted = goods.filter(({ outcome }) => outcome === 'halted');
  results.push(
    told('good rollouts', goods.length, 'rollouts'),
    atMost('good rollouts: halted', (100 * halted.length) / goods.length, 1, '%'),
    told('good rollouts: not completed', goods.filter(({ outcome }) => outcome !== 'completed').length, 'rollouts'),
    told('good rollouts: held up by evidence, on average', mean(goods.map(({ heldUpMs }) => heldUpMs / HOUR)), 'h'),
    told('good rollouts: paused by outages, on average', mean(goods.map(({ pausedMs }) => pausedMs / HOUR)), 'h'),
    ...outages(Math.min(bad, goods.length)),
  );
  const medians: number[] = [];
  for (const image of [...FIVE, ...VARIANTS]) {
    const played = Array.from({ length: bad }, (_, index) => play(index + 1, images[image]));
    const touched = played.map((outcome) => outcome.touched);
    if (FIVE.includes(image)) medians.push(median(touched));
    results.push(
      atLeast(`${image}: halted`, (100 * count(played, 'halted')) / played.length, 100, '%'),
      told(`${image}: latest wave`, Math.max(...played.map(({ wave }) => wave)), 'wave'),
      told(`${image}: devices touched, median`, median(touched), 'devices'),
      told(`${image}: devices touched, most`, Math.max(...touched), 'devices'),
      told(`${image}: time until it halted, median`, median(played.map(({ tookMs }) => tookMs / HOUR)), 'h'),
    );
  }
  results.push(...falls(Math.min(bad, 5)));
  const share = (100 * median(medians)) / DEVICES;
  return [...results, atMost('devices touched, median of the five bad images, of 2,000', share, 1, '%')];
}

/** How long a fall of the readings of so many devices has to be watched until it halts; three days at most. */
function falls(times: number): readonly Result[] {
  return [50, 20, 10, 5].flatMap((percent) =>
    [10, 20, 200].map((devices) => {
      const took = Array.from({ length: times }, (_, index) => {
        const effect = { takes: 1 - percent / 100 };
        const { outcome, tookMs } = play(index + 1, effect, { waves: [devices], soakMs: 72 * HOUR });
        return outcome === 'halted' ? tookMs / HOUR : Number.POSITIVE_INFINITY;
      });
      return told(`a fall of ${percent} % on ${devices} devices: seen after, median`, median(took), 'h');
    }),
  );
}

/** A region's network fails for three hours in the first wave's soak. */
function outages(times: number): readonly Result[] {
  const from = Date.UTC(2026, 5, 2, 5);
  const played = Array.from({ length: times }, (_, index) =>
    play(index + 1, GOOD, { outages: [{ region: '13', from, until: from + 3 * HOUR }], waves: [10, '1 %', '10 %'] }),
  );
  return [
    atMost('a region out in a good rollout: halted', (100 * count(played, 'halted')) / times, 0, '%'),
    told(
      'a region out in a good rollout: paused there',
      (100 * played.filter(({ pausedIn }) => pausedIn.includes('13')).length) / times,
      '%',
    ),
  ];
}

function play(seed: number, effect: ImageEffect, options: Partial<Parameters<typeof playRollout>[0]> = {}) {
  const order: NonNullable<Parameters<typeof playRollout>[0]['order']> = (devices) =>
    orderOfOffers(`r${seed}`, devices);
  return playRollout({ seed, devices: DEVICES, effect, order, ...options });
}

function count(played: readonly ModelRolloutOutcome[], outcome: ModelRolloutOutcome['outcome']): number {
  return played.filter((one) => one.outcome === outcome).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sampling 10,000 devices, among ten times as many others with ledgers. */
async function sampling(scene: Scene): Promise<readonly Result[]> {
  const server = await startPostgres(scene.directory);
  const store = await openStore(await server.createDatabase(), { logger });
  try {
    await store.script(`
      INSERT INTO device (imsi, region, last_seen, clock, posts, last_values)
      SELECT 'sim' || n, lpad((1 + n % 47)::text, 2, '0'), now(), 'synced', 5000,
             '{"agent/version": {"value": "1.4.0"}, "agent/starts": {"value": 12}, "temp": {"value": 20.5}}'
        FROM generate_series(1, 100000) AS n;
      INSERT INTO ledger (imsi, stream, received, through, received_count, updated_at)
      SELECT 'sim' || n, 'stream', '{[1,100000)}', 99999, 99999, now() FROM generate_series(1, 100000) AS n;
      INSERT INTO fleet_device (tenant, controller_id, imsi, board, first_poll, last_poll)
      SELECT 'tashika', 'd' || n, 'sim' || n * 10, 'rpi4', now(), now() FROM generate_series(1, 10000) AS n`);
    for (const table of ['device', 'ledger', 'fleet_device']) await store.script(`VACUUM (ANALYZE) ${table}`);
    const took: number[] = [];
    const first = endedRound(Date.now(), 600_000);
    for (let round = 0; round < 10; round++) {
      const began = performance.now();
      const devices = await sampleRound(store, first + round, { sampleMs: 600_000 });
      took.push(performance.now() - began);
      if (devices !== 10_000) throw new Error(`${devices} devices were sampled.`);
    }
    return [told('sampling 10,000 devices, of 100,000 with ledgers', median(took), 'ms')];
  } finally {
    await store.close();
    await server.stop();
  }
}
