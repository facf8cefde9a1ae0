import { describe, expect, it } from 'vitest';
import { offerOf } from './deployment.ts';

describe('a deployment', () => {
  const artifact = (more: object = {}) => ({
    ...{ filename: '../../etc/passwd', size: 10, hashes: { sha256: 'AB'.repeat(32) } },
    _links: { download: { href: 'https://elsewhere.example/tashika/x?y=1' } },
    ...more,
  });
  const offer = (chunk: object, more: object = {}) =>
    offerOf({ id: '7', deployment: { download: 'forced', update: 'forced', chunks: [chunk], ...more } });
  const good = { part: 'bApp', version: '1.5.0', artifacts: [artifact()] };

  it('is read as far as it is needed: no file name, no host', () => {
    const read = offer(good, { maintenanceWindow: 'unavailable' });
    expect(read).toEqual({
      ok: true,
      deployment: {
        ...{ id: '7', kind: 'agent', version: '1.5.0', path: '/tashika/x?y=1', bytes: 10, sha256: 'ab'.repeat(32) },
        ...{ mayDownload: true, mayInstall: false },
      },
    });
  });

  it.each<[string, object, RegExp]>([
    ['a part that nobody knows', { ...good, part: 'firmware' }, /neither of the agent nor of the system/],
    ['no artifact', { ...good, artifacts: [] }, /one artifact/],
    ['two artifacts', { ...good, artifacts: [artifact(), artifact()] }, /one artifact/],
    ['a version with a path', { ...good, version: '../1' }, /Its version is/],
    ['no SHA-256', { ...good, artifacts: [artifact({ hashes: { sha1: 'x' } })] }, /no SHA-256/],
    ['no size', { ...good, artifacts: [artifact({ size: -1 })] }, /a size of -1/],
    ['no link', { ...good, artifacts: [artifact({ _links: {} })] }, /no link/],
    [
      'a link that is none',
      { ...good, artifacts: [artifact({ _links: { download: { href: 'x' } } })] },
      /no whole address/,
    ],
  ])('with %s is refused by its id', (_what, chunk, reason) => {
    expect(offer(chunk)).toEqual({ ok: false, id: '7', reason: expect.stringMatching(reason) });
  });

  it('without an id is no answer of an update server', () => {
    expect(() => offerOf({ id: '../7', deployment: {} })).toThrow(/id is/);
    expect(() => offerOf([])).toThrow(/no object/);
  });
});

describe('a deployment of a strange server', () => {
  const artifact = {
    ...{ size: 10, hashes: { sha256: 'ab'.repeat(32) } },
    _links: { download: { href: 'http://host/x' } },
  };
  const offer = (more: object, part = 'bApp') =>
    offerOf({
      id: '7',
      deployment: {
        download: 'attempt',
        update: 'attempt',
        ...more,
        chunks: [{ part, version: '1', artifacts: [artifact] }],
      },
    });

  it.each([
    ['update', /update is "tomorrow"/],
    ['download', /download is "tomorrow"/],
    ['maintenanceWindow', /maintenanceWindow is "tomorrow"/],
  ])('whose %s is a word that nobody knows is refused: it may mean not now', (name, reason) => {
    expect(offer({ [name]: 'tomorrow' })).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect(offer({ [name]: undefined })).toMatchObject({ ok: true });
  });

  it.each(['constructor', 'toString', '__proto__'])('of the part %s is refused', (part) => {
    expect(offer({}, part)).toMatchObject({ ok: false, reason: expect.stringMatching(/neither of the agent/) });
  });

  it('whose link has no path on a server is refused', () => {
    const _links = { download: { href: 'mailto:someone@example.com' } };
    const chunks = [{ part: 'os', version: '1', artifacts: [{ ...artifact, _links }] }];
    expect(offerOf({ id: '7', deployment: { chunks } })).toMatchObject({ ok: false });
  });
});
