import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao } from '../../rig/index.ts';
import { ask, configure, sessionOf, siteOf, tokenWith } from './configured.ts';

const METHODS = ['GET', 'LIST', 'POST', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/** What each policy must allow. All else in the table is refused: every other method of every path below. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, readonly Method[]>>>> = {
  'tashika-worker': {
    'kv/data/tashika/event-hubs/listen': ['GET'],
    'database/creds/tashika-worker': ['GET'],
    'transit/datakey/plaintext/tashika-fields': ['POST'],
    'pki/issue/tashika-service': ['POST'],
    'sys/leases/renew': ['POST'],
  },
  'tashika-api': {
    'kv/data/tashika/beam': ['GET'],
    'database/creds/tashika-api': ['GET'],
    'transit/decrypt/tashika-fields': ['POST'],
    'transit/datakey/plaintext/tashika-fields': ['POST'],
    'pki/issue/tashika-service': ['POST'],
    'sys/leases/renew': ['POST'],
  },
  'tashika-soracom': {
    'kv/data/tashika/soracom': ['GET'],
    'kv/data/tashika/event-hubs/send': ['GET'],
    'kv/data/tashika/beam': ['GET'],
    'transit/verify/tashika-plans': ['POST'],
  },
  'tashika-rotation': {
    'kv/data/tashika/event-hubs/send': ['GET', 'POST'],
    'kv/data/tashika/event-hubs/listen': ['GET', 'POST'],
    'kv/data/tashika/rotation/send': ['GET', 'POST'],
    'kv/data/tashika/soracom': ['GET'],
  },
  'tashika-approver': {
    'transit/sign/tashika-plans': ['POST'],
    'transit/verify/tashika-plans': ['POST'],
  },
  'tashika-platform': {
    'kv/data/tashika/event-hubs/send': ['POST'],
    'kv/data/tashika/event-hubs/listen': ['POST'],
    'kv/data/tashika/beam': ['POST'],
    'kv/data/tashika/soracom': ['POST'],
    'kv/data/tashika/vault': ['GET', 'POST'],
    'kv/metadata/tashika/beam': ['GET', 'LIST'],
    'kv/metadata/tashika': ['LIST'],
    'kv/config': ['GET', 'POST'],
    'database/config/tashika': ['GET', 'POST'],
    'database/rotate-root/tashika': ['POST'],
    'database/roles/tashika-worker': ['GET', 'POST', 'DELETE'],
    'transit/keys/tashika-fields': ['GET', 'POST'],
    'transit/keys/tashika-fields/config': ['POST'],
    'pki/root/generate/internal': ['POST'],
    'pki/roles/tashika-service': ['GET', 'POST', 'DELETE'],
    'sys/policies/acl': ['LIST'],
    'sys/policies/acl/tashika-worker': ['GET', 'POST', 'DELETE'],
    'sys/mounts': ['GET'],
    'sys/mounts/kv': ['GET', 'POST'],
    'sys/auth': ['GET'],
    'sys/auth/approle': ['GET', 'POST'],
    'sys/audit': ['GET'],
    'auth/approle/role': ['LIST'],
    'auth/approle/role/tashika-worker': ['GET', 'POST'],
    'auth/approle/role/tashika-worker/role-id': ['GET'],
  },
};

/** Paths that no policy gives, each a way to more than one's own. */
const NOBODYS = [
  'kv/data/tashika/event-hubs/other',
  'kv/data/other',
  'kv/metadata/other',
  'kv/delete/tashika/beam',
  'kv/destroy/tashika/beam',
  'kv/undelete/tashika/beam',
  'database/creds/other',
  'database/static-creds/tashika',
  'transit/export/encryption-key/tashika-fields',
  'transit/backup/tashika-fields',
  'transit/rewrap/tashika-fields',
  'transit/encrypt/tashika-fields',
  'transit/decrypt/tashika-plans',
  'transit/hmac/tashika-plans',
  'pki/sign/tashika-service',
  'pki/sign-verbatim',
  'pki/issue/other',
  'pki/revoke',
  'sys/policies/acl/root',
  'sys/policies/acl/default',
  'sys/raw/core',
  'sys/seal',
  'sys/leases/lookup',
  'sys/leases/revoke-prefix/database',
  'sys/audit-hash/file',
  'auth/token/create',
  'auth/token/create-orphan',
  'auth/token/accessors',
  'identity/entity',
  'cubbyhole/any',
];

const PATHS = [...new Set([...Object.values(ALLOWED).flatMap(Object.keys), ...NOBODYS])];

describe.skipIf(!haveBao())('the policies, held by a real server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-policies-'));
  let bao: Bao;

  beforeAll(async () => {
    bao = await startBao({ directory });
    const vault = await sessionOf(bao);
    await configure(siteOf(bao), vault);
    await vault.stop();
  });

  afterAll(async () => {
    await bao?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  // The platform's own requests would take the server apart for the others: it comes last.
  it.each(Object.keys(ALLOWED))('%s may do what the table says, and nothing else', async (policy) => {
    const token = await tokenWith(bao, policy);
    const found: Record<string, readonly Method[]> = {};
    for (const path of PATHS) {
      const passed: Method[] = [];
      for (const method of METHODS) {
        const { status } = await ask(bao, token, method, path, method === 'GET' || method === 'LIST' ? undefined : {});
        if (status !== 403 && status !== 405) passed.push(method); // 405: there is no such request, whoever asks
      }
      if (passed.length > 0) found[path] = passed;
    }
    const sorted = (table: Readonly<Record<string, readonly Method[]>>) =>
      Object.fromEntries(Object.entries(table).map(([path, methods]) => [path, [...methods].sort()]));
    expect(sorted(found)).toEqual(sorted(ALLOWED[policy]!));
  });
});
