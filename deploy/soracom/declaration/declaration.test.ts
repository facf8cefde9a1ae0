import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, fleetFiles } from '../testing/fleet-files.ts';
import { readDeclaration } from './index.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-declaration-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** What is said of the files of a whole fleet with these in place of them. */
async function problemsOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  await write({ ...fleetFiles(), ...files });
  try {
    readDeclaration(directory);
  } catch (error) {
    return `${(error as { code?: string }).code} ${String(error)}`;
  }
  return 'none';
}

describe('declarative files', () => {
  it('are one declaration together, lists of SIMs with them', async () => {
    await write(fleetFiles());
    const declaration = readDeclaration(directory);
    expect(declaration).toMatchObject({
      operatorId: 'OP0012345678',
      coverage: 'jp',
      mark: 'tashika',
      requireApproval: false,
    });
    expect(Object.keys(declaration.groups)).toEqual(['fleet', 'spare']);
    expect(declaration.sims.map(({ origin }) => origin)).toEqual([
      'sims.json: sims[0]',
      'sims.csv line 2',
      'sims.csv line 3',
    ]);
    expect(declaration.sims[1]).toMatchObject({ group: 'fleet', tags: { pref: '13', name: 'Kanda, roof' } });
    expect(declaration.sims[2]!.tags).toEqual({ pref: '27' });
  });

  it('may be links, as in a mounted volume, and not what is hidden', async () => {
    await write({ ...fleetFiles(), '.data/spare.json': { groups: { linked: {} } }, '.draft.json': { no: 1 } });
    await symlink(join(directory, '.data/spare.json'), join(directory, 'linked.json'));
    expect(Object.keys(readDeclaration(directory).groups)).toEqual(['fleet', 'spare', 'linked']);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'an unknown key',
      { 'groups/spare.json': { groups: { spare: { funel: null } } } },
      'groups/spare.json: groups.spare.funel is unknown; there is tags, openMembership, funnel, beam, metadata, userData.',
    ],
    [
      'a wrong type',
      { 'groups/spare.json': { groups: { spare: { metadata: { enabled: 'yes' } } } } },
      'groups/spare.json: groups.spare.metadata.enabled must be true or false, found "yes".',
    ],
    [
      'a value out of range',
      { 'account.json': { account: { ...account, operatorId: 'OP12' } } },
      'account.json: account.operatorId must be text that matches ^OP[0-9]{10}$, found "OP12".',
    ],
    [
      'something missing',
      { 'account.json': { account: { operatorId: 'OP0012345678' } } },
      'account.json: account.coverage is missing: it must be "jp" or "g".',
    ],
    ['no account at all', { 'account.json': {} }, 'No file has account'],
    [
      'the same group twice',
      { 'more.json': { groups: { fleet: {} } } },
      'more.json: groups.fleet stands already in groups/fleet.json.',
    ],
    [
      'a group that is not there',
      { 'sims.csv': 'imsi,group\n295000000000000,flet\n' },
      'sims.csv line 2: group must be one of these files\' groups, found "flet".',
    ],
    [
      'a credential that is not there',
      { 'credentials.json': { credentials: { 'tashika-beam': { type: 'psk' } } } },
      'groups.fleet.funnel.credential must name an entry of credentials, found "tashika-send".',
    ],
    [
      'a credential of the wrong type',
      { 'credentials.json': { credentials: { 'tashika-beam': { type: 'psk' }, 'tashika-send': { type: 'psk' } } } },
      'groups.fleet.funnel.credential must name a credential of type azure-credentials; tashika-send is psk.',
    ],
    [
      'a comma that is missing',
      { 'sims.json': '{\n  "sims": []\n  "simLists": []\n}' },
      'sims.json is not JSON (line 3, column 3).',
    ],
    [
      'a SIM that stands there twice',
      { 'sims.csv': 'imsi\n295000000000002\n' },
      'sims.csv line 2: SIM 295000000000002 stands already at sims.json: sims[0].',
    ],
    [
      'a prefecture that there is none of',
      { 'sims.csv': 'imsi,tags.pref\n295000000000000,Edo\n' },
      'sims.csv line 2: the tag pref must name one of the 47 prefectures, such as "13" or "東京都", found "Edo".',
    ],
    [
      'a column that there is none of',
      { 'sims.csv': 'imsi,pref\n1,13\n' },
      'sims.csv line 1: "pref" is no column; there is imsi, simId, group, tags.NAME.',
    ],
    [
      'a line that is too short',
      { 'sims.csv': 'imsi,group\n295000000000000\n' },
      'sims.csv line 2 has 1 cells, the header has 2.',
    ],
    [
      'a quote that is not closed',
      { 'sims.csv': 'imsi,group\n"29500,fleet\n' },
      'sims.csv line 2: a quote is not closed, or stands within a cell.',
    ],
    [
      'an IMSI that is none',
      { 'sims.csv': 'imsi\n2950\n' },
      'sims.csv line 2: imsi must be text that matches ^[0-9]{14,15}$, found "2950".',
    ],
    [
      'a line that is not JSON',
      { 'sims.json': { simLists: ['sims.jsonl'] }, 'sims.jsonl': '{"imsi":"295000000000000"}\n[1]\n' },
      'sims.jsonl line 2 must be a JSON object.',
    ],
    [
      'a signature of nothing',
      {
        'groups/spare.json': {
          groups: {
            spare: {
              beam: {
                'http://beam.soracom.io:18080': { destination: 'https://a.example', headers: { signature: true } },
              },
            },
          },
        },
      },
      'headers.signature needs the header imsi or imei: they are what is signed.',
    ],
    [
      'user data that the agent would refuse',
      { 'groups/spare.json': { groups: { spare: { userData: { uplink: { batchAgeMs: -1 } } } } } },
      'groups.spare.userData would be refused by the agent: uplink.batchAgeMs must be a whole number from 0 to 3600000, in ms, found -1.',
    ],
    [
      'user data that only a device may set',
      { 'groups/spare.json': { groups: { spare: { userData: { dataDirectory: '/tmp' } } } } },
      'groups.spare.userData would be refused by the agent: dataDirectory can only be set on the device itself, not by user data.',
    ],
    [
      'the mark as a tag',
      { 'groups/spare.json': { groups: { spare: { tags: { managedBy: 'me' } } } } },
      "groups.spare.tags.managedBy can't be set",
    ],
  ])('are refused for %s, with file and place', async (_, files, problem) => {
    expect(await problemsOf(files)).toContain(problem);
  });

  it('are refused with all problems at once', async () => {
    const problems = await problemsOf({
      'account.json': { account: { ...account, coverage: 'x' } },
      'groups/spare.json': { groups: { spare: { a: 1, b: 2 } } },
      'sims.json': '{',
    });
    expect(problems.split('\n')).toHaveLength(4);
  });

  const SECRET = 'bm90LWEtcmVhbC1rZXktYnV0LWl0LWxvb2tzLWxpa2Ux';
  it.each<[string, Record<string, unknown>]>([
    [
      'a key in a field',
      {
        'credentials.json': {
          credentials: { 'tashika-send': { type: 'azure-credentials', fields: { policyName: 'a', key: SECRET } } },
        },
      },
    ],
    [
      'a key in a field, of the wrong type around it',
      { 'credentials.json': { credentials: { 'tashika-send': { type: 1, fields: { key: [SECRET] } } } } },
    ],
    [
      'a connection string',
      { 'groups/spare.json': { groups: { spare: { userData: { a: `Endpoint=sb://x/;SharedAccessKey=${SECRET}` } } } } },
    ],
    [
      'a pre-shared key',
      {
        'groups/spare.json': {
          groups: {
            spare: {
              beam: { 'http://beam.soracom.io:18080': { destination: 'https://a.example', preSharedKey: SECRET } },
            },
          },
        },
      },
    ],
    [
      'an address with a password',
      {
        'groups/spare.json': {
          groups: {
            spare: { beam: { 'http://beam.soracom.io:18080': { destination: `https://user:${SECRET}@a.example` } } },
          },
        },
      },
    ],
    ['a secret in a list of SIMs', { 'sims.csv': `imsi,tags.password\n295000000000000,${SECRET}\n` }],
    ['a broken file', { 'more.json': `{"credentials": ${SECRET}` }],
  ])('are refused for a secret in clear, and do not show it: %s', async (_, files) => {
    const problems = await problemsOf(files);
    expect(problems).toMatch(/CONFIG_|no secret stands in a file|is not JSON|not shown/);
    expect(problems).not.toContain(SECRET.slice(0, 12));
  });
});
