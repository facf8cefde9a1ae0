import { isTashikaError } from '@tashika/shared/errors';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import { describe, expect, it } from 'vitest';
import { HELD_MS } from './journal.ts';
import type { RotationPorts } from './ports.ts';
import { type Rotated, type RunOptions, rotate } from './rotate.ts';
import type { RuleKind } from './slots.ts';
import { FATES, type Fate, Killed, World } from './testing/world.ts';

type Fated = (write: number, what: string) => Fate | Promise<Fate>;

let runs = 0;

function optionsOf(world: World, fateOf?: Fated): RunOptions {
  runs += 1;
  return {
    rule: world.rule,
    ports: world.ports(fateOf),
    clock: world.clock,
    run: `run-${runs}`,
    proveWithinMs: 600_000,
    lookEveryMs: 5_000,
  };
}

function run(world: World, fateOf?: Fated, takeover = false): Promise<Rotated> {
  return rotate({ ...optionsOf(world, fateOf), takeover });
}

/**
 * Runs until the journal says that it is done, however the first runs end; each next one comes when the hold of the one
 * before is over. After that, another run would be another rotation.
 */
async function runUntilDone(world: World, fates: readonly Fated[]): Promise<void> {
  for (const fateOf of fates) {
    if (world.journal?.journal.finishedAt !== undefined) return;
    const error = await run(world, fateOf).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return;
    if (!(error instanceof Killed) && !isTashikaError(error)) throw error;
    world.clock.time += HELD_MS;
  }
  if (world.journal?.journal.finishedAt === undefined) await run(world);
}

const at =
  (write: number, fate: Fate): Fated =>
  (number) =>
    number === write ? fate : 'done';

async function writesOf(rule: RuleKind): Promise<readonly string[]> {
  const world = new World(rule);
  await run(world);
  return world.writes;
}

/** How often an undisturbed run looks at Azure's keys; the first two looks are before it holds the journal. */
async function readsOfAzure(rule: RuleKind): Promise<number> {
  const world = new World(rule);
  const ports = world.ports();
  let reads = 0;
  const keys = () => {
    reads += 1;
    return ports.azure.keys();
  };
  await rotate({ ...optionsOf(world), ports: { ...ports, azure: { ...ports.azure, keys } } });
  return reads;
}

function expectDone(world: World, story: string): void {
  const { azure, vault, soracom, users, rule } = world;
  expect(world.cuts, story).toEqual([]);
  expect(world.regenerated, story).toEqual(['secondary', 'primary']);
  expect(vault!.key, story).toBe(azure.secondary);
  expect(users, story).toEqual(users.map(() => azure.secondary));
  expect(world.journal!.journal.begun, story).toBeUndefined();
  if (rule === 'listen') return;
  expect(soracom, story).toEqual({
    key: azure.secondary,
    description: `For Funnel [tashika ${fingerprintOf(azure.secondary)}]`,
  });
}

describe.each(['send', 'listen'] as const)('a rotation of the %s rule', (rule) => {
  it('makes both keys anew, the one that nobody uses first, and tells their fingerprints', async () => {
    const world = new World(rule);
    const rotated = await run(world);
    expectDone(world, 'undisturbed');
    expect(rotated).toEqual({
      before: { primary: fingerprintOf('primary-0'), secondary: fingerprintOf('secondary-0') },
      after: { primary: fingerprintOf('primary-2'), secondary: fingerprintOf('secondary-1') },
    });
    expect(world.writes.filter((what) => what !== 'journal')).toEqual([
      'regenerate secondary',
      'vault',
      ...(rule === 'send' ? ['soracom'] : []),
      'regenerate primary',
    ]);
  });

  it('begins with the other slot where the secondary key is in use', async () => {
    const world = new World(rule);
    world.vault = { key: 'secondary-0', version: 1 };
    if (world.soracom) world.soracom = { key: 'secondary-0', description: `[tashika ${fingerprintOf('secondary-0')}]` };
    world.users.fill('secondary-0');
    await run(world);
    expect(world.cuts).toEqual([]);
    expect(world.regenerated).toEqual(['primary', 'secondary']);
  });

  it('can be done again and again, and each time both keys are new', async () => {
    const world = new World(rule);
    for (let time = 1; time <= 3; time++) {
      const before = { ...world.azure };
      await run(world);
      expect([world.azure.primary, world.azure.secondary]).not.toContain(before.primary);
      expect([world.azure.primary, world.azure.secondary]).not.toContain(before.secondary);
      expect(world.cuts).toEqual([]);
    }
  });

  it('that ends at any write, in any way, and once more at any write after it, is gone on with and cuts nothing', async () => {
    const writes = await writesOf(rule);
    expect(writes.length).toBeGreaterThan(7);
    let stories = 0;
    for (let first = 1; first <= writes.length; first++)
      for (const firstFate of FATES)
        for (let second = 1; second <= writes.length; second++)
          for (const secondFate of FATES) {
            const world = new World(rule);
            await runUntilDone(world, [at(first, firstFate), at(second, secondFate)]);
            expectDone(world, `${firstFate} at write ${first}, then ${secondFate} at write ${second}`);
            stories += 1;
          }
    expect(stories).toBe((writes.length * FATES.length) ** 2);
  });

  it('that was killed is held until nothing of it can happen any more, and can be taken over at once', async () => {
    const { length } = await writesOf(rule);
    for (let write = 2; write < length; write++) {
      const world = new World(rule);
      await expect(run(world, at(write, 'killed-after'))).rejects.toThrow(Killed);
      const before = [...world.writes];
      await expect(run(world)).rejects.toMatchObject({ code: 'ROTATION_HELD' });
      expect(world.writes).toEqual(before);
      await run(world, undefined, true);
      expectDone(world, `killed at write ${write}`);
    }
  });

  it('refuses a second run that begins while the first one is between two steps', async () => {
    const { length } = await writesOf(rule);
    for (let write = 2; write <= length; write++) {
      const world = new World(rule);
      const second: string[] = [];
      await run(world, async (number): Promise<Fate> => {
        if (number === write) await run(world).catch((error) => second.push((error as { code: string }).code));
        return 'done';
      });
      expect(second, `at write ${write}`).toEqual(['ROTATION_HELD']);
      expectDone(world, `second run at write ${write}`);
    }
  });

  it('lets one of two runs begin that want to begin at the same moment', async () => {
    const world = new World(rule);
    const outcomes = await Promise.allSettled([run(world), run(world)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ROTATION_HELD' } });
    expectDone(world, 'two at once');
  });

  it('of a process that stood still while another went through does nothing more when it wakes', async () => {
    const reads = await readsOfAzure(rule);
    expect(reads).toBeGreaterThan(5);
    for (let read = 3; read <= reads; read++) {
      const world = new World(rule);
      const ports = world.ports();
      let asked = 0;
      const asleep = {
        ...ports.azure,
        keys: async () => {
          const keys = await ports.azure.keys();
          if (++asked === read) {
            world.clock.time += HELD_MS;
            await run(world);
          }
          return keys;
        },
      };
      const sleeper = rotate({ ...optionsOf(world), ports: { ...ports, azure: asleep } });
      await expect(sleeper, `asleep at read ${read}`).rejects.toMatchObject({ code: 'ROTATION_HELD' });
      expectDone(world, `asleep at read ${read}`);
    }
  });

  it('goes on at once after an error, but not where a key may still be made', async () => {
    const writes = await writesOf(rule);
    for (const [index, what] of writes.entries()) {
      if (what === 'journal') continue;
      for (const fate of ['failed', 'answer-lost'] as const) {
        const world = new World(rule);
        await expect(run(world, at(index + 1, fate))).rejects.toThrow(/does not answer/);
        if (what.startsWith('regenerate')) {
          await expect(run(world), what).rejects.toMatchObject({ code: 'ROTATION_HELD' });
          world.clock.time += HELD_MS;
        }
        await run(world);
        expectDone(world, `${what} ${fate}`);
      }
    }
  });

  it('ends between two steps when it is told to, and is gone on with at once', async () => {
    const { length } = await writesOf(rule);
    for (let write = 1; write < length; write++) {
      const world = new World(rule);
      const stop = new AbortController();
      const ports = world.ports((number) => {
        if (number === write) stop.abort(new Error('Ctrl-C'));
        return 'done';
      });
      await expect(rotate({ ...optionsOf(world), ports, signal: stop.signal })).rejects.toThrow('Ctrl-C');
      await run(world);
      expectDone(world, `stopped at write ${write}`);
    }
  });

  it('proves the new key once more where Vault was given the former one after the first proof', async () => {
    const world = new World('listen');
    const ports = world.ports();
    let isGivenBack = false;
    const witness: RotationPorts['witness'] = {
      doubts: async (key, soracom) => {
        const doubts = await ports.witness.doubts(key, soracom);
        if (doubts.length === 0 && key === 'secondary-1' && !isGivenBack) {
          isGivenBack = true;
          world.vault = { key: 'primary-0', version: world.vault!.version + 1 };
          world.users.fill('primary-0');
        }
        return doubts;
      },
    };
    await rotate({ ...optionsOf(world), ports: { ...ports, witness } });
    expectDone(world, 'given back');
  });

  it('waits no longer than it may for everybody to use the new key, ends nothing then, and can be gone on with', async () => {
    const world = new World(rule);
    const ports = world.ports();
    const doubts: string[] = [];
    const stubborn = {
      ...ports,
      witness: { doubts: async (key: string) => (key === 'primary-0' ? [] : ['One lags.']) },
    };
    await expect(
      rotate({ ...optionsOf(world), ports: stubborn, proveWithinMs: 60_000, onDoubts: (seen) => doubts.push(...seen) }),
    ).rejects.toMatchObject({ code: 'ROTATION_UNPROVED', message: expect.stringContaining('One lags.') });
    expect(doubts).toHaveLength(13);
    expect(world.azure.primary).toBe('primary-0');
    await run(world);
    expectDone(world, 'after a lag');
  });

  it('goes on without a proof where it is told to, and not before the time is over', async () => {
    const world = new World(rule);
    const ports = world.ports();
    const looks: number[] = [];
    const began = world.clock.time;
    const witness = {
      doubts: async () => {
        looks.push(world.clock.time - began);
        return ['SORACOM does not tell.'];
      },
    };
    await rotate({ ...optionsOf(world), ports: { ...ports, witness }, unproved: true, proveWithinMs: 60_000 });
    expect([Math.max(...looks), looks.filter((at) => at === 60_000).length]).toEqual([120_000, 2]);
    expect(world.regenerated).toEqual(['secondary', 'primary']);
  });
});
