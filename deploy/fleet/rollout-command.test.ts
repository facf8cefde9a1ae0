import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addFleetImage, addRollout, addTellingDevices, moveDevices } from '@tashika/cloud/api/testing';
import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealApi, startRealApi } from './testing/fleet-api.ts';
import { run } from './testing/run.ts';

const AT = '2026-11-22T00:00:00.000Z';
const PLAN = {
  id: 'agent-1-6-0',
  image: 'agent/1.6.0',
  target: { boards: ['tashika-rpi4'] },
  waves: [{ devices: 2 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 480,
  dailyBytes: 5_000_000,
  deviceTimeoutMinutes: 2_880,
  requireApproval: true,
};

let api: RealApi;
let cwd: string;

beforeAll(async () => {
  api = await startRealApi();
  cwd = await mkdtemp(join(tmpdir(), 'tashika-plans-'));
  await addFleetImage(api.store, { version: '1.6.0', at: AT });
  await addFleetImage(api.store, { version: '1.5.1', at: AT });
  await addTellingDevices(
    api.store,
    [
      { region: '13', version: '1.5.0', devices: 6 },
      { region: '27', version: '1.5.0', devices: 4 },
    ],
    AT,
  );
  await writeFile(join(cwd, 'plan.json'), JSON.stringify(PLAN));
});
afterAll(async () => {
  await api.close();
  await rm(cwd, { recursive: true });
});

const rollout = (
  action: string,
  what?: string,
  args: Parameters<typeof run>[1] = {},
  around: Partial<Parameters<typeof run>[2]> = {},
) => run('rollout', { action, what, ...args }, { api: api.url, cwd, ...around });

describe('tashika fleet rollout plan', () => {
  it('prints what the plan comes to, and asks nothing', async () => {
    const { code, out, asked, answer } = await rollout('plan', 'plan.json');
    expect([code, asked, answer.state]).toEqual([0, [], 'awaiting-approval']);
    expect(out).toContain('agent-1-6-0: agent/1.6.0 for 10 devices, in 3 waves. It is awaiting-approval.');
    expect(out).toMatch(/^ {2}2 +3 +5 +50\.0% +8 h$/m);
    expect(out).toMatch(/wave 1 regions +(Tokyo|Osaka) \d/);
    expect(out).toMatch(/wave 1 boards +tashika-rpi4 2/);
    expect(out).toContain('24 h of watching');
    expect(out).toContain('84.1 MB over all devices');
    expect(out).toContain('5.0 MB a day: the download takes 2 days at most');
    expect(out).toContain('tashika fleet rollout approve agent-1-6-0');
  });

  it('ends with 78 and every fault where the plan is wrong', async () => {
    const wrong = async (plan: unknown) => {
      await writeFile(join(cwd, 'wrong.json'), typeof plan === 'string' ? plan : JSON.stringify(plan));
      return (await rollout('plan', 'wrong.json')).error;
    };
    expect(await wrong({ ...PLAN, id: 'x', waves: [{ devices: 99 }], soakMinutes: 1 })).toMatchObject({
      code: 'ROLLOUT_PLAN_REFUSED',
      message: expect.stringMatching(/^wrong\.json: .*soakMinutes.*99/s),
    });
    expect(await wrong({ ...PLAN, id: 'x', image: 'agent/9.9.9' })).toMatchObject({ code: 'ROLLOUT_PLAN_REFUSED' });
    expect(await wrong('{')).toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(await wrong([])).toMatchObject({ code: 'CONFIG_INVALID' });
    expect((await rollout('plan', 'absent.json')).error).toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(await wrong({ ...PLAN, waves: [{ percent: 100 }] })).toMatchObject({ code: 'ROLLOUT_EXISTS' });
  });
});

describe('a rollout', () => {
  it('is approved by another person, started after a yes, paused and resumed', async () => {
    expect((await rollout('approve', PLAN.id)).error).toMatchObject({ code: 'ROLLOUT_ORDER_REFUSED' });
    expect((await rollout('approve', PLAN.id, { by: 'tanaka' })).answer).toMatchObject({
      state: 'draft',
      approvedBy: 'tanaka',
    });
    const no = await rollout('start', PLAN.id, {}, { yes: false });
    expect([no.code, no.asked, no.out]).toEqual([
      1,
      ['Start agent-1-6-0: agent/1.6.0 for 10 devices, 2 devices of them first?'],
      'Nothing was changed.',
    ]);
    expect((await rollout('start', PLAN.id)).answer.state).toBe('running');
    expect((await rollout('pause', PLAN.id, { reason: 'Tohoku is down.' })).answer).toMatchObject({
      state: 'paused',
      reason: expect.stringContaining('Tohoku is down.'),
      pausedBy: 'sato',
    });
    expect((await rollout('show', PLAN.id)).out).toMatch(/paused +by sato\n/);
    expect((await rollout('resume', PLAN.id)).out).toContain('agent-1-6-0 goes on. It is running.');
    expect((await rollout('list')).out).toMatch(/^agent-1-6-0 +agent\/1\.6\.0 +running +1\/3 +0 of 10 /m);
    expect((await run('audit', { id: PLAN.id, limit: 2 }, { api: api.url })).out).toMatch(
      /sato .*resumed.*\n.*paused.*\nOlder ones: tashika fleet audit agent-1-6-0 --before \d+$/s,
    );
  });

  it('is aborted for good after a yes', async () => {
    const { asked, answer } = await rollout('abort', PLAN.id);
    expect([asked, answer.state]).toEqual([
      ['Abort agent-1-6-0 for good? 0 of 10 devices were offered agent/1.6.0; those that have it keep it.'],
      'aborted',
    ]);
    expect((await rollout('show', PLAN.id)).code).toBe(0);
    const again = await rollout('abort', PLAN.id);
    expect(again).toMatchObject({ asked: [], error: { code: 'ROLLOUT_ORDER_REFUSED' } });
    expect((await rollout('pause', PLAN.id, { 'roll-back': true })).error).toMatchObject({ code: 'USAGE' });
  });

  it('that is not there is told', async () => {
    expect((await rollout('show', 'absent')).error).toMatchObject({ code: 'NOT_FOUND' });
    expect((await rollout('show')).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('a rollout that halted itself', () => {
  beforeAll(() =>
    addRollout(api.store, {
      ...{ id: 'agent-1-5-1', version: '1.5.1', state: 'halted', at: AT, wave: 1 },
      why: {
        code: 'signal-reached',
        values: {
          ...{ signal: 'rate', devices: 10, region: null, board: null },
          ...{ observed: 79, expected: 100, evidence: 812, threshold: 700 },
        },
      },
      failing: {
        signal: 'rate',
        since: Date.parse('2026-11-21T22:00:00Z'),
        haltedAt: Date.parse('2026-11-21T22:30:00Z'),
        devices: ['agent-1-5-1-1', 'agent-1-5-1-4'],
      },
      waves: [{ byState: { updated: 8, vanished: 2 } }, { byState: { waiting: 90 } }],
    }),
  );

  it('is shown with the signal, since when, and the devices; the exit code is 3', async () => {
    const clock = new TestClock(Date.parse('2026-11-22T01:00:00Z'));
    const { code, out } = await rollout('show', 'agent-1-5-1', {}, { clock });
    expect(code).toBe(3);
    expect(out).toContain('HALTED: 10 updated devices took 79 %');
    expect(out).toContain('What speaks against it: rate, since 2026-11-21 22:00:00Z (3 h ago)');
    expect(out).toMatch(/halted +2026-11-21 22:30:00Z/);
    expect(out).toMatch(/2 devices +agent-1-5-1-1, agent-1-5-1-4/);
    expect(out).toContain('tashika fleet revoke agent/1.5.1 --reason WHY');
    expect(out).toMatch(/^ {2}1 +failed +10 +10 +\[▓{19}!{5}\] +8 updated, 2 vanished$/m);
    expect(out).toMatch(/▓ updated {3}! failed, fell back or vanished {3}· waiting/);
  });

  it('is named where its image is shown, with the time and the signal', async () => {
    const said = 'HALTED in agent-1-5-1 2026-11-21 22:30:00Z: rate';
    const images = (await run('images', {}, { api: api.url })).out.split('\n');
    expect(images.filter((line) => line.includes('HALTED'))).toEqual([expect.stringMatching(/^agent\/1\.5\.1 /)]);
    expect(images.join('\n')).toContain(said);
    const { out, answer } = await run('image', { image: 'agent/1.5.1' }, { api: api.url });
    expect(out).toContain(`\n${said} (tashika fleet rollout show agent-1-5-1)\n`);
    expect(answer.halts).toEqual([{ rollout: 'agent-1-5-1', at: '2026-11-21T22:30:00.000Z', signal: 'rate' }]);
  });

  it('says why devices do not leave the image, and until when they are waited for', async () => {
    await addRollout(api.store, {
      ...{ id: 'stuck', version: '1.5.1', state: 'rolling-back', at: AT, wave: 1 },
      waves: [{ byState: { leaving: 7, 'rolled-back': 3 } }],
    });
    await api.store.query(
      `UPDATE rollout_device SET previous_version = NULL, detail = 'what it had before is not known'
        WHERE rollout_id = 'stuck' AND place < 6`,
    );
    const { out, answer } = await rollout('show', 'stuck');
    expect(answer.setbacks).toEqual([
      {
        ...{ state: 'leaving', detail: 'what it had before is not known', devices: 6 },
        some: ['stuck-1', 'stuck-2', 'stuck-3', 'stuck-4', 'stuck-5'],
      },
    ]);
    expect(out).toMatch(
      /^ {2}6 leaving {2}what it had before is not known {2}stuck-1, stuck-2, stuck-3, stuck-4, stuck-5 …\n.*given up 24 h after/m,
    );
  });

  it('ends a watch', async () => {
    await addRollout(api.store, {
      ...{ id: 'watched', version: '1.5.1', state: 'running', at: AT, wave: 1 },
      waves: [{ byState: { offered: 3 } }],
    });
    const looks: string[] = [];
    const said = await rollout(
      'show',
      'watched',
      { watch: true, every: 0.1 },
      {
        onProgress: (text) => {
          looks.push(text);
          if (looks.length === 1)
            void moveDevices(api.store, { id: 'watched', wave: 1, from: 'offered', to: 'updated', count: 2 });
          if (looks.length === 3) void api.store.query("UPDATE rollout SET state = 'halted' WHERE id = 'watched'");
        },
      },
    );
    expect([said.code, said.answer.state]).toEqual([3, 'halted']);
    expect([looks[0], looks[2]]).toEqual([
      'running, wave 1 of 1: 3 of 3 devices touched, 0 updated',
      'running, wave 1 of 1: 3 of 3 devices touched, 2 updated',
    ]);
    // Told whole when it begins and when it halts, and not between.
    expect(said.out.match(/^[A-Z]+$/gm)).toEqual(['RUNNING', 'HALTED']);
  });

  it('asks for no revocation of what is revoked', async () => {
    await run('revoke', { image: 'agent/1.5.1', reason: 'It loses readings.' }, { api: api.url });
    const { code, out } = await rollout('show', 'agent-1-5-1');
    expect([code, out]).toEqual([3, expect.not.stringContaining('tashika fleet revoke')]);
  });
});

describe('tashika fleet device', () => {
  const device = (args: Parameters<typeof run>[1]) => run('device', { id: 'dev-1', ...args }, { api: api.url });

  it('shows a device with its readings and its rollouts', async () => {
    const { out } = await device({});
    expect(out).toMatch(/^dev-1\n {2}SIM +440100000000001 \(its updater's word\)\n {2}region +13 Tokyo\n/);
    expect(out).toMatch(/agent +1\.5\.0\n/);
    expect(out).toMatch(/ {2}agent-1-6-0 +\d +skipped .* 1\.5\.0/);
  });

  it('is told what to follow, and gets a token that is told once', async () => {
    const { answer, out } = await device({ channel: 'canary', tag: ['lab', 'tokyo'], 'time-zone': 'Asia/Tokyo' });
    expect(answer).toMatchObject({ channel: 'canary', tags: ['lab', 'tokyo'] });
    expect(out).toMatch(/channel +canary\n {2}tags +lab, tokyo\n/);
    expect(out).toMatch(/Z +set +.* channel canary; tags lab, tokyo; time zone Asia\/Tokyo/);
    const given = await device({ 'new-token': true });
    expect(given.answer.token).toMatch(/^\S{16,}$/);
    expect(given.out).toContain(`told this once: ${given.answer.token}`);
    expect((await device({})).out).not.toContain(given.answer.token);
    expect((await device({ 'remove-token': true })).answer.token).toBeUndefined();
    expect((await device({ channel: 'nightly' })).error).toMatchObject({ code: 'BAD_REQUEST' });
    expect((await device({ id: '../x' })).error).toMatchObject({ code: 'BAD_REQUEST' });
  });
});

it('versions are told by region', async () => {
  const { out } = await run('versions', {}, { api: api.url });
  expect(out).toMatch(/^13 Tokyo +1\.5\.0 +6 +█{20}\n27 Osaka +1\.5\.0 +4 +█{13}$/m);
});
