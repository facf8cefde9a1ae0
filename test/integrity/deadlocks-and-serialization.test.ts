// Balancer hung, partitions starved, each waiting for the other: Azure/azure-sdk-for-java #39367.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import {
  expectedOf,
  Rival,
  refuseCommits,
  ScriptedDevice,
  SEED,
  type SentEvent,
  startCluster,
  traffic,
  until,
  untilWaiting,
} from '../rig/index.ts';

const DEADLOCKS = 4;
const REFUSALS = 25;

it('counts exactly once when a commit is the victim of a deadlock, again and again', async () => {
  const cluster = await startCluster({ partitions: 1 });
  const database = new URL(cluster.databaseUrl).pathname.slice(1);
  await cluster.query(`ALTER DATABASE ${database} SET deadlock_timeout = '20ms'`);
  const device = new ScriptedDevice(1);
  const sent: SentEvent[] = [];
  const send = async () => {
    const event = device.post(0, [Date.now(), Date.now() - 60_000]);
    sent.push(event);
    await cluster.send([event]);
  };
  await send();
  cluster.startWorker();
  await cluster.settled();

  const [gate, rival] = [await Rival.open(cluster), await Rival.open(cluster)];
  await rival.query(`SET deadlock_timeout = '1h'`); // so that it's never the rival who gives way
  for (let round = 0; round < DEADLOCKS; round++) {
    await gate.begin('SELECT FROM ledger FOR UPDATE');
    await send();
    await untilWaiting(cluster, 1, 'FROM ledger');
    // The commit has its partition and will want the turn; the rival takes them the other way round.
    await rival.begin('SELECT FROM change_cursor FOR UPDATE');
    const wanted = rival.query('SELECT FROM partition FOR UPDATE');
    await untilWaiting(cluster, 1, 'FROM partition', 'rival');
    await gate.rollback();
    await wanted;
    await rival.rollback();
    await cluster.settled();
  }

  await until('the server to have counted its deadlocks', async () => {
    const [row] = await cluster.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row!.deadlocks) >= DEADLOCKS;
  });
  await cluster.assertExact(expectedOf(sent));
});

it('counts exactly once when seeded commits of two workers end in serialization errors and deadlocks', async () => {
  const cluster = await startCluster();
  const chance = seededChance(SEED, 'conflicts');
  const codes = () =>
    Array.from({ length: REFUSALS }, () => (chance.happens(0.4) ? (chance.happens(0.5) ? '40001' : '40P01') : null));
  const refusals = [
    await refuseCommits(cluster, codes(), 'statement'),
    await refuseCommits(cluster, codes(), 'commit'),
  ];
  const events = traffic({ seed: SEED, partitions: 4, sims: 60, posts: 60 });

  cluster.startWorker();
  cluster.startWorker();
  await cluster.sendInParts(events, REFUSALS);
  await cluster.settled();

  for (const refusal of refusals) expect(await refusal.raised()).toBeGreaterThan(2);
  await cluster.assertExact(expectedOf(events));
});
