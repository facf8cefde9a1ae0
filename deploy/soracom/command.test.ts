import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, fleetFiles, SECRETS } from './testing/fleet-files.ts';
import { Rig, simOf } from './testing/rig.ts';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start();
  Object.assign(rig.env, SECRETS);
  await rig.write(fleetFiles());
});
afterEach(() => rig.close());

const FOLDER = { directory: '.' };

/** Everything that a command may say without giving a secret away. */
function expectNoSecretIn(text: string): void {
  for (const secret of [...Object.values(SECRETS), rig.api.authKey.authKey]) expect(text).not.toContain(secret);
}

describe('a plan', () => {
  it('shows a person what is new, field by field, with secrets by their fingerprints', async () => {
    const { out, code, everything } = await rig.run('plan', FOLDER);
    expect(code).toBe(0);
    expect(out).toContain('Operator OP0012345678, coverage jp: 4 to create, 3 to change, 0 to delete, in 9 requests.');
    expect(out).toMatch(/\+ credential tashika-send\n {4}type +"azure-credentials"/);
    expect(out).toContain(`key          ${fingerprintOf(SECRETS.SEND_KEY)}`);
    expect(out).toMatch(/\+ group fleet\n[^+]*SoracomFunnel\.destination\.resourceUrl +"https:\/\/ns\.servicebus/);
    expect(out).toMatch(/userData\.uplink\.batchAgeMs +5000/);
    expect(out).toMatch(new RegExp(`~ SIM ${simOf(0).imsi}\\n[^~]*group +"fleet"`));
    expectNoSecretIn(everything);
  });

  it('changes nothing', async () => {
    const before = rig.state();
    await rig.run('plan', FOLDER);
    expect(rig.state()).toEqual(before);
  });

  it('ends with 3 where it was asked to and there is something to do, and with 0 where there is nothing', async () => {
    expect((await rig.run('plan', { ...FOLDER, 'exit-code': true })).code).toBe(3);
    await rig.run('apply', { what: '.' });
    expect((await rig.run('plan', { ...FOLDER, 'exit-code': true })).code).toBe(0);
  });

  it('stands SIMs with the same changes together', async () => {
    await rig.write({ 'sims.json': { sims: [0, 1, 2].map((n) => ({ imsi: simOf(n).imsi, group: 'spare' })) } });
    expect((await rig.run('plan', FOLDER)).out).toContain(
      `~ 3 SIMs: ${[0, 1, 2].map((n) => simOf(n).imsi).join(', ')}`,
    );
  });

  it('needs no secret where it is told to look none up, and says so by leaving keys out', async () => {
    await rig.run('apply', { what: '.' });
    delete rig.env.SEND_KEY;
    const { out, code } = await rig.run('plan', { ...FOLDER, 'without-secrets': true });
    expect([code, out]).toEqual([0, 'Operator OP0012345678, coverage jp: nothing to do.']);
  });
});

describe('an apply', () => {
  it('brings the account to what the files say, and has nothing to do the second time', async () => {
    const { code, answer, everything } = await rig.run('apply', { what: '.' });
    expect(code).toBe(0);
    expect(answer).toMatchObject({ done: 9, summary: { create: 4, change: 3, delete: 0 } });
    expect(rig.state()).toMatchObject({
      credentials: [
        { id: 'tashika-beam', type: 'psk', content: { key: SECRETS.BEAM_KEY } },
        {
          id: 'tashika-send',
          description: `Send key for Funnel [tashika policyName=soracom-send ${fingerprintOf(SECRETS.SEND_KEY)}]`,
          content: { policyName: 'soracom-send', key: SECRETS.SEND_KEY },
        },
      ],
      groups: [
        {
          id: 'fleet',
          tags: { name: 'fleet', team: 'field', managedBy: 'tashika' },
          configuration: {
            SoracomFunnel: { enabled: true, credentialsId: 'tashika-send', contentType: 'json' },
            SoracomBeam: {
              'http://beam.soracom.io:18080': { addSignature: true, psk: { $credentialsId: 'tashika-beam' } },
            },
            SoracomAir: { metadata: { enabled: true, readonly: true } },
          },
        },
        { id: 'spare' },
      ],
      sims: [
        { group: 'fleet', tags: { pref: '13', name: 'Kanda, roof', managedBy: 'tashika' } },
        { group: 'spare', tags: { pref: '27' } },
        { group: undefined, tags: { state: 'shelf' } },
      ],
    });
    expectNoSecretIn(everything);
    const again = await rig.run('apply', { what: '.' });
    expect([again.code, again.answer.done]).toEqual([0, 0]);
  });

  it('does nothing when the person says no', async () => {
    const before = rig.state();
    const { code, out } = await rig.run('apply', { what: '.' }, { yes: false });
    expect([code, rig.state()]).toEqual([1, before]);
    expect(out).toContain('Nothing was changed.');
  });

  it('leaves what it does not know in the values that it changes', async () => {
    await rig.run('apply', { what: '.' });
    const [fleet] = rig.api.state.settings.groups;
    const entry = 'http://beam.soracom.io:18080';
    const beam = fleet!.configuration.SoracomBeam as Record<string, object>;
    rig.api.state.change((settings) => ({
      ...settings,
      groups: settings.groups.map((group) =>
        group === fleet
          ? {
              ...group,
              configuration: {
                ...group.configuration,
                SoracomBeam: { [entry]: { ...beam[entry], enabled: false, skipStatusCode: true } },
              },
            }
          : group,
      ),
    }));
    await rig.run('apply', { what: '.' });
    expect(rig.api.state.settings.groups[0]!.configuration.SoracomBeam![entry]).toMatchObject({
      enabled: true,
      skipStatusCode: true,
    });
  });

  it('takes away with --prune what it made and no file names any more, and nothing else', async () => {
    await rig.run('apply', { what: '.' });
    const { createDateTime, updateDateTime } = rig.api.state.settings.credentials[0]!;
    rig.api.state.change((settings) => ({
      ...settings,
      credentials: [
        ...settings.credentials,
        { credentialsId: 'by-hand', type: 'psk', credentials: { key: 'k' }, createDateTime, updateDateTime },
      ],
    }));
    await rig.write({ 'groups/spare.json': {}, 'sims.csv': `imsi,group\n${simOf(0).imsi},fleet\n` });
    const kept = await rig.run('apply', { what: '.' });
    expect(kept.answer.done).toBe(0);
    expect(kept.out).toContain('In no file, and bearing the mark; --prune takes them away:');
    const pruned = await rig.run('apply', { what: '.', prune: true });
    expect([pruned.code, pruned.error]).toEqual([0, undefined]);
    expect(rig.api.state.settings.groups.map(({ tags }) => tags.name)).toEqual(['fleet']);
    expect(rig.api.state.settings.credentials.map(({ credentialsId }) => credentialsId)).toContain('by-hand');
    expect(rig.api.state.settingsOf(simOf(1))).toMatchObject({ tags: { pref: '27' } });
    expect(rig.api.state.settingsOf(simOf(1))!.tags).not.toHaveProperty('managedBy');
  });

  it('keeps a marked group that a SIM of nobody is still in', async () => {
    await rig.run('apply', { what: '.' });
    const spare = rig.api.state.settings.groups.find(({ tags }) => tags.name === 'spare')!;
    rig.api.state.change((settings) => ({
      ...settings,
      sims: new Map(settings.sims).set(simOf(1).imsi, { groupId: spare.groupId, tags: {}, lastModifiedTime: 0 }),
    }));
    await rig.write({ 'groups/spare.json': {}, 'sims.csv': `imsi,group\n${simOf(0).imsi},fleet\n` });
    const { out, code } = await rig.run('apply', { what: '.', prune: true });
    expect(code).toBe(0);
    expect(out).toContain('group spare (kept: 1 SIMs that no file names are in it)');
    expect(rig.api.state.settings.groups).toHaveLength(2);
  });
});

describe('drift', () => {
  beforeEach(() => rig.run('apply', { what: '.' }));

  it('is none after an apply', async () => {
    expect((await rig.run('drift', FOLDER)).code).toBe(0);
  });

  it('is found in a field that somebody changed, and ends with 3', async () => {
    rig.api.state.change((settings) => ({
      ...settings,
      groups: settings.groups.map((group) => ({ ...group, tags: { ...group.tags, team: 'nobody' } })),
    }));
    const { code, out } = await rig.run('drift', FOLDER);
    expect(code).toBe(3);
    expect(out).toMatch(/~ group fleet\n {4}tags\.team +"nobody" → "field"/);
  });

  it('is found in a secret that nobody can read, by its fingerprint', async () => {
    rig.env.SEND_KEY = 'another-key-that-was-put-into-the-vault';
    const { code, out, everything } = await rig.run('drift', FOLDER);
    expect(code).toBe(3);
    expect(out).toContain(`key  changed (${fingerprintOf(SECRETS.SEND_KEY)} → ${fingerprintOf(rig.env.SEND_KEY)})`);
    expect(everything).not.toContain(rig.env.SEND_KEY);
  });

  it('is found in a SIM that somebody put into a group of the files', async () => {
    const fleet = rig.api.state.settings.groups.find(({ tags }) => tags.name === 'fleet')!;
    await rig.write({ 'sims.json': { simLists: ['sims.csv'] } });
    rig.api.state.change((settings) => ({
      ...settings,
      sims: new Map(settings.sims).set(simOf(2).imsi, { groupId: fleet.groupId, tags: {}, lastModifiedTime: 0 }),
    }));
    const { code, out } = await rig.run('drift', FOLDER);
    expect(code).toBe(3);
    expect(out).toContain(`In no file, and left alone:\n    SIM ${simOf(2).imsi} in the group fleet`);
  });
});

describe('an import', () => {
  it('writes files without secrets that a plan has nothing to do about, once the references are filled in', async () => {
    await rig.run('apply', { what: '.' });
    const { code, out } = await rig.run('import', { directory: 'imported', coverage: 'jp' });
    expect(code).toBe(0);
    expect(out).toContain('groups/fleet.json');
    const files = await Promise.all(
      ['credentials.json', 'groups/fleet.json', 'sims.jsonl'].map((file) =>
        readFile(join(rig.directory, 'imported', file), 'utf8'),
      ),
    );
    expectNoSecretIn(files.join(''));
    Object.assign(rig.env, {
      TASHIKA_SECRET_TASHIKA_SEND: SECRETS.SEND_KEY,
      TASHIKA_SECRET_TASHIKA_BEAM: SECRETS.BEAM_KEY,
    });
    const plan = await rig.run('plan', { directory: 'imported' });
    expect(plan.out).toBe('Operator OP0012345678, coverage jp: nothing to do.');
    expect((await rig.run('drift', { directory: 'imported', 'without-secrets': true })).code).toBe(0);
  });

  it('overwrites nothing', async () => {
    const { error } = await rig.run('import', { directory: '.', coverage: 'jp' });
    expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', message: expect.stringContaining('it is not empty') });
  });
});

describe('the schema of the files', () => {
  it('is printed for an editor, each field with what it means', async () => {
    const { answer } = await rig.run('schema', {});
    expect(answer.properties.groups.patternProperties['^.{1,255}$'].properties.userData.description).toContain(
      'edge/CONFIGURATION.md',
    );
    expect(answer.additionalProperties).toBe(false);
  });
});

describe('what stops before harm', () => {
  const untouched = async (name: string, args: Record<string, string | boolean>) => {
    const before = rig.state();
    const said = await rig.run(name, args);
    expect(rig.state()).toEqual(before);
    expectNoSecretIn(said.everything);
    return said.error;
  };

  it('is a plan against the wrong account: nothing but the login is sent', async () => {
    await rig.write({ 'account.json': { account: { ...account, operatorId: 'OP0099999999' } } });
    expect(await untouched('apply', { what: '.' })).toMatchObject({
      code: 'SORACOM_WRONG_ACCOUNT',
      message:
        'The key is of operator OP0012345678, and this is for OP0099999999. Nothing but the login was sent: use a key of OP0099999999.',
    });
    expect(rig.api.state.audit.newest().map(({ path }) => path)).toEqual(['/v1/auth']);
  });

  it('is the API of the other coverage, and plain HTTP to another machine', async () => {
    rig.env.SORACOM_ENDPOINT = 'https://g.api.soracom.io';
    expect(await untouched('plan', FOLDER)).toMatchObject({ code: 'SORACOM_WRONG_ACCOUNT' });
    rig.env.SORACOM_ENDPOINT = 'http://api.example';
    expect(await untouched('plan', FOLDER)).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(rig.api.state.audit.newest()).toEqual([]);
  });

  it('is a group over 8 KB, with what is large in it', async () => {
    const entries = Array.from({ length: 9 }, (_, n) => [
      `http://beam.soracom.io:8888/${n}`,
      { name: String(n).repeat(900), destination: 'https://cloud.example' },
    ]);
    await rig.write({ 'groups/spare.json': { groups: { spare: { beam: Object.fromEntries(entries) } } } });
    const { code, message } = (await untouched('apply', { what: '.' })) as { code: string; message: string };
    expect(code).toBe('SORACOM_GROUP_TOO_LARGE');
    expect(message).toMatch(
      /^The configuration of the group spare would take \d{4,5} bytes; SORACOM takes 8000 \(8 KB\) .* SoracomBeam\.http:\/\/beam\.soracom\.io:8888\/0 1\d{3}, .*Nothing was sent\.$/,
    );
  });

  it('is a secret that is not there', async () => {
    delete rig.env.BEAM_KEY;
    expect(await untouched('apply', { what: '.' })).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'The variable BEAM_KEY is not set; the credential tashika-beam refers to it.',
    });
    expect(rig.api.state.audit.newest()).toEqual([]);
  });

  it('is a SIM that the account does not have, with its line', async () => {
    await rig.write({ 'sims.csv': 'imsi,group\n295009999999999,fleet\n' });
    expect(await untouched('apply', { what: '.' })).toMatchObject({
      code: 'SORACOM_SIM_UNKNOWN',
      message: 'sims.csv line 2: the account has no SIM 295009999999999.',
    });
  });

  it('is a name that two groups have', async () => {
    await rig.run('apply', { what: '.' });
    rig.api.state.change((settings) => ({
      ...settings,
      groups: [...settings.groups, { ...settings.groups[0]!, groupId: 'second' }],
    }));
    expect(await untouched('apply', { what: '.' })).toMatchObject({ code: 'SORACOM_AMBIGUOUS' });
  });

  it('is a key that SORACOM refuses, which is not shown', async () => {
    rig.env.SORACOM_AUTH_KEY = 'secret-that-is-not-the-right-one';
    const said = await rig.run('plan', FOLDER);
    expect(said.error).toMatchObject({ code: 'SORACOM_DENIED' });
    expect(said.everything).not.toContain('secret-that-is-not-the-right-one');
  });
});
