// A poison event held the checkpoint back: Azure/azure-sdk-for-net #18850.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { type Cluster, envelopeOf, expectedOf, type HubEvent, SEED, startCluster, traffic } from '../rig/index.ts';

const MEGABYTE = 1_000_000;
const DEEP = 400_000;
const IMSI = '295990000000001';

/** Sends with the events of `traffic`, at seeded places among them, the bodies that nothing can be done with. */
async function startWith(bodies: readonly (string | Buffer)[], partitions = 2) {
  const cluster = await startCluster({ partitions });
  const good = traffic({ seed: SEED, partitions, sims: 20, posts: 30 });
  const chance = seededChance(SEED, 'poison');
  const events: (HubEvent & { readonly poison?: number })[] = [...good];
  for (const [poison, body] of bodies.entries()) {
    const partition = String(Math.floor(chance.between(0, partitions)));
    const place = Math.floor(chance.between(0, events.length + 1));
    events.splice(place, 0, { partition, body: Buffer.from(body as string), poison });
  }
  await cluster.send(events);
  const worker = cluster.startWorker();
  await cluster.settled();
  expect(worker.running).toBe(true);
  /** Where in the hub each poison event is: the hub counts each partition's events from 0. */
  const places = new Map<number, { readonly partition: string; readonly sequenceNumber: number }>();
  const counted = new Map<string, number>();
  for (const { partition, poison } of events) {
    const sequenceNumber = counted.get(partition) ?? 0;
    counted.set(partition, sequenceNumber + 1);
    if (poison !== undefined) places.set(poison, { partition, sequenceNumber });
  }
  return { cluster, expected: expectedOf(good), places };
}

interface Letter {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly source: { readonly partition: string; readonly sequenceNumber: number };
}

async function lettersOf(cluster: Cluster): Promise<Letter[]> {
  return (await cluster.api.get<{ deadLetters: Letter[] }>('/api/dead-letters?limit=500')).deadLetters;
}

async function redrive(cluster: Cluster, id: string): Promise<{ outcome: string }> {
  const answer = await fetch(`${cluster.api.url}/api/dead-letters/${id}/redrive`, { method: 'POST' });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { outcome: string };
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** A post by SIM and envelope whose payload is right but for `fields`; `raw` replaces what JSON.stringify can't write. */
function post(fields: object, raw?: readonly [string, string]): string {
  const right = { v: 1, pref: '13', stream: 'poison', seq: 1, held: 0, pack: [{ n: 'count', v: 1 }] };
  const text = envelopeOf(IMSI, { ...right, ...fields }, Date.now());
  return raw ? text.replace(raw[0], raw[1]) : text;
}
const value = (record: object, raw?: readonly [string, string]) => post({ pack: [{ n: 'count', ...record }] }, raw);

const POISON: readonly (readonly [what: string, reason: string, body: string | Buffer])[] = [
  ['nothing', 'invalid-json', ''],
  ['broken JSON', 'invalid-json', '{"pref":"13",'],
  ['1 MB of broken JSON', 'invalid-json', `{"pref":"${'x'.repeat(MEGABYTE)}`],
  ['bytes that are no UTF-8', 'invalid-json', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])],
  ['a NUL in a string', 'invalid-json', '{"pref":"13\u0000"}'],
  ['broken JSON as text in an envelope', 'invalid-json', envelopeOf(IMSI, '{"pref":', Date.now())],
  ['null', 'not-an-object', 'null'],
  ['a list of a depth that no recursion survives', 'not-an-object', nested(DEEP)],
  ['a payload of that depth', 'not-an-object', envelopeOf(IMSI, [], Date.now()).replace('[]', nested(DEEP))],
  ['an object of something else', 'missing-payload', '{"hello":"world"}'],
  ['a wrong region', 'unknown-region', post({ pref: '99' })],
  ['a region of that depth', 'unknown-region', post({ pref: 'DEEP' }, ['"DEEP"', nested(DEEP)])],
  ['half a surrogate pair as region', 'unknown-region', post({ pref: '\ud83d' })],
  ['the escape of a NUL as region', 'unknown-region', post({ pref: '13\u0000' })],
  ['a version of the future', 'unsupported-version', post({ v: 2 })],
  ['a stream with a NUL', 'invalid-stream', post({ stream: 'a\u0000b' })],
  ['a stream with half a surrogate pair', 'invalid-stream', post({ stream: '\udc00' })],
  ['a stream that is too long', 'invalid-stream', post({ stream: 'x'.repeat(65) })],
  ['sequence number 0', 'invalid-sequence', post({ seq: 0 })],
  ['half a sequence number', 'invalid-sequence', post({ seq: 1.5 })],
  ['a sequence number that no double holds', 'invalid-sequence', post({ seq: 'N' }, ['"N"', '9007199254740993'])],
  ['a sequence number beyond all', 'invalid-sequence', post({ seq: 'N' }, ['"N"', '1e400'])],
  ['a sequence number with no room after it', 'invalid-sequence', post({ seq: Number.MAX_SAFE_INTEGER })],
  ['less than nothing held', 'invalid-held', post({ held: -1 })],
  ['a lost range that ends before it begins', 'invalid-lost', post({ lost: [[5, 1]] })],
  ['a lost range up to the last number', 'invalid-lost', post({ lost: [[1, Number.MAX_SAFE_INTEGER]] })],
  ['a pack that is none', 'invalid-pack', post({ pack: { n: 'count', v: 1 } })],
  ['a sensor whose name has a NUL', 'invalid-pack', value({ n: 'count\u0000', v: 1 })],
  ['two values at once', 'invalid-pack', value({ v: 1, vs: 'one' })],
  ['a value beyond all numbers', 'invalid-value', value({ v: 'N' }, ['"v":"N"', '"v":1e999'])],
  ['a sum beyond all numbers', 'invalid-value', value({ bv: 1.7e308, v: 1.7e308 })],
  ['text for a number', 'invalid-value', value({ v: 'warm' })],
  ['a time outside the calendar', 'invalid-time', value({ v: 1, t: 1e300 })],
  ['an envelope whose timestamp is text', 'invalid-time', envelopeOf(IMSI, { pref: '13' }, 'now' as never)],
];

it(`counts the good ones among ${POISON.length} poison events, and keeps each of those with its reason and its place`, async () => {
  const { cluster, expected, places } = await startWith(POISON.map(([, , body]) => body));

  const found = new Map((await lettersOf(cluster)).map(({ source, reason }) => [JSON.stringify(source), reason]));
  const reasons = POISON.map(([what], index) => [what, found.get(JSON.stringify(places.get(index)))]);
  expect(reasons).toEqual(POISON.map(([what, reason]) => [what, reason]));
  const counts: Record<string, number> = {};
  for (const [, reason] of POISON) counts[reason] = (counts[reason] ?? 0) + 1;
  await cluster.assertExact({ ...expected, events: expected.events + POISON.length }, counts);

  // The bytes are there to the last one, and driving them again changes nothing while they are what they are.
  const bodies = await cluster.query<{ body: Buffer; partition_id: string; sequence_number: string }>(
    'SELECT body, partition_id, sequence_number FROM dead_letter',
  );
  for (const [index, [, , body]] of POISON.entries()) {
    const { partition, sequenceNumber } = places.get(index)!;
    const kept = bodies.find((row) => row.partition_id === partition && Number(row.sequence_number) === sequenceNumber);
    expect(kept!.body.equals(Buffer.from(body as string))).toBe(true);
  }
  const [letter] = await lettersOf(cluster);
  expect(await redrive(cluster, letter!.id)).toMatchObject({ outcome: 'still-refused' });
});

it('counts what is strange and right: numbers at their limits, NUL and half surrogate pairs in texts, 1 MB', async () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const t = now / 1_000;
  let streams = 0;
  const strange = (pack: object[], fields: object = {}) => post({ stream: `strange-${streams++}`, pack, ...fields });
  const bodies = [
    strange([{ n: 'text', vs: 'a\u0000b\ud83d', t }]),
    strange([{ n: 'text', vs: 'x'.repeat(MEGABYTE - 1_000), t }]),
    strange([{ n: 'limit', v: Number.MAX_VALUE, t }]),
    strange([{ n: 'limit', v: Number.MAX_VALUE, t }]), // the sum of both is no number any more
    strange([{ n: 'limit', v: -Number.MAX_VALUE, t }]),
    strange([{ n: 'limit', v: Number.MIN_VALUE, t }]),
    strange([{ n: 'limit', v: 1, t }], { seq: Number.MAX_SAFE_INTEGER - 1 }),
    strange([{ n: 'limit', v: 1, t }], { held: Number.MAX_SAFE_INTEGER }),
    strange([{ n: 'limit', v: 1, t, more: 'DEEP' }]).replace('"DEEP"', nested(DEEP)),
    strange([{ n: 'limit', v: 1, t }], { '': 1, constructor: null, toString: 'x' }),
  ];
  const { cluster, expected } = await startWith(bodies);

  expect((await cluster.api.deadLetters()).counts).toEqual({});
  for (const _ of bodies) expected.windows.took('13', now);
  const windows = await cluster.api.windows('?from=0');
  expect(Object.fromEntries(windows.map((each) => [`${each.windowEnd} ${each.region}`, each.readings]))).toEqual(
    expected.windows.toJSON(),
  );
});

it('sets aside the one event that the database itself refuses, and counts it when driven again once it may be', async () => {
  const partitions = 2;
  const cluster = await startCluster({ partitions });
  const good = traffic({ seed: SEED, partitions, sims: 20, posts: 30 });
  const refused = traffic({ seed: SEED, partitions, name: 'refused', sims: 47, posts: 1, doubled: 0 }).filter(
    ({ post }) => post.region === '47',
  );
  expect(refused).toHaveLength(1);
  const middle = good.length >> 1;
  await cluster.query(`ALTER TABLE device ADD CONSTRAINT no_such_region CHECK (region <> '47')`);
  await cluster.send([...good.slice(0, middle), ...refused, ...good.slice(middle)]);
  cluster.startWorker();
  await cluster.settled();

  const letters = await lettersOf(cluster);
  expect(letters).toMatchObject([{ reason: 'invalid-value', detail: expect.stringContaining('no_such_region') }]);
  const events = good.length + 1;
  await cluster.assertExact({ ...expectedOf(good), events }, { 'invalid-value': 1 });

  await cluster.query('ALTER TABLE device DROP CONSTRAINT no_such_region');
  expect(await redrive(cluster, letters[0]!.id)).toEqual({ outcome: 'counted' });
  await cluster.assertExact({ ...expectedOf([...good, ...refused]), events });
});
