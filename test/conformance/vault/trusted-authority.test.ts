import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault } from '@tashika/cloud/secrets';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../../rig/index.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(!haveCommand('openssl'))('a Vault with a certificate of its own authority', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-authority-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const tokens: (string | undefined)[] = [];
  let server: Server;
  let port: number;

  beforeAll(async () => {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
        ...['-subj', '/CN=vault', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      tokens.push(request.headers['x-vault-token'] as string | undefined);
      response.end(JSON.stringify({ data: { ttl: 0 } }));
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterAll(async () => {
    await new Promise((resolve) => server?.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  function session(host: string, caFile?: string) {
    const auth = { method: 'token', token: 's.hush' } as const;
    const settings = { address: `https://${host}:${port}`, auth, ...(caFile !== undefined && { caFile }) };
    return openVault(settings, { clock: systemClock, logger: quiet });
  }

  it('is trusted by the file that names the authority', async () => {
    const vault = await session('127.0.0.1', certificate);
    expect((await vault.read('a')).data).toEqual({ ttl: 0 });
    await vault.stop();
    expect(tokens).toEqual(['s.hush', 's.hush']);
  });

  it.each([
    ['without that file', '127.0.0.1', undefined, /self-signed certificate/],
    ['under another name', 'localhost', certificate, /altnames/],
  ])('is not told the token %s', async (_, host, caFile, reason) => {
    tokens.length = 0;
    process.env.VAULT_SKIP_VERIFY = '1'; // a switch that would be read by the library
    try {
      await expect(session(host, caFile)).rejects.toMatchObject({
        code: 'VAULT_UNREACHABLE',
        message: expect.stringMatching(reason),
      });
    } finally {
      delete process.env.VAULT_SKIP_VERIFY;
    }
    expect(tokens).toEqual([]);
  });

  it('is not asked at all where the file can not be read', async () => {
    await expect(session('127.0.0.1', join(directory, 'absent.pem'))).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(/absent\.pem/),
    });
  });
});
