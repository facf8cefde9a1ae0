import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FaultKind, Settings } from '../../local/soracom-api/index.ts';
import { fleetFiles, SECRETS } from '../testing/fleet-files.ts';
import { Rig, simOf } from '../testing/rig.ts';

afterEach(() => vi.unstubAllGlobals());

/** An account with something of every kind to create, change, clear and delete. */
function crowdedAccount(): Settings {
  const times = { createdTime: 1, lastModifiedTime: 1 };
  const credentialTimes = { createDateTime: 1, updateDateTime: 1 };
  return {
    groups: [
      {
        ...times,
        groupId: '00000000-0000-4000-8000-00000000000a',
        tags: { name: 'spare', managedBy: 'tashika' },
        configuration: {
          SoracomFunnel: { enabled: true },
          SoracomHarvest: { enabled: true },
          SoracomAir: { userdata: 'kept' },
        },
      },
      {
        ...times,
        groupId: '00000000-0000-4000-8000-00000000000b',
        tags: { name: 'gone', managedBy: 'tashika' },
        configuration: {},
      },
    ],
    credentials: [
      {
        ...credentialTimes,
        credentialsId: 'tashika-beam',
        type: 'psk',
        credentials: { key: 'former' },
        description: 'by hand',
      },
      {
        ...credentialTimes,
        credentialsId: 'left',
        type: 'psk',
        credentials: { key: 'l' },
        description: '[tashika sha256:0123456789ab]',
      },
    ],
    sims: new Map([
      [simOf(1).imsi, { groupId: '00000000-0000-4000-8000-00000000000b', tags: { pref: '13' }, lastModifiedTime: 1 }],
      [simOf(2).imsi, { groupId: '00000000-0000-4000-8000-00000000000b', tags: {}, lastModifiedTime: 1 }],
    ]),
  };
}

async function crowdedRig(): Promise<Rig> {
  const rig = await Rig.start({ settings: crowdedAccount() });
  Object.assign(rig.env, SECRETS);
  await rig.write(fleetFiles());
  return rig;
}

const APPLY = { what: '.', prune: true };

interface Undisturbed {
  readonly end: unknown;
  readonly requests: number;
}

let known: Undisturbed | undefined;

/** How it ends, and in how many requests, when nothing goes wrong. */
async function undisturbed(): Promise<Undisturbed> {
  if (known) return known;
  const rig = await crowdedRig();
  const { answer, code } = await rig.run('apply', APPLY);
  expect(code).toBe(0);
  known = { end: rig.state(), requests: answer.requests + 1 }; // and the logout
  await rig.close();
  return known;
}

const real = globalThis.fetch;

/** From the n-th request on, nothing comes through any more, as after a kill; the n-th itself may have arrived. */
function deadFrom(n: number, arrives: boolean): void {
  let count = 0;
  vi.stubGlobal('fetch', async (...args: Parameters<typeof fetch>) => {
    count += 1;
    if (count === n && arrives) await real(...args);
    if (count >= n) throw new TypeError('fetch failed');
    return real(...args);
  });
}

describe('an apply that is cut', { timeout: 180_000 }, () => {
  it.each([
    ['after a request arrived and before its answer', 'at every request', 1, true],
    ['before a request arrives', 'at every third request', 3, false],
  ])('%s, %s, comes to the same end when it is run again', async (_, __, step, arrives) => {
    const { end, requests } = await undisturbed();
    expect(requests).toBeGreaterThan(20);
    for (let n = 1; n <= requests; n += step) {
      const rig = await crowdedRig();
      deadFrom(n, arrives);
      const cut = await rig.run('apply', APPLY);
      if (n < requests)
        expect(cut.error).toMatchObject({ code: expect.stringMatching(/^SORACOM_(UNREACHABLE|HALF_APPLIED)$/) });
      vi.unstubAllGlobals();
      const again = await rig.run('apply', APPLY);
      expect([n, again.error, rig.state()]).toEqual([n, undefined, end]);
      await rig.close();
    }
  });

  it('says how much is done, and to run it again', async () => {
    const { requests } = await undisturbed();
    const rig = await crowdedRig();
    deadFrom(requests - 8, false);
    const { error } = await rig.run('apply', APPLY);
    expect(error).toMatchObject({
      code: 'SORACOM_HALF_APPLIED',
      message: expect.stringMatching(/ \d+ of \d+ changes are done: run the same command again, and it goes on\.$/),
    });
    vi.unstubAllGlobals();
    await rig.close();
  });
});

describe('an apply that is stopped', () => {
  it('finishes the request that is under way, begins no other, gives its token back and can be run again', async () => {
    const { end, requests } = await undisturbed();
    const rig = await crowdedRig();
    const stop = new AbortController();
    let count = 0;
    vi.stubGlobal('fetch', (...args: Parameters<typeof fetch>) => {
      count += 1;
      if (count === requests - 12) stop.abort(new Error('Ctrl-C'));
      return real(...args);
    });
    const { error } = await rig.run('apply', APPLY, { signal: stop.signal });
    expect(error).toMatchObject({
      code: 'SORACOM_HALF_APPLIED',
      message: expect.stringMatching(
        /^It was stopped \(Ctrl-C\)\. \d+ of \d+ changes are done: run the same command again/,
      ),
    });
    expect(rig.api.state.audit.newest()[0]).toMatchObject({ path: '/v1/auth/logout', statusCode: 204 });
    expect((await rig.run('apply', APPLY)).code).toBe(0);
    expect(rig.state()).toEqual(end);
    await rig.close();
  });
});

describe('an apply that a fault befalls', { timeout: 180_000 }, () => {
  it.each<[FaultKind, string, number]>([
    ['cut-after-the-change', 'at every request', 1],
    ['internal-error-after-the-change', 'at every fourth request', 4],
    ['tokens-expired', 'at every third request', 3],
    ['cut-before-the-change', 'at every fourth request', 4],
    ['too-many-requests', 'at every fourth request', 4],
  ])('%s, %s, comes to the same end by itself', async (kind, _, step) => {
    const { end, requests } = await undisturbed();
    for (let n = 1; n < requests; n += step) {
      const rig = await crowdedRig();
      rig.api.faults.add({ kind, after: n - 1 });
      const { error } = await rig.run('apply', APPLY);
      expect([n, error, rig.state()]).toEqual([n, undefined, end]);
      await rig.close();
    }
  });
});

describe('a kept plan that is cut', () => {
  it('goes on with what is left of it, at every third request, and refuses an account that somebody else has changed', async () => {
    const { end, requests } = await undisturbed();
    for (let n = 1; n <= requests; n += 3) {
      const rig = await crowdedRig();
      await rig.run('plan', { directory: '.', prune: true, out: 'reviewed.plan' });
      deadFrom(n, true);
      await rig.run('apply', { what: 'reviewed.plan' });
      vi.unstubAllGlobals();
      const again = await rig.run('apply', { what: 'reviewed.plan' });
      expect([n, again.error, rig.state()]).toEqual([n, undefined, end]);
      rig.api.state.change((settings) => ({
        ...settings,
        groups: settings.groups.map((group) =>
          group.tags.name === 'fleet' ? { ...group, tags: { ...group.tags, team: 'x' } } : group,
        ),
      }));
      const stale = await rig.run('apply', { what: 'reviewed.plan' });
      expect(stale.error).toMatchObject({
        code: 'SORACOM_PLAN_STALE',
        message: expect.stringContaining('group fleet. Nothing was sent.'),
      });
      await rig.close();
    }
  });
});
