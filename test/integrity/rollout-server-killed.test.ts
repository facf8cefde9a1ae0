// A server dies in the middle of a step, or two take the same one: devices updated twice, a wave skipped, a halt forgotten.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Queryable, type Store } from '@tashika/cloud/store';
import {
  GOOD,
  hasEnded,
  openStage,
  PLAN,
  type Scenario,
  type SimulatedServer,
} from '@tashika/deploy/local/updating-fleet';
import { type Chance, seededChance } from '@tashika/shared/chance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, SEED, startPostgres, temporaryDirectory } from '../rig/index.ts';

const HOUR = 3_600_000;
const DEVICES = 60;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
/** A field without nights, so that a few hours are a past. */
const HABITS = { readingsPerHour: 60, nights: [{ share: 1, activity: 1 }], deathsPerDay: 0 };
const WAVES = { waves: [{ devices: 5 }, { percent: 40 }, { percent: 100 }], soakMinutes: 60 };

let directory: string;
let postgres: Postgres;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tashika-rollout-'));
  chmodSync(directory, 0o755); // as root, the server runs as a user of its own
  postgres = await startPostgres({ directory: join(directory, 'postgres'), settings: { fsync: 'off' } });
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Servers of one rollout, two at a time, of which each dies at some statement of its own and is followed by another. */
class MortalServers {
  deaths = 0;
  readonly #store: Store;
  readonly #chance: Chance;
  readonly #open: (through: Store) => Promise<SimulatedServer>;
  readonly #living: { server: SimulatedServer; life: { statements: number } }[] = [];

  constructor(store: Store, chance: Chance, open: (through: Store) => Promise<SimulatedServer>) {
    this.#store = store;
    this.#chance = chance;
    this.#open = open;
  }

  /** Both, after those that have died were followed. */
  async two(): Promise<readonly SimulatedServer[]> {
    for (const [index, { server, life }] of [...this.#living.entries()].reverse())
      if (life.statements <= 0) {
        this.deaths += 1;
        this.#living.splice(index, 1);
        await server.close().catch(() => {});
      }
    while (this.#living.length < 2) {
      const life = { statements: Number.POSITIVE_INFINITY };
      const server = await this.#open(through(this.#store, life));
      life.statements = Math.round(this.#chance.between(1, 400));
      this.#living.push({ server, life });
    }
    return this.#living.map(({ server }) => server);
  }

  async close(): Promise<void> {
    for (const { server } of this.#living) await server.close().catch(() => {});
  }
}

/** A way to the store through which so many statements go; a commit counts too, and its answer may be what is lost. */
function through(store: Store, life: { statements: number }): Store {
  const live = () => {
    life.statements -= 1;
    if (life.statements <= 0) throw Object.assign(new Error('killed'), { code: '57P01' });
  };
  const mortal = (queryable: Queryable): Queryable => ({
    async query<Row>(sql: string, parameters = []) {
      live();
      return queryable.query<Row>(sql, parameters);
    },
    script: (sql) => queryable.script(sql),
  });
  return {
    ...store,
    ...mortal(store),
    async transaction(work) {
      const result = await store.transaction((transaction) => work(mortal(transaction)));
      live();
      return result;
    },
  };
}

async function play(scenario: Scenario) {
  const store = await openStore(await postgres.createDatabase(), { logger });
  const stage = await openStage({
    ...{ store, scenario, devices: DEVICES, seed: SEED, pastMs: 8 * HOUR, pollMs: HOUR, habits: HABITS },
    directory: temporaryDirectory(),
    onTrouble: () => {}, // asks again
  });
  await stage.server.rollOut({ ...PLAN, ...WAVES });
  const servers = new MortalServers(store, seededChance(SEED, 'deaths'), stage.another);
  const deadline = stage.clock.now() + 48 * HOUR;
  while (stage.clock.now() < deadline && !(await hasEnded(store))) {
    const both = await servers.two();
    stage.simulation.asks(both[0]!.api);
    await stage.simulation.step();
    await Promise.allSettled(both.map((server) => server.tick()));
  }
  const rollout = await stage.server.rollout(PLAN.id);
  const actions = await store.query<{ purpose: string; actions: number; devices: number }>(
    `SELECT purpose, count(*) AS actions, count(DISTINCT controller_id) AS devices
       FROM deployment_action GROUP BY purpose ORDER BY purpose`,
  );
  const broken = await store.query(
    `SELECT * FROM (SELECT subject, event, from_state, lag(to_state) OVER (PARTITION BY subject ORDER BY id) AS before
                      FROM fleet_audit WHERE rollout_id = $1 AND to_state IS NOT NULL AND event NOT LIKE 'action-%') AS step
      WHERE before IS NOT NULL AND before IS DISTINCT FROM from_state`,
    [PLAN.id],
  );
  const waves = await store.query<{ reason: string }>(
    `SELECT reason FROM fleet_audit WHERE rollout_id = $1 AND event = 'wave-passed' ORDER BY id`,
    [PLAN.id],
  );
  await servers.close();
  await stage.server.close();
  await store.close();
  return {
    rollout,
    actions,
    broken,
    passed: waves.map(({ reason }) => reason.split(' of ')[0]),
    deaths: servers.deaths,
  };
}

describe('two servers that are killed at any statement', () => {
  it('take a good image to every device once, wave after wave', async () => {
    const { rollout, actions, broken, passed, deaths } = await play({
      ...{ name: 'good', effect: GOOD, expected: 'completed', deviceDays: 0 },
    });
    expect(rollout).toMatchObject({ state: 'completed', byState: { kept: DEVICES } });
    expect(actions).toEqual([{ purpose: 'update', actions: DEVICES, devices: DEVICES }]);
    expect(passed).toEqual(['wave 1', 'wave 2', 'wave 3']);
    expect(broken).toEqual([]);
    expect(deaths).toBeGreaterThan(10);
  });

  it('halt a bad one once, and roll each of its devices back once', async () => {
    const { rollout, actions, broken, passed, deaths } = await play({
      ...{ name: 'drops half', effect: { takes: 0.5 }, expected: 'halted', deviceDays: 1 },
    });
    expect(rollout).toMatchObject({ state: 'rolled-back', wave: 1, touched: 5, failing: { signal: 'rate' } });
    expect(actions).toEqual([
      // A device that had not come for it yet needs none.
      { purpose: 'rollback', actions: rollout.byState['rolled-back'], devices: rollout.byState['rolled-back'] },
      { purpose: 'update', actions: 5, devices: 5 },
    ]);
    expect(passed).toEqual([]);
    expect(broken).toEqual([]);
    expect(deaths).toBeGreaterThan(2);
  });
});
