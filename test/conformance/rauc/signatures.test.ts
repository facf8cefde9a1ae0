import { execFile } from 'node:child_process';
import { createHash, type X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  issueCertificate,
  makeThrowawaySigner,
  readKeyring,
  signBundle,
  verifyBundle,
} from '@tashika/cloud/fleet/registry/signature';
import { seededChance } from '@tashika/shared/chance';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../../rig/command.ts';

const run = promisify(execFile);
const haveAll = haveCommand('rauc') && haveCommand('mksquashfs') && haveCommand('openssl');

/** More than one level of the hash tree: 128 hashes fit into a block, and a block has 4,096 bytes. */
const CONTENT_BYTES = 128 * 4096 + 5000;
/** How many bytes of a signature are changed, each in a file of its own. */
const FLIPS = 30;

describe.skipIf(!haveAll)("the registry's check of signatures, beside Debian's rauc, mksquashfs and openssl", () => {
  let directory: string;
  const at = (name: string) => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tashika-rauc-signatures-'));
    const random = seededChance('content');
    await mkdir(at('content'));
    await writeFile(
      at('content/agent.img'),
      Buffer.from(Array.from({ length: CONTENT_BYTES }, () => random.next() * 256)),
    );
    await writeFile(at('extensions'), 'keyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n');
    await makeSigner('rsa', ['rsa:2048']);
    await makeSigner('curve', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    for (const signer of ['rsa', 'curve']) for (const format of ['plain', 'verity']) await makeBundle(signer, format);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** A key of `algorithm` and its certificate by openssl, under an authority `<name>-ca.pem` of its own. */
  async function makeSigner(name: string, algorithm: readonly string[]): Promise<void> {
    const [caKey, ca, key, request] = ['-ca.key', '-ca.pem', '.key', '.csr'].map((ending) => at(name + ending)) as [
      string,
      string,
      string,
      string,
    ];
    const making = ['req', '-nodes', '-newkey', ...algorithm];
    await run('openssl', [
      ...making,
      '-x509',
      '-days',
      '30',
      '-subj',
      `/CN=${name} authority`,
      '-keyout',
      caKey,
      '-out',
      ca,
    ]);
    await run('openssl', [...making, '-subj', `/O=Tashika/CN=${name}`, '-keyout', key, '-out', request]);
    const issuing = ['-CA', ca, '-CAkey', caKey, '-set_serial', '7', '-days', '30', '-extfile', at('extensions')];
    await run('openssl', ['x509', '-req', '-in', request, ...issuing, '-out', at(`${name}.pem`)]);
  }

  async function makeBundle(signer: string, format: string): Promise<void> {
    const manifest = `[update]\ncompatible=tashika-test\nversion=1.5.0\n\n[bundle]\nformat=${format}\n\n[image.agent]\nfilename=agent.img\n`;
    await writeFile(at('content/manifest.raucm'), manifest);
    const key = ['--cert', at(`${signer}.pem`), '--key', at(`${signer}.key`)];
    await run('rauc', ['bundle', ...key, at('content'), at(`${signer}-${format}.raucb`)]);
  }

  function bundleOf(signer: string, format: string): Promise<Buffer> {
    return readFile(at(`${signer}-${format}.raucb`));
  }

  async function payloadOf(signer: string): Promise<Buffer> {
    const made = await bundleOf(signer, 'plain');
    return made.subarray(0, made.length - 8 - Number(made.readBigUInt64BE(made.length - 8)));
  }

  /** Whether RAUC takes a bundle under a keyring. */
  async function raucTakes(content: Uint8Array, keyring: string): Promise<boolean> {
    await writeFile(at('asked.raucb'), content);
    return await run('rauc', ['--keyring', keyring, 'info', at('asked.raucb')]).then(
      () => true,
      () => false,
    );
  }

  async function keyringOf(name: string): Promise<readonly X509Certificate[]> {
    return readKeyring(await readFile(at(`${name}-ca.pem`), 'utf8'));
  }

  it.each(['rsa', 'curve'])(
    'takes what RAUC signed with a key of %s, in both formats, and nothing of it that RAUC refuses',
    async (name) => {
      const keyring = await keyringOf(name);
      for (const format of ['plain', 'verity']) {
        const bundle = await bundleOf(name, format);
        const verified = await verifyBundle(fileOf(bundle), keyring, systemClock.now());
        expect(verified).toMatchObject({ format, signer: `O=Tashika, CN=${name}` });
        expect(verified.sha256).toBe(createHash('sha256').update(bundle).digest('hex'));
        if (name !== 'rsa') continue;
        const chance = seededChance('flips', format);
        const signatureBytes = Number(bundle.readBigUInt64BE(bundle.length - 8)) + 8;
        for (let n = 0; n < FLIPS; n++) {
          const changed = Buffer.from(bundle);
          const place = bundle.length - 1 - Math.floor(chance.next() * signatureBytes);
          changed[place]! ^= 1 << Math.floor(chance.next() * 8);
          const takes = await takenBy(changed, keyring);
          if (takes) expect(await raucTakes(changed, at(`${name}-ca.pem`)), `byte ${place}`).toBe(true);
        }
      }
    },
  );

  it('finds the byte of a verity payload that RAUC does not look at before it installs', async () => {
    const changed = await bundleOf('rsa', 'verity');
    changed[300_000]! ^= 1;
    expect(await raucTakes(changed, at('rsa-ca.pem'))).toBe(true);
    expect(await takenBy(changed, await keyringOf('rsa'))).toBe(false);
  });

  it('signs as RAUC takes it', async () => {
    const payload = await payloadOf('rsa');
    const signer = makeThrowawaySigner();
    await writeFile(at('throwaway-ca.pem'), signer.caPem);
    for (const signedAt of [undefined, systemClock.now()])
      expect(await raucTakes(signBundle(payload, signer, { signedAt }), at('throwaway-ca.pem'))).toBe(true);
    // By openssl's key too, and not under the authority of another.
    const byRsa = {
      certPem: await readFile(at('rsa.pem'), 'utf8'),
      keyPem: await readFile(at('rsa.key'), 'utf8'),
    };
    expect(await raucTakes(signBundle(payload, byRsa), at('rsa-ca.pem'))).toBe(true);
    expect(await raucTakes(signBundle(payload, byRsa), at('throwaway-ca.pem'))).toBe(false);
  });

  it.each([
    ['may encipher keys only', { usage: 'keyEncipherment' as const }],
    ['is for servers', { extendedUsage: ['1.3.6.1.5.5.7.3.1'] }],
    ['is over', { until: systemClock.now() - 1000 }],
    ['is not good yet', { from: systemClock.now() + 3_600_000 }],
    ['is for signing mail', { extendedUsage: ['1.3.6.1.5.5.7.3.4'] }],
    ['has no restriction', {}],
  ])('judges a certificate that %s as RAUC does', async (_what, wish) => {
    const payload = await payloadOf('rsa');
    const authority = issueCertificate({ name: 'authority', authority: true });
    const bundle = signBundle(payload, issueCertificate({ name: 'builder', issuer: authority, ...wish }));
    await writeFile(at('judged-ca.pem'), authority.certPem);
    const takes = await takenBy(Buffer.from(bundle), readKeyring(authority.certPem));
    expect(takes).toBe(await raucTakes(bundle, at('judged-ca.pem')));
  });
});

async function takenBy(content: Buffer, keyring: readonly X509Certificate[]): Promise<boolean> {
  return await verifyBundle(fileOf(content), keyring, systemClock.now()).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'BUNDLE_REFUSED' });
      return false;
    },
  );
}

function fileOf(content: Buffer) {
  return {
    bytes: content.length,
    async read(range?: { readonly first: number; readonly last: number }) {
      const wanted = range ? content.subarray(range.first, range.last + 1) : content;
      return (async function* () {
        for (let place = 0; place < wanted.length; place += 65_000) yield wanted.subarray(place, place + 65_000);
      })();
    },
  };
}
