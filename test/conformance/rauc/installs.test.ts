import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOARD, signerNamed, smallBundle } from './agent-bundles.ts';
import { haveRauc, type Interruption, RaucDevice } from './device.ts';

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe.skipIf(!haveRauc())("Debian's RAUC with the agent's slots", () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-rauc-'));
  const bundles = {} as Record<'first' | 'second' | 'stranger' | 'board' | 'system', { bundle: string; image: string }>;
  let device: RaucDevice;
  let running: string;

  beforeAll(async () => {
    const [own, other] = [signerNamed(directory, 'own'), signerNamed(directory, 'other')];
    bundles.first = smallBundle(directory, 'first', { version: '1.0.0', signer: own });
    bundles.second = smallBundle(directory, 'second', { version: '2.0.0', signer: own });
    bundles.stranger = smallBundle(directory, 'stranger', { version: '2.0.0', signer: other });
    bundles.board = smallBundle(directory, 'board', { version: '2.0.0', signer: own, board: 'another-board' });
    bundles.system = smallBundle(directory, 'system', { version: '2.0.0', signer: own, slot: 'system' });
    device = new RaucDevice(join(directory, 'device'), BOARD, own.certificateFile);
    device.slot('select');
    expect(device.status.current).toBe('package');
    expect(await device.install(bundles.first.bundle)).toMatchObject({
      code: 0,
      said: expect.stringContaining('succeeded'),
    });
    device.slot('select');
    device.slot('confirm', 'A');
    running = device.digest('A');
  }, 60_000);

  afterAll(() => {
    device?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  beforeEach(() => {
    device.restart();
    device.slot('select');
    expect(device.run()).toBe('agent 1.0.0');
  });

  /** What must hold whatever came: the running slot is as it was, and runs again. */
  const expectUntouched = () => {
    expect(device.digest('A')).toBe(running);
    device.restart();
    device.slot('select');
    expect([device.status.current, device.run()]).toEqual(['A', 'agent 1.0.0']);
  };

  /** The next good install is as good as ever; its trial is given up again, for the next test. */
  const expectGoodInstallWorks = async () => {
    expect(await device.install(bundles.second.bundle)).toMatchObject({ code: 0 });
    expect(device.digest('B', statSync(bundles.second.image).size)).toBe(digestOf(bundles.second.image));
    device.slot('select');
    expect([device.status.current, device.run()]).toEqual(['B', 'agent 2.0.0']);
    device.slot('select');
    expect(device.status).toMatchObject({ current: 'A', fellBackFrom: 'B' });
  };

  it('installs what is signed and for this board into the slot that does not run, in less than 5 s', async () => {
    const { code, ms } = await device.install(bundles.second.bundle);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(5_000);
    expect(device.status).toMatchObject({ current: 'A', trial: 'B' });
    expect(device.digest('A')).toBe(running);
    device.slot('select');
    expect(device.run()).toBe('agent 2.0.0');
    expect((await device.install(bundles.first.bundle)).code).not.toBe(0); // The way back is not given up for a trial.
    expect(device.run()).toBe('agent 2.0.0');
    device.slot('select');
    expectUntouched();
  });

  it.each([
    ['a stranger signed', () => bundles.stranger.bundle, 'signature verification failed'],
    ['is for another board', () => bundles.board.bundle, 'Compatible mismatch'],
    ['is of another kind', () => bundles.system.bundle, /slot|group/i],
    ['was cut off', () => changed('cut', (bytes) => bytes.subarray(0, bytes.length - 1_000)), /bundle|signature/i],
    ['has a flipped bit at its beginning', () => changed('first', flipped(200)), 'verification failure'],
    ['has a flipped bit in its image', () => changed('middle', flipped(1_500_000)), 'verification failure'],
    ['has a flipped bit in its signature', () => changed('last', flipped(-100)), /signature|CMS|verif/i],
    ['is empty', () => changed('empty', () => Buffer.alloc(0)), /bundle|signature/i],
  ])('refuses what %s, and does not touch a slot', async (_, bundle, why) => {
    const before = device.digest('B');
    const { code, said } = await device.install(bundle());
    expect(code).not.toBe(0);
    expect(said).toMatch(why);
    expect(device.digest('B')).toBe(before);
    expectUntouched();
  });

  it.each<[string, Interruption]>([
    ['while it looks at the bundle', { line: 'Verifying signature' }],
    ['before it says that the slot is bad', { before: 'set-state B' }],
    ['when it has said so', { after: 'set-state B' }],
    ['at the first sector of the slot', { bytes: 512 }],
    ['in the middle of the slot', { bytes: 1_500_000 }],
    ['before it says that the slot is the next one', { before: 'set-primary B' }],
  ])('that is killed %s leaves the running slot, and a later install works', async (_, interruption) => {
    writeFileSync(join(device.root, 'slots/b.img'), '');
    expect((await device.install(bundles.second.bundle, interruption)).code).not.toBe(0);
    expect(device.status).toMatchObject({ current: 'A', trial: null });
    if (interruption.bytes) expect(statSync(join(device.root, 'slots/b.img')).size).toBe(interruption.bytes);
    expectUntouched();
    await expectGoodInstallWorks();
  });

  it('that is killed when all is written and said has installed it', async () => {
    expect((await device.install(bundles.second.bundle, { after: 'set-primary B' })).code).not.toBe(0);
    expect(device.status).toMatchObject({ current: 'A', trial: 'B' });
    device.slot('select');
    expect(device.run()).toBe('agent 2.0.0');
    expectUntouched();
  });

  it('is started again at once after a kill, without a restart of the machine', async () => {
    await device.install(bundles.second.bundle, { before: 'set-primary B' });
    await expectGoodInstallWorks();
    expectUntouched();
  });

  it('leaves the running slot where the disk is full, and a later install works', async () => {
    writeFileSync(join(device.root, 'slots/b.img'), '');
    device.restart();
    device.makeSmall(statSync(bundles.first.image).size + 1_500_000);
    device.slot('select');
    const { code, said } = await device.install(bundles.second.bundle);
    expect(code).not.toBe(0);
    expect(said).toMatch(/space|write/i);
    expectUntouched();
    expect(device.status).toMatchObject({ trial: null });
    device.grow();
    await expectGoodInstallWorks();
  });

  function changed(name: string, change: (bytes: Buffer) => Buffer): string {
    const file = join(directory, `${name}-changed.raucb`);
    writeFileSync(file, change(readFileSync(bundles.second.bundle)));
    return file;
  }
});

function flipped(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = bytes[index]! ^ 1;
    return bytes;
  };
}
