import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../account/index.ts';
import { readDeclaration } from '../declaration/index.ts';
import { makePlan, partsOf, type Resolved } from '../plan/index.ts';
import { anyAccount, CLEAR_KEY } from '../testing/arbitrary.ts';
import { importAccount, writeImported } from './index.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-import-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** What the references come to when they are filled in rightly. */
function filledIn(account: Account): Resolved {
  return Object.fromEntries(
    Object.entries(account.credentials).flatMap(([id, { type, description }]) => {
      const { fingerprint, plain } = partsOf(description);
      if (fingerprint === undefined) return [];
      return [[id, { fingerprint, plain: type === 'psk' ? {} : plain }]];
    }),
  );
}

describe('an import of any account', () => {
  it('makes files that a plan has nothing to do about, and that hold no secret', () => {
    let run = 0;
    fc.assert(
      fc.property(anyAccount, (account) => {
        const imported = importAccount(account, { coverage: 'jp' });
        expect(JSON.stringify(imported)).not.toContain(CLEAR_KEY);
        const folder = join(directory, String(++run));
        writeImported(folder, imported);
        const { actions } = makePlan(readDeclaration(folder), account, filledIn(account), { prune: true });
        expect(actions).toEqual([]);
      }),
      { numRuns: 60, seed: 20_261_122 },
    );
  });

  it('tells what no file can say, and leaves it alone', () => {
    const account: Account = {
      operatorId: 'OP0012345678',
      credentials: { 'by-hand': { type: 'aws-credentials', description: '' } },
      groups: [
        {
          groupId: 'a',
          tags: { name: 'harvest' },
          configuration: {
            SoracomFunnel: {
              enabled: true,
              credentialsId: 'by-hand',
              destination: { provider: 'aws', service: 'kinesis' },
            },
            SoracomBeam: {
              'http://beam.soracom.io:18080': { enabled: true, destination: 'https://a.example', psk: CLEAR_KEY },
            },
            SoracomAir: { userdata: '#!/bin/sh' },
          },
        },
        { groupId: 'b', tags: {}, configuration: {} },
      ],
      sims: [{ simId: '8981000000000000000', imsis: [], tags: { pref: 'roof' } }],
    };
    const { notes, files } = importAccount(account, { coverage: 'g' });
    expect(notes).toEqual([
      'group b: left out, it has no name',
      "group harvest: Funnel's settings are left out: a file can't say them",
      "group harvest: its user data are left out: a file can't say them",
      "group harvest: Beam's entry point http://beam.soracom.io:18080 has its key in clear in the group: store it as a credential and name it in preSharedKey",
      'SIM 8981000000000000000: the tag pref is left out, the files would not take its value',
      "credential by-hand: what it holds can't be told, so the files leave it alone; add fields to have it stored from Vault",
    ]);
    expect(files['account.json']).toEqual({ account: { operatorId: 'OP0012345678', coverage: 'g' } });
    expect(files['sims.jsonl']).toBe('{"simId":"8981000000000000000","group":null}\n');
  });
});
