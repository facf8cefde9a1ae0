import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SlotScripts } from '../testing/slot-scripts.ts';

const AUTOBOOT_B = '[all]\ntryboot_a_b=1\nboot_partition=3\n[tryboot]\nboot_partition=2\n';

/** A Pi that runs from slot A, as it was made. */
function pi(): SlotScripts {
  const root = mkdtempSync(join(tmpdir(), 'tashika-slots-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const slots = new SlotScripts(root);
  slots.system('select');
  return slots;
}

function installOnB(slots: SlotScripts): void {
  slots.system('set-state', 'B', 'bad');
  slots.system('set-primary', 'B');
}

const statusOf = (slots: SlotScripts) => slots.statusOf('system-slot');

describe.skipIf(process.platform !== 'linux')('the slots of the system', () => {
  it('are tried once by tryboot, and kept by what the firmware reads when that is confirmed', () => {
    const slots = pi();
    expect(statusOf(slots)).toMatchObject({ current: 'A', primary: 'A', trial: null });
    installOnB(slots);
    slots.system('start-trial');
    expect(slots.asked()).toEqual(['--no-block reboot --reboot-argument=0 tryboot']);
    expect(slots.read('bootsel/autoboot.txt')).not.toBe(AUTOBOOT_B);

    slots.boot('B');
    expect(slots.system('select').stdout).toBe('B');
    expect(statusOf(slots)).toMatchObject({ current: 'B', primary: 'A', trial: 'B', triesLeft: 0 });
    expect(slots.system('set-state', 'A', 'bad').code).toBe(1);
    expect(slots.system('confirm', 'B').code).toBe(0);
    expect(slots.read('bootsel/autoboot.txt')).toBe(AUTOBOOT_B);
    expect(statusOf(slots)).toMatchObject({ current: 'B', primary: 'B', trial: null, slots: { A: 'good', B: 'good' } });
  });

  it('tell of a trial that ended in the former system again', () => {
    const slots = pi();
    installOnB(slots);
    slots.system('start-trial');
    slots.system('select'); // The firmware could not boot B, or a power cut ended it.
    expect(statusOf(slots)).toMatchObject({
      current: 'A',
      primary: 'A',
      trial: null,
      fellBackFrom: 'B',
      reason: 'slot B: it did not come up, or the power went before it was confirmed',
    });
    expect(slots.system('start-trial').code).toBe(1);
  });

  it('give up a trial whose restart never came', () => {
    const slots = pi();
    installOnB(slots);
    slots.system('start-trial');
    slots.system('set-state', 'B', 'bad');
    expect(statusOf(slots)).toMatchObject({ current: 'A', trial: null, triesLeft: 0, slots: { A: 'good', B: 'bad' } });
  });

  it('are known by what the firmware booted from where the kernel is not told', () => {
    const slots = pi();
    slots.write('cmdline', 'console=tty1 ro\n');
    expect(slots.system('select')).toMatchObject({ code: 1, stderr: expect.stringContaining('names no rauc.slot') });
    slots.write('booted', Buffer.from([0, 0, 0, 3]));
    expect(slots.system('get-current').stdout).toBe('B');
    slots.write('booted', Buffer.from([0, 0, 0, 2]));
    expect(slots.system('get-current').stdout).toBe('A');
  });

  it('let a trial wait through a restart for another reason', () => {
    const slots = pi();
    installOnB(slots);
    slots.restart();
    slots.system('select');
    expect(statusOf(slots)).toMatchObject({ current: 'A', trial: 'B', triesLeft: 1, fellBackFrom: null });
  });

  it('restart out of a trial that nobody confirms in time', () => {
    const slots = pi();
    installOnB(slots);
    slots.system('start-trial');
    slots.boot('B');
    slots.asked();
    slots.write('uptime', '3600.90 1.00\n');
    slots.system('expire', '3600');
    expect(slots.asked()).toEqual([]);
    slots.write('uptime', '3601.00 1.00\n');
    slots.system('expire', '3600');
    expect(slots.asked()).toEqual(['--no-block reboot']);
  });

  it('are confirmed or not when the power goes while they are being confirmed, and never in between', () => {
    const slots = pi();
    installOnB(slots);
    slots.system('start-trial');
    slots.boot('B');
    const before = slots.remembered();
    const autoboot = slots.read('bootsel/autoboot.txt');
    const { steps } = slots.system('confirm');
    const seen = new Set<string>();
    for (let step = 1; step <= steps; step++) {
      slots.restore(before);
      slots.boot('B');
      slots.write('bootsel/autoboot.txt', autoboot);
      slots.run('system-slot', ['confirm'], step);
      const confirmed = slots.read('bootsel/autoboot.txt') === AUTOBOOT_B;
      slots.boot(confirmed ? 'B' : 'A');
      slots.restart();
      slots.system('select');
      const [current, fellBackFrom] = confirmed ? ['B', null] : ['A', 'B'];
      expect(statusOf(slots), `step ${step}`).toMatchObject({ current, primary: current, trial: null, fellBackFrom });
      seen.add(current!);
    }
    expect([...seen].sort()).toEqual(['A', 'B']);
  });

  it('are not confirmed over a file that somebody wrote otherwise', () => {
    const slots = pi();
    installOnB(slots);
    slots.system('start-trial');
    slots.boot('B');
    const own = '[all]\nboot_partition=2\n';
    slots.write('bootsel/autoboot.txt', own);
    expect(slots.system('confirm')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    expect(slots.read('bootsel/autoboot.txt')).toBe(own);
  });
});
