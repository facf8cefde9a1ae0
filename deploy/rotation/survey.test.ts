import { fingerprintOf } from '@tashika/shared/fingerprint';
import { describe, expect, it } from 'vitest';
import { describeSurvey } from './description.ts';
import { rotate, survey } from './rotate.ts';
import { World } from './testing/world.ts';

const WHERE = { resource: '/subscriptions/s/rules/rule', vaultPath: 'kv/…', credentialId: 'event-hubs-send' };

const optionsOf = (world: World) => ({ rule: world.rule, ports: world.ports(), clock: world.clock });

/** What a survey and a run are refused with; neither may have written anything. */
async function refusalOf(world: World): Promise<{ code: string; message: string }> {
  const run = { ...optionsOf(world), run: 'run', proveWithinMs: 0, lookEveryMs: 0 };
  const [first, second] = await Promise.all(
    [survey(optionsOf(world)), rotate(run)].map((attempt) =>
      attempt.then(
        () => {
          throw new Error('It was not refused.');
        },
        (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
      ),
    ),
  );
  expect(second).toEqual(first);
  expect(world.writes).toEqual([]);
  return first!;
}

function described(description: string): World {
  const world = new World('send');
  world.soracom = { key: 'primary-0', description };
  return world;
}

describe('a look at a rotation', () => {
  it('tells each step by fingerprints, changes nothing, and shows no key', async () => {
    const world = new World('send');
    const text = describeSurvey(await survey(optionsOf(world)), WHERE);
    const [primary, secondary] = [fingerprintOf('primary-0'), fingerprintOf('secondary-0')];
    expect(text.split('\n')).toEqual([
      'Rule send: /subscriptions/s/rules/rule',
      `  Azure    ${primary} (primary), ${secondary} (secondary)`,
      `  Vault    ${primary} (primary), at kv/…`,
      `  SORACOM  ${primary} (primary), in credential event-hubs-send`,
      '  1. Note in Vault what is set out from; the primary key is in use',
      '  2. Wait until SORACOM is seen to send with the primary key',
      '  3. Have Azure make a new secondary key; the one that is there ends, and nobody uses it',
      '  4. Put the new secondary key into Vault',
      "  5. Put the new secondary key into SORACOM's credential store",
      '  6. Wait until SORACOM is seen to send with the secondary key',
      '  7. Have Azure make a new primary key; the one that is there ends, and nobody uses it',
      '  8. Note in Vault that it is done',
    ]);
    expect(text).not.toMatch(/(primary|secondary)-0/);
    expect(world.writes).toEqual([]);
  });

  it('tells what is left of one that was killed', async () => {
    const world = new World('listen');
    const ports = world.ports((_, what) => (what === 'vault' ? 'killed-after' : 'done'));
    await rotate({ ...optionsOf(world), ports, run: 'run', proveWithinMs: 60_000, lookEveryMs: 5_000 }).catch(() => {});
    const text = describeSurvey(await survey(optionsOf(world)), { ...WHERE, credentialId: undefined });
    expect(text.split('\n').slice(3)).toEqual([
      expect.stringMatching(/^ {2}A rotation was begun 2026-01-31T12:\d\d:\d\d\.\d{3}Z and is gone on with:$/),
      '  1. Wait until every worker is seen to read with the secondary key',
      '  2. Have Azure make a new primary key; the one that is there ends, and nobody uses it',
      '  3. Note in Vault that it is done',
    ]);
  });
});

describe('a rotation is refused before it has begun', () => {
  it.each([
    [['Listen', 'Manage', 'Send'], 'has the rights Listen, Manage, Send'],
    [['Listen'], 'has the rights Listen;'],
    [[], 'has the rights (none)'],
  ])('where the rule to send with has the rights %j', async (rights, sentence) => {
    const world = new World('send');
    world.rights = rights;
    expect(await refusalOf(world)).toEqual({ code: 'ROTATION_REFUSED', message: expect.stringContaining(sentence) });
  });

  it("where Vault's key is of a rule with another name", async () => {
    const world = new World('listen');
    world.policyName = 'RootManageSharedAccessKey';
    expect(await refusalOf(world)).toEqual({
      code: 'ROTATION_REFUSED',
      message: expect.stringContaining("is of rule 'RootManageSharedAccessKey'"),
    });
  });

  it('where Vault has no key, and says how to put one there', async () => {
    const world = new World('listen');
    world.vault = undefined;
    expect(await refusalOf(world)).toEqual({
      code: 'VAULT_SECRET_MISSING',
      message: expect.stringContaining('tashika rotate adopt-event-hubs-key --rule listen'),
    });
  });

  it("where Vault's key was changed by hand: its fingerprint, Azure's, and what to do", async () => {
    const world = new World('send');
    world.vault = { key: 'by-hand', version: 7 };
    const { code, message } = await refusalOf(world);
    expect(code).toBe('ROTATION_KEY_UNKNOWN');
    for (const key of ['by-hand', 'primary-0', 'secondary-0']) {
      expect(message).toContain(fingerprintOf(key));
      expect(message).not.toContain(key);
    }
    expect(message).toContain('tashika rotate adopt-event-hubs-key --rule send');
  });

  it.each([
    ['has no fingerprint', 'The key of Funnel', 'made by hand'],
    ['has the fingerprint of no key of the rule', `x ${fingerprintOf('by-hand')}`, fingerprintOf('by-hand')],
  ])("where SORACOM's credential %s", async (_, description, sentence) => {
    const { code, message } = await refusalOf(described(description));
    expect([code, message]).toEqual(['ROTATION_KEY_UNKNOWN', expect.stringContaining(sentence)]);
    expect(message).toContain('tashika soracom apply');
  });

  it('where Vault and SORACOM have one each of the two keys, so that none is free', async () => {
    expect(await refusalOf(described(`x ${fingerprintOf('secondary-0')}`))).toEqual({
      code: 'ROTATION_REFUSED',
      message: expect.stringContaining('tashika soracom apply'),
    });
  });

  it('where no group sends with the credential, or there is none', async () => {
    const unused = new World('send');
    unused.usedBy = [];
    expect(await refusalOf(unused)).toEqual({
      code: 'ROTATION_REFUSED',
      message: expect.stringContaining("No group sends through Funnel with SORACOM's credential 'event-hubs-send'"),
    });
    const missing = new World('send');
    const ports = missing.ports();
    missing.soracom = undefined;
    await expect(survey({ ...optionsOf(missing), ports })).rejects.toMatchObject({
      code: 'ROTATION_REFUSED',
      message: expect.stringContaining("SORACOM has no credential 'event-hubs-send'"),
    });
  });

  it('where one of another rule is not finished', async () => {
    const world = new World('listen');
    const ports = world.ports((_, what) => (what === 'vault' ? 'killed-before' : 'done'));
    await rotate({ ...optionsOf(world), ports, run: 'run', proveWithinMs: 0, lookEveryMs: 0 }).catch(() => {});
    const elsewhere = { ...world.ports(), azure: { ...world.ports().azure, resource: '/subscriptions/other/rule' } };
    await expect(survey({ ...optionsOf(world), ports: elsewhere })).rejects.toMatchObject({
      code: 'ROTATION_REFUSED',
      message: expect.stringContaining('/subscriptions/s/rules/rule was begun'),
    });
  });
});

it('a rotation whose key in use was made anew by somebody else says so, and is done once that key is adopted', async () => {
  const world = new World('listen');
  const ports = world.ports((_, what) => (what === 'vault' ? 'killed-before' : 'done'));
  const run = { ...optionsOf(world), run: 'run', takeover: true, proveWithinMs: 60_000, lookEveryMs: 5_000 };
  await rotate({ ...run, ports }).catch(() => {});
  world.azure.primary = 'primary-by-hand';
  await expect(rotate(run)).rejects.toMatchObject({ code: 'ROTATION_KEY_UNKNOWN' });
  world.vault = { key: 'primary-by-hand', version: 9 };
  await rotate(run);
  expect(world.azure).toEqual({ primary: 'primary-by-hand', secondary: 'secondary-1' });
  expect(world.journal!.journal.begun).toBeUndefined();
});

it('a rotation that was begun with the other key in use than now begins anew, with a free slot', async () => {
  const world = new World('listen');
  const ports = world.ports((_, what) => (what === 'regenerate secondary' ? 'killed-before' : 'done'));
  const run = { ...optionsOf(world), run: 'run', takeover: true, proveWithinMs: 60_000, lookEveryMs: 5_000 };
  await rotate({ ...run, ports }).catch(() => {});
  world.vault = { key: 'secondary-0', version: 2 };
  await rotate(run);
  expect(world.cuts).toEqual([]);
  expect(world.regenerated).toEqual(['primary', 'secondary']);
});
