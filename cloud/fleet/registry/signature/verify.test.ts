import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { seededChance } from '@tashika/shared/chance';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BundleFile,
  issueCertificate,
  makeThrowawaySigner,
  readKeyring,
  signBundle,
  verifyBundle,
} from './index.ts';

const NOW = Date.UTC(2027, 0, 1);
const DAY_MS = 86_400_000;

let keyring: readonly X509Certificate[];
const made = new Map<string, Buffer>();
beforeAll(async () => {
  const fixture = (name: string) => readFile(new URL(`./fixtures/${name}`, import.meta.url));
  keyring = readKeyring((await fixture('keyring.pem')).toString());
  for (const format of ['plain', 'verity']) made.set(format, await fixture(`${format}.raucb`));
});

/** A file in memory, in parts of a length that fits nothing. */
function fileOf(content: Uint8Array, partBytes = 1021): BundleFile {
  return {
    bytes: content.length,
    async read(range) {
      const wanted = range ? content.subarray(range.first, range.last + 1) : content;
      return (async function* () {
        for (let at = 0; at < wanted.length; at += partBytes) yield wanted.subarray(at, at + partBytes);
      })();
    },
  };
}

async function refusalOf(content: Uint8Array, under = keyring, now = NOW): Promise<string> {
  const outcome: unknown = await verifyBundle(fileOf(content), under, now).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ code: 'BUNDLE_REFUSED' });
  return (outcome as Error).message;
}

function flipped(content: Buffer, at: number): Buffer {
  const copy = Buffer.from(content);
  copy[at]! ^= 1;
  return copy;
}

/** Where the signature of a bundle begins. */
function signatureAt(content: Buffer): number {
  return content.length - 8 - Number(content.readBigUInt64BE(content.length - 8));
}

describe.each(['plain', 'verity'] as const)('a bundle that RAUC made in the format %s', (format) => {
  it('is verified, with the hashes of the whole file', async () => {
    const content = made.get(format)!;
    const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
    const verified = await verifyBundle(fileOf(content), keyring, NOW);
    expect(verified).toEqual({
      format,
      bytes: content.length,
      sha256: hash('sha256'),
      sha1: hash('sha1'),
      md5: hash('md5'),
      signer: 'O=Tashika tests, CN=builder',
      signerSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      compatible: format === 'verity' ? 'tashika-test' : undefined,
    });
  });

  it('is refused under another key', async () => {
    const others = readKeyring(makeThrowawaySigner().caPem);
    expect(await refusalOf(made.get(format)!, others)).toMatch(/O=Tashika tests, CN=builder, who stands under no root/);
  });

  it('is refused where any byte of its payload was changed', async () => {
    const content = made.get(format)!;
    const chance = seededChance('flip', format);
    const places = Array.from({ length: 15 }, () => Math.floor(chance.next() * signatureAt(content)));
    for (const at of [0, signatureAt(content) - 1, ...places])
      expect(await refusalOf(flipped(content, at)), `byte ${at}`).toMatch(
        /a byte of .* was changed|is truncated|not signed/,
      );
  });

  it('is answered with a refusal, if not taken, where any byte of its signature was changed', async () => {
    const content = made.get(format)!;
    const chance = seededChance('signature', format);
    let taken = 0;
    for (let n = 0; n < 30; n++) {
      const at = signatureAt(content) + Math.floor(chance.next() * (content.length - signatureAt(content)));
      const changed = Buffer.from(content);
      changed[at] = Math.floor(chance.next() * 256);
      const outcome: unknown = await verifyBundle(fileOf(changed), keyring, NOW).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `byte ${at}`).toMatchObject({ code: 'BUNDLE_REFUSED' });
      else taken++;
    }
    // What was not changed after all, and the few bytes that say nothing, such as the version of the syntax.
    expect(taken).toBeLessThan(5);
  });

  it('is refused wherever it was cut off', async () => {
    const content = made.get(format)!;
    for (const length of [0, 7, 8, 95, 96, 4096, signatureAt(content), signatureAt(content) + 100, content.length - 1])
      expect(await refusalOf(content.subarray(0, length)), `${length} bytes`).toMatch(
        /truncated|not signed|no RAUC bundle/,
      );
  });
});

describe('the hash tree of a verity bundle', () => {
  it.each([
    ['content', 100],
    ['tree', 8192 + 40],
    ['filling of the tree', 8192 + 4095],
  ])('is held against every byte of its %s', async (_part, at) => {
    expect(await refusalOf(flipped(made.get('verity')!, at))).toMatch(
      /a byte of its payload or of its hash tree was changed/,
    );
  });
});

describe('a verity bundle that somebody made over without the key', () => {
  it('is refused where the tree was made anew over other content', async () => {
    const content = Buffer.from(made.get('verity')!);
    const [, salt] = /verity-salt=([0-9a-f]{64})/.exec(content.subarray(signatureAt(content)).toString('latin1'))!;
    const hashOf = (block: Buffer) => createHash('sha256').update(Buffer.from(salt!, 'hex')).update(block).digest();
    const hashes = () => Buffer.concat([hashOf(content.subarray(0, 4096)), hashOf(content.subarray(4096, 8192))]);
    expect(content.subarray(8192, 8256)).toEqual(hashes());
    content[5000]! ^= 1;
    hashes().copy(content, 8192);
    expect(await refusalOf(content)).toMatch(/its payload is not the one that was signed/);
  });

  it('is refused with another manifest', async () => {
    const content = Buffer.from(made.get('verity')!);
    content.write('tashika-tess', content.indexOf('tashika-test', signatureAt(content)));
    expect(await refusalOf(content)).toMatch(/its manifest is not the one that was signed/);
  });
});

describe('what is no signed bundle', () => {
  it('is told apart: no bundle, one that is not signed, one that was cut off', async () => {
    const plain = made.get('plain')!;
    expect(await refusalOf(Buffer.from('a Debian package'))).toMatch(/it is no RAUC bundle/);
    expect(await refusalOf(Buffer.alloc(10_000, 7))).toMatch(/it is no RAUC bundle/);
    expect(await refusalOf(plain.subarray(0, signatureAt(plain)))).toMatch(/it is not signed, or its end is missing/);
    expect(await refusalOf(plain.subarray(0, 200))).toMatch(
      /it is truncated: its content alone has \d+ bytes, and there are 200/,
    );
  });

  it('may have anything in the place of its signature', async () => {
    const chance = seededChance('rubbish');
    const trailer = Buffer.alloc(8);
    for (const length of [1, 2, 100, 5000]) {
      trailer.writeBigUInt64BE(BigInt(length));
      const rubbish = Buffer.from(Array.from({ length }, () => Math.floor(chance.next() * 256)));
      await refusalOf(Buffer.concat([Buffer.from('payload'), rubbish, trailer]));
    }
    // Deep nesting, which a parser must not fall over.
    trailer.writeBigUInt64BE(BigInt(100_000));
    const nested = Buffer.alloc(100_000, Buffer.from([0x30, 0x80]));
    await refusalOf(Buffer.concat([Buffer.from('payload'), nested, trailer]));
  });
});

describe('a bundle that was signed here', () => {
  const payload = Buffer.from('what a simulated device would install');

  it('is verified like one of RAUC', async () => {
    const signer = makeThrowawaySigner('demo');
    const verified = await verifyBundle(fileOf(signBundle(payload, signer)), readKeyring(signer.caPem), NOW);
    const { fingerprint256 } = new X509Certificate(signer.certPem);
    expect(verified).toMatchObject({
      format: 'plain',
      signer: 'CN=demo',
      signerSha256: fingerprint256.replaceAll(':', '').toLowerCase(),
    });
  });

  it('is refused when its payload or its signed attributes are those of another', async () => {
    const signer = makeThrowawaySigner();
    const under = readKeyring(signer.caPem);
    const [one, other] = [payload, Buffer.from(payload).reverse()].map((each) => Buffer.from(signBundle(each, signer)));
    const swapped = Buffer.concat([one!.subarray(0, payload.length), other!.subarray(payload.length)]);
    expect(await refusalOf(swapped, under)).toMatch(/its payload is not the one that was signed/);
  });

  it('is refused from somebody who has the certificate and not its key', async () => {
    const signer = makeThrowawaySigner();
    const forged = signBundle(payload, { certPem: signer.certPem, keyPem: makeThrowawaySigner().keyPem });
    expect(await refusalOf(forged, readKeyring(signer.caPem))).toMatch(
      /its signature is not that of the certificate in it/,
    );
  });

  it('is judged at the time of its signature too, where it tells that', async () => {
    const authority = issueCertificate({ name: 'authority', authority: true });
    const signer = issueCertificate({
      name: 'builder',
      issuer: authority,
      from: NOW - 10 * DAY_MS,
      until: NOW + 10 * DAY_MS,
    });
    const under = readKeyring(authority.certPem);
    const signed = (signedAt?: number) => signBundle(payload, signer, { signedAt });
    await verifyBundle(fileOf(signed()), under, NOW);
    await verifyBundle(fileOf(signed(NOW - 9 * DAY_MS)), under, NOW);
    expect(await refusalOf(signed(NOW - 11 * DAY_MS), under)).toMatch(/it was signed at 2026-12-21.*was not good/);
    expect(await refusalOf(signed(), under, NOW + 11 * DAY_MS)).toMatch(
      /the certificate of CN=builder is good from .* to /,
    );
    expect(await refusalOf(signed(), under, NOW - 11 * DAY_MS)).toMatch(
      /the certificate of CN=builder is good from .* to /,
    );
  });

  it.each([
    ['a key usage without signing', { usage: 'keyEncipherment' as const }, /not for signing: its key usage/],
    ['an extended key usage for servers', { extendedUsage: ['1.3.6.1.5.5.7.3.1'] }, /not for signing bundles/],
  ])('is refused from a certificate with %s', async (_what, wish, sentence) => {
    const authority = issueCertificate({ name: 'authority', authority: true });
    const signer = issueCertificate({ name: 'builder', issuer: authority, ...wish });
    expect(await refusalOf(signBundle(payload, signer), readKeyring(authority.certPem))).toMatch(sentence);
  });

  it.each(['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.3'])('is taken with the extended key usage %s', async (usage) => {
    const authority = issueCertificate({ name: 'authority', authority: true });
    const signer = issueCertificate({ name: 'builder', issuer: authority, extendedUsage: [usage] });
    await verifyBundle(fileOf(signBundle(payload, signer)), readKeyring(authority.certPem), NOW);
  });

  it('stands under the root over an authority between, and not under one that may not sign certificates', async () => {
    const root = issueCertificate({ name: 'root', authority: true });
    const between = issueCertificate({ name: 'between', issuer: root, authority: true });
    const signer = issueCertificate({ name: 'builder', issuer: between });
    const bundle = signBundle(payload, signer);
    await verifyBundle(fileOf(bundle), readKeyring(root.certPem + between.certPem), NOW);
    // As RAUC has it, an authority that is no root is not trusted for itself.
    expect(await refusalOf(bundle, readKeyring(between.certPem))).toMatch(/under no root of the keyring/);
    const rootAndBetween = root.certPem + between.certPem;
    const authorities = [
      signer,
      issueCertificate({ name: 'no authority', issuer: between, usage: 'keyCertSign' }),
      issueCertificate({ name: 'not for certificates', issuer: between, authority: true, usage: 'digitalSignature' }),
    ];
    for (const issuer of authorities) {
      const under = readKeyring(rootAndBetween + issuer.certPem);
      const another = issueCertificate({ name: 'another', issuer });
      expect(await refusalOf(signBundle(payload, another), under)).toMatch(/under no root of the keyring/);
    }
  });

  it('does not stand under a root that has more authorities under it than it may', async () => {
    for (const pathLength of [0, 1]) {
      const root = issueCertificate({ name: 'root', authority: true, pathLength });
      const between = issueCertificate({ name: 'between', issuer: root, authority: true });
      const bundle = signBundle(payload, issueCertificate({ name: 'builder', issuer: between }));
      const under = readKeyring(root.certPem + between.certPem);
      if (pathLength === 0) expect(await refusalOf(bundle, under)).toMatch(/under no root of the keyring/);
      else await verifyBundle(fileOf(bundle), under, NOW);
    }
  });

  it('is not taken from an authority that only bears the name of the root', async () => {
    const root = issueCertificate({ name: 'root', authority: true });
    const impostor = issueCertificate({ name: 'root', authority: true });
    const signer = issueCertificate({ name: 'builder', issuer: impostor });
    expect(await refusalOf(signBundle(payload, signer), readKeyring(root.certPem))).toMatch(/under no root/);
  });
});

it.each([
  ['', /has no certificate/],
  ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /has no certificate/],
  ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /Certificate 1 of the keyring can't be read/],
])('a keyring of %j is refused', (pem, sentence) => {
  expect(() => readKeyring(pem)).toThrow(
    expect.objectContaining({ code: 'KEYRING_UNREADABLE', message: expect.stringMatching(sentence) }),
  );
});
