import { TashikaError } from '@tashika/shared/errors';
import { describe, expect, it } from 'vitest';
import { type Journal, journalFields, journalOf } from './journal.ts';
import { adoptKey, type KvSession, VaultKeyInKv } from './vault-key.ts';

/** A key-value engine in memory. */
function kvWith(secrets: Record<string, Record<string, string>>): KvSession & { readonly secrets: typeof secrets } {
  const versions = new Map(Object.keys(secrets).map((path) => [path, 1]));
  return {
    secrets,
    readKv: async (path) => secrets[path] && { data: secrets[path], version: versions.get(path)! },
    writeKv: async (path, data, { cas } = {}) => {
      const version = versions.get(path) ?? 0;
      if (cas !== undefined && cas !== version)
        throw new TashikaError('VAULT_CHANGED_MEANWHILE', 'Somebody else wrote it.');
      secrets[path] = { ...data };
      versions.set(path, version + 1);
      return version + 1;
    },
  };
}

const SEND = 'kv/tashika/event-hubs/send';
const LISTEN = 'kv/tashika/event-hubs/listen';
const AZURES = 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=new==';

describe("a rule's key in Vault", () => {
  it('of the Send rule is a field; another key takes its place, and all else stays', async () => {
    const kv = kvWith({ [SEND]: { policyName: 'send', key: 'old', owner: 'platform' } });
    const key = new VaultKeyInKv(kv, 'send');
    expect(await key.read()).toEqual({ key: 'old', policyName: 'send', version: 1 });
    await key.write('new', 1);
    expect(kv.secrets[SEND]).toEqual({ policyName: 'send', key: 'new', owner: 'platform' });
  });

  it('of the Listen rule is a part of a connection string, whatever its order, case and signs', async () => {
    const connectionString =
      'SharedAccessKey=o/l+d==;Endpoint=sb://127.0.0.1:5672;sharedaccesskeyname=listen;UseDevelopmentEmulator=true';
    const kv = kvWith({ [LISTEN]: { connectionString } });
    const key = new VaultKeyInKv(kv, 'listen');
    expect(await key.read()).toEqual({ key: 'o/l+d==', policyName: 'listen', version: 1 });
    await key.write('$&n/e+w==', 1);
    expect(kv.secrets[LISTEN]!.connectionString).toBe(
      'SharedAccessKey=$&n/e+w==;Endpoint=sb://127.0.0.1:5672;sharedaccesskeyname=listen;UseDevelopmentEmulator=true',
    );
  });

  it('is not overwritten where somebody else wrote it meanwhile', async () => {
    const kv = kvWith({ [SEND]: { policyName: 'send', key: 'old' } });
    const key = new VaultKeyInKv(kv, 'send');
    await key.write('by somebody', 1);
    await expect(key.write('new', 1)).rejects.toMatchObject({ code: 'VAULT_CHANGED_MEANWHILE' });
    expect(kv.secrets[SEND]!.key).toBe('by somebody');
  });

  it.each([
    ['send', SEND, { policyName: 'send' }, 'has no key'],
    ['listen', LISTEN, { connectionString: 'Endpoint=sb://x/' }, 'has no SharedAccessKey'],
    ['listen', LISTEN, {}, 'has no connectionString'],
  ] as const)('of the %s rule that lacks a part is named', async (rule, path, fields, sentence) => {
    await expect(new VaultKeyInKv(kvWith({ [path]: fields }), rule).read()).rejects.toMatchObject({
      code: 'VAULT_SECRET_MISSING',
      message: expect.stringContaining(sentence),
    });
  });

  it('is adopted as the first one, or in the place of one that Azure does not know', async () => {
    const adopted = { policyName: 'listen', key: 'new==', connectionString: AZURES };
    const empty = kvWith({});
    await adoptKey(empty, 'listen', adopted);
    await adoptKey(empty, 'send', { ...adopted, policyName: 'send' });
    expect(empty.secrets).toEqual({
      [LISTEN]: { connectionString: AZURES },
      [SEND]: { policyName: 'send', key: 'new==' },
    });
    const connectionString = 'Endpoint=sb://alias/;SharedAccessKeyName=root;SharedAccessKey=old;EntityPath=telemetry';
    const there = kvWith({ [LISTEN]: { connectionString } });
    await adoptKey(there, 'listen', adopted);
    expect(there.secrets[LISTEN]!.connectionString).toBe(
      'Endpoint=sb://alias/;SharedAccessKeyName=listen;SharedAccessKey=new==;EntityPath=telemetry',
    );
  });
});

describe('an adopted key', () => {
  const adopted = { policyName: 'listen', key: 'new==', connectionString: AZURES };

  it.each(['Endpoint=sb://x/', 'Endpoint=sb://x/;SharedAccessKeyName=listen', 'SharedAccessKey=old'])(
    'comes with all of Azure’s connection string where Vault has %s, which lacks a part',
    async (connectionString) => {
      const kv = kvWith({ [LISTEN]: { connectionString, owner: 'platform' } });
      await adoptKey(kv, 'listen', adopted);
      expect(kv.secrets[LISTEN]).toEqual({ connectionString: AZURES, owner: 'platform' });
    },
  );

  it('takes the place of a secret that was deleted, which has a version still', async () => {
    const kv = kvWith({ [LISTEN]: { connectionString: AZURES } });
    delete kv.secrets[LISTEN];
    await adoptKey(kv, 'listen', adopted);
    expect(kv.secrets[LISTEN]).toEqual({ connectionString: AZURES });
  });
});

describe('a journal in Vault', () => {
  const begun: Journal = {
    resource: '/subscriptions/s',
    run: 'host-1-abcd',
    begunAt: Date.UTC(2026, 0, 31),
    finishedAt: undefined,
    heldUntil: Date.UTC(2026, 0, 31, 0, 1),
    begun: { inUse: 'secondary', before: { primary: 'sha256:0', secondary: 'sha256:1' } },
  };

  it('is read as it was written, begun or finished', () => {
    const finished = { ...begun, begun: undefined, finishedAt: Date.UTC(2026, 0, 31, 1), heldUntil: 0 };
    for (const journal of [begun, finished]) expect(journalOf(journalFields(journal), 'p')).toEqual(journal);
  });

  it.each(['resource', 'run', 'begunAt', 'heldUntil', 'inUse', 'primaryBefore', 'secondaryBefore'])(
    'without %s is none, and is not gone by',
    (field) => {
      const { [field]: _, ...fields } = journalFields(begun);
      expect(() => journalOf(fields, 'kv/tashika/rotation/send')).toThrow(
        /kv\/tashika\/rotation\/send in Vault holds no journal/,
      );
    },
  );
});
