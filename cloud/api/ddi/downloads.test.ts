import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_HEADERS, NOW, openUpdaterScene } from './testing/updater-scene.ts';

const { clock, image, bundle, bundles, ask, auditOf, actionRow, offered, newId, close } = await openUpdaterScene();
afterAll(close);
beforeEach(() => {
  bundles.set(image.bundle.sha256, bundle);
});

describe('a download', () => {
  const etagOf = () => `"${image.bundle.sha256}"`;

  it('is the bundle, byte for byte, with its ETag', async () => {
    const { id, artifact } = await offered();
    const { status, headers, bytes } = await ask(artifact);
    expect([status, headers.etag, headers['accept-ranges']]).toEqual([200, etagOf(), 'bytes']);
    expect(headers['content-length']).toBe(String(bundle.length));
    expect(bytes.equals(bundle)).toBe(true);
    await expect.poll(async () => (await actionRow(id)).served_bytes).toBe(bundle.length);
  });

  it('goes on where it was, as long as it is the same bundle', async () => {
    const { artifact, id } = await offered();
    const from = (range: string, more = {}) => ask(artifact, { headers: { ...GATEWAY_HEADERS, range, ...more } });
    const part = await from('bytes=150000-', { 'if-range': etagOf() });
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 150000-199999/200000']);
    expect(part.bytes.equals(bundle.subarray(150_000))).toBe(true);
    expect((await from('bytes=150000-', { 'if-range': '"another"' })).status).toBe(200);
    const beyond = await from('bytes=200000-');
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */200000']);
    expect(await actionRow(id)).toMatchObject({ beginnings: 1 });
  });

  it('is looked at by HEAD without a byte of it being served', async () => {
    const { artifact, id } = await offered();
    const { status, headers } = await ask(artifact, { method: 'HEAD' });
    expect([status, headers['content-length'], headers.etag]).toEqual([200, String(bundle.length), etagOf()]);
    expect(await actionRow(id)).toMatchObject({ served_bytes: 0, beginnings: 0 });
  });

  it('keeps to the device’s bytes of a day, and goes on the next', async () => {
    clock.setWall(NOW);
    const { artifact, id } = await offered({ dailyBytes: 120_000 });
    const from = (range: string) => ask(artifact, { headers: { ...GATEWAY_HEADERS, range } });
    const first = await from('bytes=0-');
    expect([first.status, first.headers['content-range']]).toEqual([206, 'bytes 0-119999/200000']);
    await expect.poll(async () => (await actionRow(id)).served_bytes).toBe(120_000);
    const spent = await from('bytes=120000-');
    expect([spent.status, spent.body.code]).toEqual([429, 'DAILY_BYTES_SPENT']);
    const halfADay = 12 * 3_600;
    expect(Number(spent.headers['retry-after'])).toBeGreaterThanOrEqual(halfADay);
    expect(Number(spent.headers['retry-after'])).toBeLessThanOrEqual(halfADay + 3_600);
    clock.setWall(NOW + halfADay * 1_000);
    const rest = await from('bytes=120000-');
    expect(Buffer.concat([first.bytes, rest.bytes]).equals(bundle)).toBe(true);
  });

  it('of the whole breaks off where the day’s bytes end, as no client can take for the whole', async () => {
    const { artifact } = await offered({ dailyBytes: 70_000 });
    await expect(ask(artifact)).rejects.toThrow(/destroyed|aborted|closed|socket/i);
  });

  it('that is gone from the bundle store ends the action, in place of a 404 for ever', async () => {
    const { controllerId, artifact, id } = await offered();
    bundles.clear();
    const { status, body } = await ask(artifact);
    expect([status, body.code]).toEqual([410, 'ACTION_CLOSED']);
    expect(await actionRow(id)).toMatchObject({
      ...{ state: 'closed', outcome: 'failure' },
      detail: 'its bundle is not in the bundle store any more',
    });
    expect((await ask(controllerId)).body._links.deploymentBase).toBeUndefined();
    expect(await auditOf(controllerId)).toEqual(['action-failure']);
  });

  it('that is not as long as what was imported is not called gone', async () => {
    const { artifact, id } = await offered();
    bundles.set(image.bundle.sha256, bundle.subarray(1));
    expect((await ask(artifact)).status).toBe(410);
    expect((await actionRow(id)).detail).toBe(
      `its bundle in the bundle store has ${bundle.length - 1} bytes instead of ${bundle.length}`,
    );
  });

  it('that begins anew again and again ends the action', async () => {
    const { artifact, id } = await offered();
    const first = { headers: { ...GATEWAY_HEADERS, range: 'bytes=0-9' } };
    for (let time = 0; time < 20; time++) expect((await ask(artifact, first)).status).toBe(206);
    expect((await ask(artifact, { headers: { ...GATEWAY_HEADERS, range: 'bytes=10-19' } })).status).toBe(206);
    expect((await ask(artifact, first)).status).toBe(410);
    expect((await actionRow(id)).detail).toBe('its download was begun from the first byte 21 times');
  });

  it('is of the named file of an open action of this device alone', async () => {
    const { controllerId, id, artifact } = await offered();
    for (const path of [
      artifact.replace(controllerId, newId()),
      `${controllerId}/deploymentBase/${id}/artifacts/other.raucb`,
      `${controllerId}/deploymentBase/${id}/artifacts/..%2f..%2fetc%2fpasswd`,
    ])
      expect((await ask(path)).status, path).toBe(404);
    const cancelled = await offered({ state: 'canceling' });
    expect((await ask(cancelled.artifact)).status).toBe(410);
  });
});
