import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createWorkerApi, listen, type WorkerApiOptions } from '@tashika/cloud/api';
import { TestClock } from '@tashika/shared/time';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao, until } from '../../rig/index.ts';
import { ask, configure, sessionOf, siteOf, tokenWith } from './configured.ts';

type WorkerApi = Awaited<ReturnType<typeof createWorkerApi>>;

const HEALTH = fileURLToPath(new URL('../../../deploy/container/health.mjs', import.meta.url));
const NAME = 'worker.tashika.internal';

interface Issued {
  readonly certificate: string;
  readonly private_key: string;
  readonly issuing_ca: string;
}

describe.skipIf(!haveBao())('a service certificate that Vault issues', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-certificate-'));
  const certFile = join(directory, 'service.crt');
  const keyFile = join(directory, 'service.key');
  const clock = new TestClock();
  let warnings: string[];
  let bao: Bao;
  let token: string;
  let app: WorkerApi;

  beforeAll(async () => {
    bao = await startBao({ directory });
    const vault = await sessionOf(bao);
    await configure(siteOf(bao), vault);
    await vault.stop();
    token = await tokenWith(bao, 'tashika-worker');
  });

  beforeEach(async () => {
    warnings = [];
    write(await issued());
    app = await served();
  });

  afterEach(() => app.close());

  afterAll(async () => {
    await bao?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function issued(): Promise<Issued> {
    const { body } = await ask(bao, token, 'POST', 'pki/issue/tashika-service', { common_name: NAME });
    return body.data as unknown as Issued;
  }

  function write({ certificate, private_key }: Issued): void {
    for (const [file, text] of [
      [certFile, certificate],
      [keyFile, private_key],
    ] as const) {
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
  }

  async function served(): Promise<WorkerApi> {
    const logger = {
      child: () => logger,
      level: 'info',
      fatal() {},
      error() {},
      info() {},
      debug() {},
      trace() {},
      silent() {},
      warn: ({ error }: { error: string }) => warnings.push(error),
    };
    // What is asked here is told by neither store nor metrics.
    const options = { store: {}, metrics: {}, clock, logger, stalledAfterMs: 1000, tls: { certFile, keyFile } };
    const made = await createWorkerApi(options as unknown as WorkerApiOptions);
    expect(await listen(made, { host: '127.0.0.1', port: 0 }, 'worker')).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    return made;
  }

  /** A new connection of one who trusts Vault's root and nobody else. */
  async function connected(
    options: { readonly ca?: string; readonly maxVersion?: 'TLSv1.1' } = {},
  ): Promise<TLSSocket> {
    const { port } = app.server.address() as AddressInfo;
    const ca = options.ca ?? (await issued()).issuing_ca;
    const socket = connect({ host: '127.0.0.1', port, servername: NAME, ...options, ca });
    await once(socket, 'secureConnect');
    return socket;
  }

  async function serialServed(): Promise<string> {
    const socket = await connected();
    const { serialNumber } = socket.getPeerX509Certificate()!;
    socket.destroy();
    return serialNumber;
  }

  it('is what the program answers with, to who trusts the root', async () => {
    const socket = await connected();
    socket.write(`GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const part of socket) answer += part;
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    await expect(connected({ maxVersion: 'TLSv1.1' })).rejects.toThrow();
  });

  it('is taken anew without a restart, and an open connection goes on', async () => {
    const before = await connected();
    const next = await issued();
    write(next);
    await clock.advance(10_000);
    const expected = new X509Certificate(next.certificate).serialNumber;
    await until('the new certificate to be served', async () => (await serialServed()) === expected);
    before.write(`GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(before, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("is no hindrance to the image's own check, which asks its own machine", async () => {
    const { port } = app.server.address() as AddressInfo;
    const health = async (env: Readonly<Record<string, string>>) => {
      const asking = spawn(process.execPath, [HEALTH], { env: { TASHIKA_CLOUD_WORKER_PORT: String(port), ...env } });
      return (await once(asking, 'exit'))[0];
    };
    expect(await health({ TASHIKA_CLOUD_WORKER_TLS_CERT_FILE: certFile, TASHIKA_CLOUD_API_PORT: '1' })).toBe(0);
    expect(await health({ TASHIKA_CLOUD_API_PORT: '1' })).toBe(1); // plain HTTP is not answered
  });

  it('that does not fit its key is told of once, and the former one stays', async () => {
    const former = await serialServed();
    const [one, other] = [await issued(), await issued()];
    write({ ...one, private_key: other.private_key });
    for (let looked = 0; looked < 3; looked++) {
      await clock.advance(10_000);
      await until('it to look again', () => clock.pending > 0);
    }
    expect(warnings).toEqual([`${keyFile} is not the key of the certificate in ${certFile}.`]);
    expect(await serialServed()).toBe(former);
    write(one);
    await clock.advance(10_000);
    const expected = new X509Certificate(one.certificate).serialNumber;
    await until('the mended one to be served', async () => (await serialServed()) === expected);
  });

  it.each([
    ['there is none', () => rmSync(certFile), /service\.crt can't be read/],
    ['it is no certificate', () => writeFileSync(certFile, 'none'), /service\.crt holds no certificate in PEM/],
    ['its key is no key', () => writeFileSync(keyFile, 'of-nothing'), /service\.key holds no private key in PEM/],
  ])('stops the start where %s, and shows nothing of it', async (_, spoil, sentence) => {
    spoil();
    const error = await served().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(sentence) });
    expect(String((error as Error).stack)).not.toContain('of-nothing');
  });
});
