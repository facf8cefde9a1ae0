import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openApiOver } from '@tashika/cloud/api/testing';
import { makeThrowawaySigner } from '@tashika/cloud/fleet/registry/signature';
import type { ImageRecord } from '@tashika/shared/image';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type RealApi, signedFolder, startRealApi } from './testing/fleet-api.ts';
import { run } from './testing/run.ts';

let api: RealApi;

beforeAll(async () => {
  api = await startRealApi();
});
afterAll(() => api.close());

const fleet = (name: string, args: Parameters<typeof run>[1], around: Partial<Parameters<typeof run>[2]> = {}) =>
  run(name, args, { api: api.url, ...around });

async function editRecord(folder: string, name: string, change: (record: ImageRecord) => unknown): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))));
}

describe('tashika fleet images', () => {
  it('says what to do while there is none', async () => {
    const { code, out } = await fleet('images', {});
    expect([code, out]).toEqual([0, 'There is no image yet. Bring one in: tashika fleet import DIR']);
  });
});

it('a server without a fleet says what it lacks', async () => {
  const app = await openApiOver(api.store);
  onTestFinished(() => app.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  expect((await fleet('images', { api: url })).error).toMatchObject({
    code: 'API_REFUSED',
    message: expect.stringContaining('TASHIKA_CLOUD_FLEET_BUNDLES'),
  });
});

describe('tashika fleet import', () => {
  it('brings all images of a folder in, and leaves them alone the second time', async () => {
    const path = await api.built(
      { kind: 'agent', version: '1.5.0', parent: { kind: 'system', version: '2026.11' } },
      { kind: 'system', version: '2026.11' },
    );
    const first = await fleet('import', { path });
    expect(first).toMatchObject({ code: 0, error: undefined });
    expect(first.answer.images).toEqual([
      { image: 'system/2026.11', imported: true, missingParent: null },
      { image: 'agent/1.5.0', imported: true, missingParent: null },
    ]);
    expect(first.out).not.toContain('not in the registry');
    expect(first.out).toMatch(/agent\/1\.5\.0 is imported: .* kB, signed by CN=throw-away signer, NOT SCANNED\./);
    expect(first.progress.some((line) => /agent\/1\.5\.0: sent .* 100%/.test(line))).toBe(true);

    const again = await fleet('import', { path });
    expect(again.answer.images.map((each: { imported: boolean }) => each.imported)).toEqual([false, false]);
    expect(again.progress.filter((line) => line.includes('sent'))).toEqual([]);
  });

  it('interrupted while it sends, it is run again', async () => {
    const path = await api.built({ version: '1.5.1', bytes: Buffer.alloc(4096 * 2_000, 'x') });
    const stopping = new AbortController();
    const stopped = await fleet(
      'import',
      { path },
      {
        signal: stopping.signal,
        onProgress: (text) => text.includes('sent') && stopping.abort(new Error('stopped')),
      },
    );
    expect(stopped.error).toMatchObject({ message: 'stopped' });
    expect((await fleet('image', { image: 'agent/1.5.1' })).error).toMatchObject({ code: 'NOT_FOUND' });
    expect((await fleet('import', { path })).answer.images).toMatchObject([{ image: 'agent/1.5.1', imported: true }]);
  });

  it('is refused for a version that is there with other bytes, and for a bundle that nobody trusted has signed', async () => {
    const other = await api.built({ version: '1.5.0', bytes: Buffer.alloc(4096, 'other') });
    expect((await fleet('import', { path: other })).error).toMatchObject({ code: 'IMAGE_DIFFERS' });

    const path = await signedFolder(makeThrowawaySigner(), { version: '6.6.6' });
    onTestFinished(() => rm(path, { recursive: true }));
    expect((await fleet('import', { path })).error).toMatchObject({ code: 'BUNDLE_REFUSED' });
  });

  it('says whose parent the registry does not have, then and in the list, until it comes', async () => {
    const path = await api.built({ version: '1.6.0', parent: { kind: 'system', version: '2027.1' } });
    const { out, answer, code } = await fleet('import', { path });
    expect([code, answer.images[0].missingParent]).toEqual([0, 'system/2027.1']);
    expect(out).toContain('\n  Its parent system/2027.1 is not in the registry: revoking will not list this one.');
    const { out: list } = await fleet('images', {});
    expect(list).toMatch(/^agent\/1\.6\.0 .* parent system\/2027\.1 not in the registry$/m);
    expect(list).toMatch(/\n\nWhat is not in the registry can not be revoked/);
    expect((await fleet('image', { image: 'agent/1.6.0' })).out).toContain('system/2027.1 is not in the registry');

    await fleet('import', { path: await api.built({ kind: 'system', version: '2027.1' }) });
    expect((await fleet('images', {})).out).not.toContain('not in the registry');
  });

  it('is refused for a file that stands under another version, which it names', async () => {
    const path = await api.built({ version: '1.7.0', bytes: Buffer.alloc(4096, 'same') });
    await fleet('import', { path });
    await editRecord(path, 'agent-1.7.0.json', (record) => ({ ...record, version: '1.7.1' }));
    expect((await fleet('import', { path })).error).toMatchObject({
      code: 'BUNDLE_TAKEN',
      message: expect.stringContaining('agent/1.7.1 has the bytes of agent/1.7.0, which was imported before'),
    });
  });

  it('tells a person what the record says and is not so', async () => {
    const path = await api.built({ version: '1.5.2' });
    await editRecord(path, 'agent-1.5.2.json', (record) => ({
      ...record,
      bundle: { ...record.bundle, md5: '0'.repeat(32) },
    }));
    expect((await fleet('import', { path })).error).toMatchObject({ message: expect.stringContaining('md5') });
  });
});

describe('an image', () => {
  it('is promoted into a channel, by whoever is logged in', async () => {
    const { code, answer, out } = await fleet('promote', { image: 'agent/1.5.0', channel: 'canary' });
    expect([code, answer.channels]).toEqual([0, ['canary']]);
    expect(out).toContain('canary has agent/1.5.0 now.');
    const [entry] = await api.store.query<{ actor: string }>(
      "SELECT actor FROM fleet_audit WHERE event = 'promoted' ORDER BY id DESC LIMIT 1",
    );
    expect(entry).toEqual({ actor: 'sato' });
  });

  it('is shown with all that is known of it, and never as clean where it was not scanned', async () => {
    const { out, answer } = await fleet('image', { image: 'system/2026.11' });
    expect(answer.children).toEqual(['agent/1.5.0']);
    expect(out).toMatch(/built on it +agent\/1\.5\.0\n/);
    expect(out).toMatch(/scan +NOT SCANNED\n/);
    expect((await fleet('images', {})).out).toMatch(/^agent\/1\.5\.0 +canary +tashika-rpi4 .* NOT SCANNED/m);
  });

  it('is revoked only after a yes, with its children told', async () => {
    const args = { image: 'system/2026.11', reason: 'A key in it is public.' };
    const no = await fleet('revoke', args, { yes: false });
    expect([no.code, no.out, no.asked]).toEqual([1, 'Nothing was changed.', ['Revoke system/2026.11 for good?']]);
    const yes = await fleet('revoke', args);
    expect([yes.code, yes.answer.revokedReason]).toEqual([0, 'A key in it is public.']);
    expect(yes.out).toContain('These were built on it, and are not revoked: agent/1.5.0.');
    expect((await fleet('image', { image: 'system/2026.11' })).out).toContain('REVOKED at ');
    const again = await fleet('revoke', { ...args, reason: 'Another one.' });
    expect([again.code, again.out.split('\n')[0]]).toEqual([
      0,
      'system/2026.11 was revoked before, and that stays: A key in it is public.',
    ]);
  });

  it('goes with what has its bytes under another version, which is said before', async () => {
    await api.store.query(
      `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
       SELECT kind, '9.9.0', sha256, jsonb_set(record, '{version}', '"9.9.0"'), sbom, imported_at, imported_by
         FROM image WHERE version = '1.5.1'`,
    );
    const { asked } = await fleet('revoke', { image: 'agent/1.5.1', reason: 'It hangs.' }, { yes: false });
    expect(asked).toEqual([
      'Revoke agent/1.5.1 for good? With it goes agent/9.9.0: the same bytes under another version.',
    ]);
    await fleet('revoke', { image: 'agent/1.5.1', reason: 'It hangs.' });
    expect((await fleet('images', {})).out).toMatch(
      /^agent\/9\.9\.0 .* REVOKED \S+ \S+Z; same bytes as agent\/1\.5\.1$/m,
    );
  });

  it('has a kind and a version', async () => {
    expect((await fleet('image', { image: '1.5.0' })).error).toMatchObject({ code: 'USAGE' });
    expect((await fleet('image', { image: 'agent/9.9.9' })).error).toMatchObject({ code: 'NOT_FOUND' });
  });
});
