import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { TashikaError } from '@tashika/shared/errors';
import type { ImageRecord } from '@tashika/shared/image';
import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BundleStore, openBundles } from '../../fleet/bundles/index.ts';
import { ImageRegistry } from '../../fleet/registry/index.ts';
import { makeThrowawaySigner } from '../../fleet/registry/signature/index.ts';
import { hexOf, type MadeImage, makeImage, scanOf } from '../../fleet/registry/testing/made-image.ts';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { addDevice, addRollout, openApiOver } from '../testing/index.ts';
import type { FleetImage, FleetImageList } from './shapes.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const signer = makeThrowawaySigner('builder');

let store: Store;
let directory: string;
let bundles: BundleStore;
let registry: ImageRegistry;
let app: FastifyInstance;
let port: number;
/** Of the registry; the API's live feed has one that stands still. */
const clock = new TestClock(NOW);
const settings: { keyringFile: string | undefined; mostScanCvss: number } = { keyringFile: '', mostScanCvss: 0 };

beforeAll(async () => {
  store = await openMemoryStore({ logger });
  directory = await mkdtemp(join(tmpdir(), 'tashika-images-'));
  await writeFile(join(directory, 'keyring.pem'), signer.caPem);
  bundles = await openBundles(`folder:${directory}/bundles`, clock);
  registry = new ImageRegistry({ store, clock, logger, bundles, settings });
  app = await openApiOver(store, { clock: new TestClock(NOW), images: registry });
  // A bundle comes over a real socket.
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
beforeEach(() => {
  Object.assign(settings, { keyringFile: join(directory, 'keyring.pem'), mostScanCvss: 8.9 });
});
afterEach(async () => {
  await store.script(
    'DELETE FROM image_channel; DELETE FROM rollout_device; DELETE FROM rollout; DELETE FROM image; DELETE FROM fleet_audit; DELETE FROM fleet_device; DELETE FROM device',
  );
  await rm(join(directory, 'bundles'), { recursive: true, force: true });
});
afterAll(async () => {
  await app.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

interface Told {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly parameter?: string;
}

async function send(content: Buffer, sha256 = hexOf('sha256', content)): Promise<Told> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/fleet/bundles/${sha256}`, {
    ...{ method: 'PUT', body: Uint8Array.from(content) },
    headers: { 'content-type': 'application/octet-stream' },
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

async function post<Answer = Told>(path: string, payload: object): Promise<Answer & Told> {
  const answer = await app.inject({ method: 'POST', url: `/api/fleet/${path}`, payload });
  return { status: answer.statusCode, ...answer.json() };
}

async function get<Answer>(path: string): Promise<Answer & Told> {
  const answer = await app.inject(`/api/fleet/${path}`);
  return { status: answer.statusCode, ...answer.json() };
}

function take({ record, sbom }: MadeImage): Promise<FleetImage & Told> {
  return post<FleetImage>('images', { record, sbom, by: 'Aiko' });
}

async function bringIn(changes: Partial<ImageRecord> = {}): Promise<MadeImage> {
  const image = makeImage(signer, changes);
  await send(image.bundle);
  expect(await take(image)).toMatchObject({ status: 201 });
  return image;
}

async function journal(): Promise<readonly string[]> {
  const rows = await store.query<{ line: string }>(
    `SELECT concat_ws(' ', actor, subject, event, coalesce(from_state, '-'), coalesce(to_state, '-')) AS line
       FROM fleet_audit ORDER BY id`,
  );
  return rows.map(({ line }) => line);
}

describe('an image', () => {
  it('is taken in after its bundle, and shown with all that its build tells', async () => {
    const image = makeImage(signer);
    expect(await send(image.bundle)).toEqual({
      status: 201,
      sha256: image.record.bundle.sha256,
      bytes: image.bundle.length,
    });
    const taken = await take(image);
    expect(taken).toEqual({
      status: 201,
      image: 'agent/1.5.0',
      record: image.record,
      channels: [],
      importedAt: new Date(clock.now()).toISOString(),
      importedBy: 'Aiko',
      revokedAt: null,
      revokedReason: null,
      children: [],
      missingParent: null,
      sameBytes: [],
      halts: [],
      devices: 0,
    });
    expect(await get('images')).toEqual({ status: 200, images: [{ ...taken, status: undefined }] });
    const sbom = await app.inject('/api/fleet/images/agent/1.5.0/sbom');
    expect([sbom.headers['content-type'], sbom.body]).toEqual(['application/spdx+json', image.sbom]);
    expect(await journal()).toEqual(['Aiko image:agent/1.5.0 imported - imported']);
  });

  it('is taken in once, however often and by how many it is sent', async () => {
    const image = makeImage(signer);
    await send(image.bundle);
    expect(await send(image.bundle)).toMatchObject({ status: 200 });
    const answers = await Promise.all([take(image), take(image), take(image)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(await take(image)).toMatchObject({ status: 200, image: 'agent/1.5.0' });
    expect(await journal()).toHaveLength(1);
  });

  it('names the rollouts of it that halted, the latest first, and what halted them', async () => {
    await bringIn();
    const rollout = (
      id: string,
      day: number,
      failing?: { readonly signal: string | null; readonly haltedAt?: number },
    ) =>
      addRollout(store, {
        ...{ id, version: '1.5.0', state: failing ? 'rolled-back' : 'completed', wave: 1, waves: [] },
        at: new Date(NOW + day * DAY_MS).toISOString(),
        ...(failing && { failing: { since: null, devices: [], ...failing } }),
      });
    await rollout('first', 1, { signal: 'installation' });
    await rollout('well', 2);
    await rollout('second', 3, { signal: 'rate', haltedAt: NOW });
    await rollout('third', 4, { signal: null, haltedAt: NOW });
    const halts = [
      { rollout: 'third', at: new Date(NOW).toISOString(), signal: null },
      { rollout: 'second', at: new Date(NOW).toISOString(), signal: 'rate' },
      // Halted before the time was kept.
      { rollout: 'first', at: null, signal: 'installation' },
    ];
    expect((await get<FleetImageList>('images')).images).toMatchObject([{ image: 'agent/1.5.0', halts }]);
    for (let more = 5; more < 8; more++) await rollout(`more-${more}`, more, { signal: 'clock' });
    const { halts: latest } = await get<FleetImage>('images/agent/1.5.0');
    expect(latest.map((each) => each.rollout)).toEqual(['more-7', 'more-6', 'more-5', 'third', 'second']);
  });

  it('may have a package list that is larger than other bodies, up to a bound', async () => {
    const { record, bundle } = makeImage(signer);
    await send(bundle);
    const sbomOf = (characters: number) =>
      JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [], name: 'x'.repeat(characters) });
    const large = sbomOf(500_000);
    const sent = (sbom: string) => ({ record: { ...record, sbomSha256: hexOf('sha256', sbom) }, sbom, by: 'Aiko' });
    expect(await post('images', sent(sbomOf(9_000_000)))).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    expect(await post('images', sent(large))).toMatchObject({ status: 201 });
    expect((await app.inject('/api/fleet/images/agent/1.5.0/sbom')).body).toBe(large);
  });

  it('is counted on the devices that have it, by their readings before their updater', async () => {
    await bringIn();
    const values = (version: string) => ({
      'agent/version': { value: version, unit: '', time: '2026-06-01T00:00:00Z' },
    });
    const lastSeen = new Date(NOW).toISOString();
    await addDevice(store, { imsi: '1', lastSeen, lastValues: values('1.5.0') });
    await addDevice(store, { imsi: '2', lastSeen, lastValues: values('1.4.0') });
    for (const [id, imsi, version] of [
      ['a', '2', '1.5.0'],
      ['b', null, '1.5.0'],
      ['c', null, null],
    ])
      await store.query(
        `INSERT INTO fleet_device (tenant, controller_id, imsi, agent_version, first_poll, last_poll)
         VALUES ('tashika', $1, $2, $3, now(), now())`,
        [id!, imsi!, version!],
      );
    expect(await get<FleetImage>('images/agent/1.5.0')).toMatchObject({ devices: 2 });
    // The fleet is gone through for all who ask for the list meanwhile, once for each kind of image.
    const asked = vi.spyOn(store, 'query');
    const lists = await Promise.all([1, 2, 3].map(() => get<FleetImageList>('images')));
    const scans = asked.mock.calls.filter(([sql]) => sql.includes('FULL JOIN')).length;
    asked.mockRestore();
    expect([lists.map(({ images }) => images[0]!.devices), scans]).toEqual([[2, 2, 2], 2]);
  });

  it.each(['images/agent/9.9.9', 'images/agent/9.9.9/sbom'])('that is not there is told: %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it.each(['images/firmware/1.0.0', 'images/agent/..%2F1', 'images/agent/latest'])(
    'has a kind and a version: %s is refused',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    },
  );
});

/** What may be wrong with a request to take an image in, and what is answered. */
const REFUSALS: readonly (readonly [string, (image: MadeImage) => object | Promise<object>, object])[] = [
  [
    'a record of another version',
    ({ record, sbom }) => ({ record: { ...record, v: 2 }, sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('record.v ') },
  ],
  [
    'a record with a field that there is not',
    ({ record, sbom }) => ({ record: { ...record, secret: 'x' }, sbom }),
    { status: 400, parameter: 'record' },
  ],
  [
    'a record that is its own parent',
    ({ record, sbom }) => ({ record: { ...record, parent: { kind: 'agent', version: '1.5.0' } }, sbom }),
    { status: 400, parameter: 'record', detail: 'record.parent is the image itself.' },
  ],
  [
    'a record with a text that no database stores',
    ({ record, sbom }) => ({ record: { ...record, approvedBy: 'A\u0000' }, sbom }),
    { status: 400, parameter: 'record' },
  ],
  [
    'another package list',
    ({ record, sbom }) => ({ record, sbom: `${sbom} ` }),
    { status: 400, parameter: 'sbom', detail: expect.stringContaining('record.sbomSha256 is') },
  ],
  [
    'a package list that is none',
    ({ record }) => ({ record: { ...record, sbomSha256: hexOf('sha256', '{}') }, sbom: '{}' }),
    { status: 400, parameter: 'sbom', detail: expect.stringContaining('SPDX') },
  ],
  [
    'another length',
    ({ record, sbom }) => ({ record: withBundle(record, { bytes: 1 }), sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('record.bundle.bytes is 1') },
  ],
  [
    'another SHA-1, which devices are told',
    ({ record, sbom }) => ({ record: withBundle(record, { sha1: '0'.repeat(40) }), sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('record.bundle.sha1 is') },
  ],
  [
    'another MD5, which devices are told',
    ({ record, sbom }) => ({ record: withBundle(record, { md5: '0'.repeat(32) }), sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('record.bundle.md5 is') },
  ],
  [
    'the certificate of another',
    ({ record, sbom }) => ({ record: withBundle(record, { signerSha256: '0'.repeat(64) }), sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('record.bundle.signerSha256 is') },
  ],
  [
    'the name of another',
    ({ record, sbom }) => ({ record: withBundle(record, { signer: 'CN=somebody' }), sbom }),
    { status: 400, parameter: 'record', detail: expect.stringContaining('signed by CN=builder') },
  ],
  [
    'a bundle that was not sent',
    ({ record, sbom }) => ({ record: withBundle(record, { sha256: '0'.repeat(64) }), sbom }),
    {
      status: 409,
      code: 'BUNDLE_MISSING',
      detail: expect.stringContaining(`PUT /api/fleet/bundles/${'0'.repeat(64)}`),
    },
  ],
  [
    'a bundle of a stranger',
    async () => {
      const image = makeImage(makeThrowawaySigner('stranger'));
      await send(image.bundle);
      return image;
    },
    { status: 422, code: 'BUNDLE_REFUSED', detail: expect.stringContaining('CN=stranger, who stands under no root') },
  ],
  [
    'a bundle that is not signed',
    async ({ record, sbom }) => {
      const unsigned = Buffer.from('only a payload, and no signature');
      await send(unsigned);
      return { record: withBundle(record, { sha256: hexOf('sha256', unsigned), bytes: unsigned.length }), sbom };
    },
    { status: 422, code: 'BUNDLE_REFUSED', detail: expect.stringContaining('no RAUC bundle') },
  ],
  [
    'a bundle of which a byte was changed',
    async ({ record, sbom, bundle }) => {
      const changed = Buffer.from(bundle);
      changed[0]! ^= 1;
      await send(changed);
      return { record: withBundle(record, { sha256: hexOf('sha256', changed) }), sbom };
    },
    { status: 422, code: 'BUNDLE_REFUSED', detail: expect.stringContaining('a byte of it was changed') },
  ],
  ['nobody who does it', ({ record, sbom }) => ({ record, sbom, by: ' ' }), { status: 400, parameter: 'by' }],
];

function withBundle(record: ImageRecord, changes: Partial<ImageRecord['bundle']>): ImageRecord {
  return { ...record, bundle: { ...record.bundle, ...changes } };
}

it.each(REFUSALS)('no image is taken in with %s', async (_what, change, told) => {
  const image = makeImage(signer);
  await send(image.bundle);
  const { record, sbom, by = 'Aiko' } = (await change(image)) as MadeImage & { by?: string };
  expect(await post('images', { record, sbom, by })).toMatchObject(told);
  expect(await store.query('SELECT FROM image')).toHaveLength(0);
  expect(await journal()).toEqual([]);
});

describe('a version', () => {
  it('stands for the same bytes for ever', async () => {
    const first = await bringIn();
    const other = makeImage(signer, {}, 'other bytes');
    await send(other.bundle);
    expect(await take(other)).toMatchObject({
      status: 409,
      code: 'IMAGE_DIFFERS',
      detail: expect.stringMatching(/other bytes/),
    });
    const retold = await take({ ...first, record: { ...first.record, approvedBy: 'Ken' } });
    expect(retold).toMatchObject({
      status: 409,
      code: 'IMAGE_DIFFERS',
      detail: expect.stringMatching(/another record \(approvedBy\)/),
    });
    expect(await get<FleetImage>('images/agent/1.5.0')).toMatchObject({ record: first.record });
  });
});

it.each([
  ['is not set', undefined],
  ['is not there', '/nowhere/keyring.pem'],
])('without a keyring that can be read (it %s) none is taken in', async (_what, keyringFile) => {
  settings.keyringFile = keyringFile;
  const image = makeImage(signer);
  await send(image.bundle);
  expect(await take(image)).toMatchObject({
    status: 503,
    code: 'KEYRING_UNREADABLE',
    detail: expect.stringMatching(/fleet\.keyringFile/),
  });
});

describe('a channel', () => {
  it('has the version that was promoted last, and tells what it had before', async () => {
    await bringIn({ version: '1.4.0' });
    await bringIn();
    for (const [channel, image] of [
      ['dev', 'agent/1.4.0'],
      ['stable', 'agent/1.4.0'],
      ['stable', 'agent/1.5.0'],
      ['stable', 'agent/1.5.0'],
    ])
      expect(await post(`channels/${channel}`, { image, by: 'Ken' })).toMatchObject({ status: 200, image });
    expect(await get('images/agent/1.4.0')).toMatchObject({ channels: ['dev'] });
    expect(await get('images/agent/1.5.0')).toMatchObject({ channels: ['stable'] });
    expect((await journal()).slice(2)).toEqual([
      'Ken channel:agent/dev promoted - 1.4.0',
      'Ken channel:agent/stable promoted - 1.4.0',
      'Ken channel:agent/stable promoted 1.4.0 1.5.0',
    ]);
  });

  it.each([
    ['dev', 'nobody approved', { approvedBy: null }, /approved by nobody/],
    [
      'stable',
      'has a known vulnerability above the bound',
      { scan: scanOf([9.8, 5]) },
      /CVE-2026-1000 in openssl 3\.5\.1 \(9\.8\)\.$/,
    ],
    [
      'stable',
      'nobody scanned',
      { scan: { status: 'not scanned', reason: 'no scanner here' } },
      /was not scanned \(no scanner here\)/,
    ],
  ] as const)('%s does not take an image that %s', async (channel, _what, changes, sentence) => {
    await bringIn(changes);
    const told = await post(`channels/${channel}`, { image: 'agent/1.5.0', by: 'Ken' });
    expect(told).toMatchObject({ status: 409, code: 'PROMOTION_REFUSED', detail: expect.stringMatching(sentence) });
    expect(await store.query('SELECT FROM image_channel')).toHaveLength(0);
  });

  it.each([
    ['canary', 'has a known vulnerability', { scan: scanOf([9.8]) }, 8.9],
    ['canary', 'nobody scanned', { scan: { status: 'not scanned', reason: 'no scanner here' } }, 8.9],
    ['stable', 'has one at the bound and one without a score', { scan: scanOf([8.9, null]) }, 8.9],
    ['stable', 'nobody scanned', { scan: { status: 'not scanned', reason: 'no scanner here' } }, 10],
  ] as const)(
    '%s takes an image that %s, where the bound is as given',
    async (channel, _what, changes, mostScanCvss) => {
      settings.mostScanCvss = mostScanCvss;
      await bringIn(changes);
      expect(await post(`channels/${channel}`, { image: 'agent/1.5.0', by: 'Ken' })).toMatchObject({
        channels: [channel],
      });
    },
  );

  it.each([
    ['channels/prod', { image: 'agent/1.5.0', by: 'Ken' }, { status: 400, parameter: 'channel' }],
    ['channels/dev', { image: '1.5.0', by: 'Ken' }, { status: 400, parameter: 'image' }],
    ['channels/dev', { image: 'agent/9.9.9', by: 'Ken' }, { status: 404 }],
    ['channels/dev', { image: 'agent/1.5.0', by: '' }, { status: 400, parameter: 'by' }],
    ['channels/dev', { image: 'agent/1.5.0', by: 'Gate ' }, { status: 400, parameter: 'by' }],
    ['images/agent/1.5.0/revoke', { by: 'Ken' }, { status: 400, parameter: 'reason' }],
    ['images/agent/1.5.0/revoke', { by: 'device:d0', reason: 'x' }, { status: 400, parameter: 'by' }],
    ['images/agent/9.9.9/revoke', { by: 'Ken', reason: 'x' }, { status: 404 }],
  ])('%s with %j is refused', async (path, payload, told) => {
    await bringIn();
    expect(await post(path, payload)).toMatchObject(told);
  });
});

describe('a revoked image', () => {
  it('leaves its channels, names what was built on it, and comes back into none', async () => {
    await bringIn({ version: '1.4.0' });
    await bringIn({ version: '1.5.0', parent: { kind: 'agent', version: '1.4.0' } });
    await bringIn({ version: '1.6.0', parent: { kind: 'agent', version: '1.5.0' } });
    for (const channel of ['canary', 'stable']) await post(`channels/${channel}`, { image: 'agent/1.4.0', by: 'Ken' });
    const before = await journal();
    const now = clock.now();
    await clock.advance(DAY_MS);
    const revoked = await post<FleetImage>('images/agent/1.4.0/revoke', { reason: 'it loses readings', by: 'Ken' });
    expect(revoked).toMatchObject({
      status: 200,
      channels: [],
      revokedAt: new Date(now + DAY_MS).toISOString(),
      revokedReason: 'it loses readings',
      children: ['agent/1.5.0', 'agent/1.6.0'],
    });
    expect(await get('images/agent/1.6.0')).toMatchObject({ revokedAt: null, children: [] });
    expect(await post('channels/dev', { image: 'agent/1.4.0', by: 'Ken' })).toMatchObject({
      ...{ status: 409, code: 'IMAGE_REVOKED', detail: expect.stringMatching(/it loses readings/) },
    });
    expect(await post('images/agent/1.4.0/revoke', { reason: 'another', by: 'Aiko' })).toMatchObject({
      ...{ status: 200, revokedReason: 'it loses readings' },
    });
    expect((await journal()).slice(before.length)).toEqual([
      'Ken image:agent/1.4.0 revoked - revoked',
      'Ken channel:agent/canary emptied 1.4.0 -',
      'Ken channel:agent/stable emptied 1.4.0 -',
    ]);
  });
});

/** The same bytes by another name, as a build would tell them. */
function renamed({ record, ...rest }: MadeImage, version: string): MadeImage {
  return { ...rest, record: { ...record, version } };
}

/** As a store may have it, though no import lets it in. */
async function landTwin(image: MadeImage, version: string): Promise<void> {
  await store.query(
    `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
     SELECT kind, $2, sha256, $3::jsonb, sbom, imported_at, imported_by FROM image WHERE version = $1`,
    [image.record.version, version, JSON.stringify(renamed(image, version).record)],
  );
  await post('channels/dev', { image: `agent/${version}`, by: 'Ken' });
}

describe('the bytes of an image', () => {
  it('do not come in again under another version, nor twice at once', async () => {
    const image = makeImage(signer);
    await send(image.bundle);
    const answers = await Promise.all([take(image), take(renamed(image, '9.0.0'))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const [taken, refused] = answers.toSorted((a, b) => a.status - b.status) as [FleetImage & Told, Told];
    const other = taken.image === 'agent/1.5.0' ? 'agent/9.0.0' : 'agent/1.5.0';
    expect(refused).toMatchObject({
      code: 'BUNDLE_TAKEN',
      detail: `${other} has the bytes of ${taken.image}, which was imported before: roll that one out, or build ${other} anew, so that its bundle has its own version in it.`,
    });
    expect(await get(`images/${other}`)).toMatchObject({ status: 404 });
    expect(await journal()).toHaveLength(1);
  });

  it('do not come in again under another version where they were revoked, and say why', async () => {
    const image = await bringIn();
    await post('images/agent/1.5.0/revoke', { reason: 'it loses readings', by: 'Ken' });
    const before = await journal();
    expect(await take(renamed(image, '9.0.0'))).toMatchObject({
      status: 409,
      code: 'IMAGE_REVOKED',
      detail: 'agent/9.0.0 has the bytes of agent/1.5.0, which is revoked: it loses readings',
    });
    expect(await get('images/agent/9.0.0')).toMatchObject({ status: 404 });
    expect(await journal()).toEqual(before);
    expect(await take(image)).toMatchObject({ status: 200, revokedReason: 'it loses readings' });
  });

  it('are revoked under each version that has them already', async () => {
    const image = await bringIn();
    await landTwin(image, '9.0.0');
    const before = await journal();
    expect(await post('images/agent/1.5.0/revoke', { reason: 'it loses readings', by: 'Ken' })).toMatchObject({
      ...{ status: 200, revokedReason: 'it loses readings', sameBytes: ['agent/9.0.0'] },
    });
    expect(await get('images/agent/9.0.0')).toMatchObject({
      ...{ channels: [], sameBytes: ['agent/1.5.0'] },
      revokedReason: 'It has the bytes of agent/1.5.0, which is revoked: it loses readings',
    });
    expect((await journal()).slice(before.length)).toEqual([
      'Ken image:agent/1.5.0 revoked - revoked',
      'Ken image:agent/9.0.0 revoked - revoked',
      'Ken channel:agent/dev emptied 9.0.0 -',
    ]);
  });

  it('are revoked under each version soon after the start, where one of them was revoked alone before', async () => {
    const image = await bringIn();
    await post('images/agent/1.5.0/revoke', { reason: 'it loses readings', by: 'Ken' });
    await landTwin(image, '9.0.0');
    const another = new ImageRegistry({ store, clock, logger, bundles, settings });
    another.start();
    await another.stop();
    expect(await get('images/agent/9.0.0')).toMatchObject({
      ...{ channels: [], revokedAt: new Date(clock.now()).toISOString() },
      revokedReason: 'It has the bytes of agent/1.5.0, which is revoked: it loses readings',
    });
    expect((await journal()).slice(-2)).toEqual([
      'Ken image:agent/9.0.0 revoked - revoked',
      'Ken channel:agent/dev emptied 9.0.0 -',
    ]);
  });
});

it('a parent that is not here is no error, and is named until it comes', async () => {
  await bringIn({ parent: { kind: 'agent', version: '1.4.0' } });
  expect(await get('images/agent/1.5.0')).toMatchObject({ missingParent: 'agent/1.4.0' });
  await bringIn({ version: '1.4.0' });
  expect(await get('images/agent/1.5.0')).toMatchObject({ missingParent: null });
  expect(await get('images/agent/1.4.0')).toMatchObject({ missingParent: null, children: ['agent/1.5.0'] });
});

describe('a bundle', () => {
  it('that is not what its address says is not kept', async () => {
    expect(await send(Buffer.from('other bytes'), '0'.repeat(64))).toMatchObject({
      status: 400,
      code: 'BUNDLE_DIFFERS',
    });
    expect(await bundles.size('0'.repeat(64))).toBeUndefined();
  });

  it('goes where it waited a day for an image, and stays where one names it', async () => {
    const named = await bringIn();
    const alone = Buffer.from('nobody names it');
    await send(alone);
    for (const [afterMs, there] of [
      [DAY_MS - 1, true],
      [2, false],
    ] as const) {
      await clock.advance(afterMs);
      const another = new ImageRegistry({ store, clock, logger, bundles, settings });
      another.start();
      await another.stop();
      expect((await bundles.size(hexOf('sha256', alone))) !== undefined).toBe(there);
    }
    expect(await bundles.size(named.record.bundle.sha256)).toBe(named.bundle.length);
  });

  it('that was damaged where it lies is taken away, so that it can be sent again', async () => {
    const image = makeImage(signer);
    await send(image.bundle);
    await writeFile(join(directory, 'bundles', image.record.bundle.sha256), Buffer.from(image.bundle).fill(0, 3, 4));
    expect(await take(image)).toMatchObject({
      status: 409,
      code: 'BUNDLE_MISSING',
      detail: expect.stringMatching(/damaged/),
    });
    expect(await send(image.bundle)).toMatchObject({ status: 201 });
    expect(await take(image)).toMatchObject({ status: 201 });
  });

  it('of an image that is there already is sent again where it was damaged or lost, by importing the image once more', async () => {
    const image = await bringIn();
    const file = join(directory, 'bundles', image.record.bundle.sha256);
    for (const harm of [() => writeFile(file, Buffer.from(image.bundle).fill(0, 3, 4)), () => rm(file)]) {
      await harm();
      expect(await take(image)).toMatchObject({ status: 409, code: 'BUNDLE_MISSING' });
      expect(await bundles.size(image.record.bundle.sha256)).toBeUndefined();
      expect(await send(image.bundle)).toMatchObject({ status: 201 });
      expect(await take(image)).toMatchObject({ status: 200, image: 'agent/1.5.0' });
    }
    await post('images/agent/1.5.0/revoke', { reason: 'it loses readings', by: 'Ken' });
    await rm(file);
    expect(await take(image)).toMatchObject({ status: 200, revokedReason: 'it loses readings' });
  });

  describe('on its way', () => {
    function upload(sha256: string, headers: Record<string, string | number>): ClientRequest {
      return request({
        ...{ host: '127.0.0.1', port, method: 'PUT', path: `/api/fleet/bundles/${sha256}` },
        headers: { 'content-type': 'application/octet-stream', ...headers },
      });
    }

    it('is refused before it is read where it says that it is too large', async () => {
      const sending = upload('0'.repeat(64), { 'content-length': 1024 ** 3 + 1, expect: '100-continue' });
      sending.flushHeaders();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([413, 'BODY_TOO_LARGE']);
      sending.destroy();
    });

    it('is answered while it still comes, where it can not be kept', async () => {
      vi.spyOn(bundles, 'put').mockImplementationOnce(async (_expected, content) => {
        for await (const _part of content) throw new TashikaError('DISK_FULL', 'There is no room.');
        return 'stored';
      });
      const sending = upload('0'.repeat(64), { 'content-length': 10_000_000 });
      sending.on('error', () => undefined);
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      sending.write(Buffer.alloc(1_000_000));
      const [answer] = await answered;
      expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([507, 'DISK_FULL']);
      // It is let go on, so that a sender who does not look before its end comes to that too.
      sending.end(Buffer.alloc(9_000_000));
      await once(sending, 'finish');
    });

    it('leaves nothing where its sender goes away in the middle', async () => {
      const content = Buffer.alloc(500_000, 1);
      const sending = upload(hexOf('sha256', content), { 'content-length': content.length });
      sending.on('error', () => undefined);
      sending.write(content.subarray(0, 300_000));
      await until(async () => (await partsIn()).length === 1);
      sending.destroy();
      await until(async () => (await partsIn()).length === 0);
      expect(await bundles.size(hexOf('sha256', content))).toBeUndefined();
    });

    it('may take longer than a request otherwise may', async () => {
      const content = Buffer.alloc(100_000, 2);
      const sockets: Socket[] = [];
      app.server.on('connection', (socket) => sockets.push(socket));
      const sending = upload(hexOf('sha256', content), { 'content-length': content.length });
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      sending.write(content.subarray(0, 50_000));
      await until(async () => (await partsIn()).length === 1);
      const other = connect(port, '127.0.0.1');
      await until(async () => sockets.length === 2);
      // What Node's server tells of every request that takes its time, this one and one that only began.
      for (const socket of sockets)
        app.server.emit('clientError', Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
      expect(await text(other)).toContain('408 Request Timeout');
      sending.end(content.subarray(50_000));
      expect((await answered)[0].statusCode).toBe(201);
    });

    async function partsIn(): Promise<readonly string[]> {
      return await readdir(join(directory, 'bundles', 'incoming')).catch(() => []);
    }
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
