import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, type Store } from '@tashika/cloud/store';
import {
  openStage,
  PLAN,
  type Played,
  playToTheEnd,
  SCENARIOS,
  type Scenario,
  scenarioOf,
} from '@tashika/deploy/local/updating-fleet';
import pg from 'pg';
import { type Postgres, startPostgres } from '../../rig/postgres.ts';
import { atMost, median, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEED = 7;
const MOST_TOUCHED = 0.01;

export interface TouchedOptions {
  readonly devices: number;
  readonly scenarios: readonly Scenario[];
  /** How long the fleet is watched before. */
  readonly pastMs: number;
}

export const ALL: TouchedOptions = { devices: 2_000, scenarios: SCENARIOS, pastMs: 1.5 * DAY };
export const QUICK: TouchedOptions = {
  devices: 300,
  scenarios: [scenarioOf('drops-readings'), scenarioOf('wrong-clock')],
  pastMs: DAY,
};

/** `options` with the scenarios of these names instead, in their order. Throws where a name is of none. */
export function chosenScenarios(options: TouchedOptions, names: readonly string[] | undefined): TouchedOptions {
  return names === undefined ? options : { ...options, scenarios: names.map(scenarioOf) };
}

/**
 * Rolls images out to a simulated fleet on the real server and the real ledger, on PostgreSQL: how many devices a bad
 * image touches before it is halted. All scenarios begin with copies of one store that has the past.
 */
export async function touched(scene: Scene, options: TouchedOptions): Promise<readonly Result[]> {
  const { devices, scenarios, pastMs } = options;
  chmodSync(scene.directory, 0o755); // as root, the server runs as a user of its own
  const server = await startPostgres({
    directory: join(scene.directory, 'postgres'),
    settings: { fsync: 'off', synchronous_commit: 'off', shared_buffers: '512MB', jit: 'off' },
  });
  const directory = join(scene.directory, 'images');
  const stageOf = (store: Store, scenario: Scenario) =>
    openStage({ store, directory, scenario, devices, pastMs, seed: SEED, habits: HABITS });
  const results: Result[] = [];
  const played: { scenario: Scenario; outcome: Played }[] = [];
  try {
    const past = await server.createDatabase();
    const before = process.cpuUsage();
    await withStore(past, async (store) => {
      const stage = await stageOf(store, scenarios[0]!);
      await stage.server.close();
    });
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6 / (pastMs / DAY);
    results.push(told(`CPU time of a day of ${devices} devices, without PostgreSQL's`, seconds, 's'));
    for (const scenario of scenarios) {
      const outcome = await withStore(await copyOf(server, past), async (store) => {
        const stage = await stageOf(store, scenario);
        await stage.server.rollOut(PLAN);
        const outcome = await playToTheEnd(stage, scenario, 8 * DAY);
        await stage.server.close();
        return outcome;
      });
      played.push({ scenario, outcome });
      console.log(lineOf(scenario, outcome));
    }
  } finally {
    await server.stop();
  }
  for (const { scenario, outcome } of played) results.push(resultOf(scenario, outcome));
  const bad = played.filter(({ scenario }) => scenario.expected === 'halted');
  if (bad.length > 0) {
    const share = median(bad.map(({ outcome }) => outcome.touched)) / devices;
    results.push(atMost('bad images: median share of the fleet that was touched', share, MOST_TOUCHED, 'share'));
  }
  return results;
}

/** The model's own, with fewer readings of each device: what a gate sees is a share of them. */
const HABITS = { readingsPerHour: 40 };

/**
 * A bad image is to be halted not past the wave where its signal can first be seen; a good one is to reach all, and to
 * wait while a region has no network.
 */
function resultOf({ name, expected, outages }: Scenario, outcome: Played): Result {
  const { state, wave, visibleIn, touched, devices, signal, pauses } = outcome;
  const waits = outages === undefined || pauses > 0;
  const asExpected =
    expected === 'completed'
      ? state === 'completed' && touched === devices && waits
      : signal !== undefined && wave <= visibleIn! && state === 'rolled-back';
  const all = outages === undefined ? `all ${devices}` : `all ${devices}, paused meanwhile`;
  const goal = expected === 'completed' ? all : `halted by wave ${visibleIn}, rolled back`;
  return { name: `${name}: devices touched of ${devices}`, value: touched, unit: 'devices', goal, met: asExpected };
}

function lineOf({ name }: Scenario, outcome: Played): string {
  const { state, signal, wave, visibleIn, touched, rolledBack, afterMs, pauses } = outcome;
  const by = signal === undefined ? 'not halted' : `halted by ${signal} in wave ${wave} (to be seen from ${visibleIn})`;
  const paused = pauses > 0 ? `, paused ${pauses} times` : '';
  return `  ${name}: ${state}, ${by}, ${touched} touched, ${rolledBack} rolled back, after ${(afterMs / HOUR).toFixed(1)} h${paused}${outcome.reason ? `\n    ${outcome.reason}` : ''}`;
}

async function withStore<Answer>(url: string, work: (store: Store) => Promise<Answer>): Promise<Answer> {
  const store = await openStore(url, { logger: { debug() {}, info() {}, warn() {}, error: console.error } });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** A new database with all that is in `url`, to which nobody is connected. */
async function copyOf(server: Postgres, url: string): Promise<string> {
  const copy = await server.createDatabase();
  const nameOf = (each: string) => new URL(each).pathname.slice(1);
  const client = new pg.Client({ connectionString: url.replace(/[^/]*$/, 'postgres') });
  await client.connect();
  try {
    await client.query(`DROP DATABASE ${nameOf(copy)}`);
    await client.query(`CREATE DATABASE ${nameOf(copy)} TEMPLATE ${nameOf(url)}`);
  } finally {
    await client.end();
  }
  return copy;
}
