// Ownership that churns, and owners that do not know that they are none any more: Azure/azure-sdk-for-js #25940.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import {
  type Cluster,
  expectedOf,
  type PartitionMove,
  type Program,
  SEED,
  type SentEvent,
  startCluster,
  traffic,
  until,
} from '../rig/index.ts';

it('fences off a worker that lost its partitions while it was paused: what it has in hand when it wakes up is not committed', async () => {
  const cluster = await startCluster();
  const [first, second] = waves();
  const countedBefore = Math.floor(seededChance(SEED, 'pause').between(0.1, 0.4) * first.length);
  await cluster.send(first.slice(0, countedBefore));
  const sleeper = cluster.startWorker();
  await cluster.reached(countedBefore);

  // Nobody gets past the ledger, so that the sleeper's events are still to be counted when it wakes up.
  const letGo = await cluster.lockTable('ledger');
  await cluster.send(first.slice(countedBefore));
  await until('the worker to wait for the ledger', () => hasSession(cluster, sleeper, `wait_event_type = 'Lock'`));
  sleeper.pause();
  await cluster.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    cluster.nameOf(sleeper),
  ]);
  await takeOver(cluster, sleeper);
  const asleepUntil = await cluster.journal.latest();
  cluster.startWorker();
  sleeper.resume();
  await until('it to have tried its commit again', () =>
    hasSession(cluster, sleeper, `query = 'COMMIT' OR wait_event_type = 'Lock'`),
  );
  await letGo();

  await countTheRest(cluster, sleeper, asleepUntil, second);
  await cluster.assertExact(expectedOf([...first, ...second]));
});

it('goes on without a worker that was paused in the middle of a transaction, with its locks', async () => {
  const cluster = await startCluster();
  const [first, second] = waves();
  const [sleeper, other] = await twoReaders(cluster);

  const letGo = await cluster.lockTable('ledger');
  await cluster.send(first);
  await until('the worker to be caught in a transaction', () =>
    hasSession(cluster, sleeper, `wait_event_type = 'Lock' AND query NOT LIKE 'INSERT INTO partition%'`),
  );
  sleeper.pause();
  await letGo();
  // With the locks that its last statement was given, and nobody to go on from there.
  await until('its statement to end', () => hasSession(cluster, sleeper, `state = 'idle in transaction'`));
  await cluster.settled();
  expect(await cluster.ownedBy(other)).toHaveLength(4);
  const asleepUntil = await cluster.journal.latest();
  sleeper.resume();

  await countTheRest(cluster, sleeper, asleepUntil, second);
  await cluster.assertExact(expectedOf([...first, ...second]));
});

function waves(): [readonly SentEvent[], readonly SentEvent[]] {
  const wave = (name: string, posts: number) => traffic({ seed: SEED, name, partitions: 4, sims: 100, posts });
  return [wave('asleep', 70), wave('awake', 30)];
}

async function twoReaders(cluster: Cluster): Promise<[Program, Program]> {
  const workers: [Program, Program] = [cluster.startWorker(), cluster.startWorker()];
  for (const worker of workers)
    await until('the worker to read', async () => (await cluster.ownedBy(worker)).length > 0);
  return workers;
}

/** Leaves its partitions as the claim of another worker would, which then is not heard of any more. */
async function takeOver(cluster: Cluster, worker: Program): Promise<void> {
  await cluster.query(
    `UPDATE partition SET owner_id = 'another', etag = 'another', owned_at = clock_timestamp()
      WHERE partition_id = ANY ($1)`,
    [await cluster.ownedBy(worker)],
  );
}

/** Whether the worker has a session with the database of which `condition` holds. */
async function hasSession(cluster: Cluster, worker: Program, condition: string): Promise<boolean> {
  const sessions = await cluster.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND (${condition})`,
    [cluster.nameOf(worker)],
  );
  return sessions.length > 0;
}

/** Has the one that woke up take part in the rest, and asserts that it only committed to what it had taken again. */
async function countTheRest(
  cluster: Cluster,
  sleeper: Program,
  asleepUntil: number,
  rest: readonly SentEvent[],
): Promise<void> {
  const takenAgain = async () =>
    (await cluster.journal.moves(asleepUntil)).some((move) => takes(move, cluster.nameOf(sleeper)));
  await until('the worker to read again', takenAgain);
  await cluster.send(rest);
  await cluster.settled();

  const name = cluster.nameOf(sleeper);
  const taken = new Set<string>();
  let commits = 0;
  for (const move of await cluster.journal.moves(asleepUntil)) {
    if (takes(move, name)) taken.add(move.partition);
    if (move.by !== name || move.after === move.before) continue;
    commits++;
    expect(taken, `seed ${SEED}`).toContain(move.partition);
  }
  expect(commits).toBeGreaterThan(0);
}

/** Whether `name` made itself the owner. A worker gives partitions back too, and then nobody owns them. */
function takes({ by, ownerBefore, owner }: PartitionMove, name: string): boolean {
  return by === name && owner !== '' && owner !== ownerBefore;
}
