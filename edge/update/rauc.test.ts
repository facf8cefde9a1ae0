import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from '../sensors/testing/required-tool.ts';
import type { Installer } from './installer.ts';
import { raucInstaller } from './rauc.ts';
import { RAUC_TOOLS, type RaucScene, raucScene } from './testing/rauc-scene.ts';

const NEVER = new AbortController().signal;
/** Too wild to become smaller in the bundle. */
const PAYLOAD = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index * 31 + (index >> 7)) % 253));

const missing = [...RAUC_TOOLS, 'flock'].filter((name) => findTool(name) === undefined);

describe.skipIf(missing.length > 0)(
  `an installer with RAUC${missing.length > 0 ? ` (not installed: ${missing.join(', ')})` : ''}`,
  () => {
    let directory: string;
    let scene: RaucScene;
    let installer: Installer;
    let good: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'tashika-rauc-'));
      scene = raucScene(directory);
      installer = raucInstaller({ conf: scene.conf, slots: [scene.slotProgram], installMs: 60_000 });
      good = scene.bundle('good', '2.0.0', PAYLOAD);
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    const changed = (name: string, change: (file: string) => void) => {
      const file = join(directory, name);
      writeFileSync(file, readFileSync(good));
      change(file);
      return file;
    };

    it('tells the board, and what a bundle that is rightly signed says of itself', async () => {
      expect(await installer.board()).toBe('tashika-test');
      expect(await installer.verify(good, NEVER)).toEqual({ compatible: 'tashika-test', version: '2.0.0' });
      const other = scene.bundle('other-board', '2.0.0', PAYLOAD, { board: 'another' });
      expect(await installer.verify(other, NEVER)).toMatchObject({ compatible: 'another' });
      expect(await raucInstaller({ conf: '/nowhere', slots: ['true'], installMs: 1_000 }).board()).toBeUndefined();
    });

    it.each<[string, RegExp, () => string]>([
      [
        'a key that nobody knows',
        /signature verification failed/,
        () => scene.bundle('evil', '2.0.0', PAYLOAD, { stranger: true }),
      ],
      [
        'a flipped byte',
        /verification failed/,
        () =>
          changed('flipped', (file) => {
            const bytes = readFileSync(file);
            bytes[5_000]! ^= 1;
            writeFileSync(file, bytes);
          }),
      ],
      [
        'its end missing',
        /[Ii]nvalid bundle format|[Ss]ignature/,
        () => changed('short', (file) => truncateSync(file, statSync(file).size - 700)),
      ],
      ['nothing in it', /./, () => changed('empty', (file) => truncateSync(file, 0))],
    ])(
      'refuses a bundle with %s, by its signature and in the installation, and both slots stay as they are',
      async (_what, why, make) => {
        const bundle = make();
        const before = [scene.slot('A', 64), scene.slot('B', 64), scene.remembers()];
        const refusal = expect.objectContaining({ code: 'UPDATE_REFUSED', message: expect.stringMatching(why) });
        await expect(installer.verify(bundle, NEVER)).rejects.toEqual(refusal);
        await expect(installer.install(bundle, NEVER)).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
        expect([scene.slot('A', 64), scene.slot('B', 64), scene.remembers()]).toEqual(before);
      },
    );

    it('waits for what a killed updater has left behind, which may be writing into the same slot', async () => {
      const before = [scene.slot('B', 64), scene.remembers()];
      const orphan = spawn('flock', [join(directory, 'install.lock'), '-c', 'echo holds; exec cat'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      await once(orphan.stdout, 'data');
      const installed = installer.install(good, NEVER);
      // Whoever waits for a lock is in the kernel's list of them.
      while (!/^\d+: -> FLOCK/m.test(readFileSync('/proc/locks', 'utf8'))) await new Promise(setImmediate);
      expect([scene.slot('B', 64), scene.remembers()]).toEqual(before);
      orphan.stdin.end();
      expect(await installed).toBe('B');
      await installer.fallBack('B', NEVER);
    });

    it('writes a good one into the slot that does not run, which waits for its trial then, and is confirmed or given up', async () => {
      const running = scene.slot('A', 1_048_576);
      expect(await installer.install(good, NEVER)).toBe('B');
      expect(scene.slot('B', PAYLOAD.length).equals(PAYLOAD)).toBe(true);
      expect(scene.slot('A', 1_048_576).equals(running)).toBe(true);
      expect(await installer.slots(NEVER)).toMatchObject({ current: 'A', primary: 'A', trial: 'B', triesLeft: 1 });
      await installer.fallBack('B', NEVER);
      expect(await installer.slots(NEVER)).toMatchObject({ current: 'A', trial: undefined, triesLeft: 0 });
      await expect(installer.startTrial(NEVER)).rejects.toThrow(/no slot waits for a trial/);
      await expect(installer.confirm('B', NEVER)).rejects.toThrow(/confirm B/);
    });
  },
);
