import { mkdtempSync, rmSync, statSync, truncateSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SlotScripts } from '../testing/slot-scripts.ts';

function freshSlots(): SlotScripts {
  const root = mkdtempSync(join(tmpdir(), 'tashika-slots-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return new SlotScripts(root);
}

/** What lasts when slot A is confirmed; made once, for each run of a script takes its time. */
let onA: ReadonlyMap<string, string> | undefined;

/** Slot A is confirmed and runs. */
function slotsOnA(): SlotScripts {
  const slots = freshSlots();
  if (onA) {
    slots.restore(onA);
    slots.write('run/slot', 'A\n');
    return slots;
  }
  slots.install('A');
  slots.agent('select');
  slots.agent('confirm');
  onA = slots.remembered();
  return slots;
}

const RESTARTS_UPDATER = '--no-block try-restart tashika-edge-update.service';

/** Starts the agent, and says from where. */
const chosenBy = (slots: SlotScripts) => slots.agent('select').stdout.split('/').at(-1);

describe.skipIf(process.platform !== 'linux')('the slots of the agent', () => {
  it('are not used until something is installed: the package of the system runs', () => {
    const slots = freshSlots();
    expect(slots.agent('select')).toMatchObject({ code: 0, stdout: join(slots.root, 'package') });
    expect(slots.status).toMatchObject({ current: 'package', primary: null, trial: null, fellBackFrom: null });
    expect(slots.agent('get-primary')).toMatchObject({ code: 1, stderr: 'agent-slot: no slot is confirmed yet' });
  });

  it('can be reached by the agent, who is nobody', () => {
    const slots = freshSlots();
    rmSync(join(slots.root, 'run'), { recursive: true });
    slots.install('A');
    slots.agent('select');
    for (const path of ['run', 'run/A']) expect(statSync(join(slots.root, path)).mode & 0o777, path).toBe(0o755);
  });

  it('give what was installed one try, and keep it when it is confirmed', () => {
    const slots = slotsOnA();
    slots.install('B');
    expect(slots.status).toMatchObject({ current: 'A', primary: 'A', trial: 'B', triesLeft: 1 });
    expect(slots.agent('get-primary').stdout).toBe('B');
    slots.agent('start-trial');
    expect(slots.asked()).toEqual(['--no-block restart tashika-edge.service']);

    expect(slots.agent('select').stdout).toBe(join(slots.root, 'run/B'));
    expect(slots.status).toMatchObject({ current: 'B', primary: 'A', trial: 'B', triesLeft: 0 });
    expect(slots.agent('confirm', 'B').code).toBe(0);
    expect(slots.status).toMatchObject({ current: 'B', primary: 'B', trial: null, fellBackFrom: null, reason: null });
    expect(chosenBy(slots)).toBe('B');
  });

  it('come back when the one try ends without a confirmation, and say why until another one begins', () => {
    const slots = slotsOnA();
    slots.install('B');
    expect(chosenBy(slots)).toBe('B');
    slots.restart();
    expect(chosenBy(slots)).toBe('A');
    const fallen = {
      current: 'A',
      trial: null,
      fellBackFrom: 'B',
      reason: 'slot B: it had its one try and was not confirmed',
      slots: { A: 'good', B: 'bad' },
    };
    expect(slots.status).toMatchObject(fallen);
    expect(slots.agent('confirm', 'B')).toMatchObject({ code: 1, stderr: 'agent-slot: slot A runs, and not slot B' });
    slots.restart();
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject(fallen);
    slots.install('B');
    expect(slots.status).toMatchObject({ trial: 'B', fellBackFrom: null, reason: null });
  });

  it('come back from a slot that can not be mounted, and from a confirmed one too, in the end to the package', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.fill('B', 'half an');
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject({ fellBackFrom: 'B', reason: 'slot B: it could not be mounted' });
    slots.install('B');
    slots.agent('select');
    slots.agent('confirm');
    slots.fill('B', 'rubbish');
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject({ primary: 'A', reason: 'slot B: it could not be mounted' });
    slots.fill('A', 'rubbish');
    expect(chosenBy(slots)).toBe('package');
    expect(slots.status).toMatchObject({ primary: null, reason: 'slot A: it could not be mounted' });
  });

  it('are made again where a data partition that was mended has lost them: RAUC makes none', () => {
    const slots = slotsOnA();
    rmSync(join(slots.root, 'slots'), { recursive: true });
    slots.restart();
    expect(chosenBy(slots)).toBe('package');
    for (const file of ['a.img', 'b.img']) {
      const { size, mode } = statSync(join(slots.root, 'slots', file));
      expect([file, size, mode & 0o777]).toEqual([file, 0, 0o600]);
    }
  });

  it('never give up the confirmed one to what is to be installed, nor to anybody', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.agent('select');
    expect(slots.agent('set-state', 'A', 'bad')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('slot A is the confirmed one'),
    });
    expect(slots.status.slots.A).toBe('good');
  });

  it('take the updater along to another slot, and leave it to its work while the same agent starts again and again', () => {
    const slots = slotsOnA();
    slots.agent('select');
    slots.agent('select');
    expect(slots.asked()).toEqual([]);
    slots.install('B');
    slots.agent('select');
    expect(slots.asked()).toEqual([RESTARTS_UPDATER]);
    slots.agent('select');
    expect([slots.status.current, slots.asked()]).toEqual(['A', [RESTARTS_UPDATER]]);
  });

  it('forget a trial that waits when something else is being written there', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.agent('set-state', 'B', 'bad');
    slots.fill('B', 'half an');
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject({ trial: null, fellBackFrom: null });
    expect(slots.agent('start-trial')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install something first'),
    });
    expect(slots.asked()).toEqual([]);
  });

  it('go back to the one before by a trial of it, without a bundle', () => {
    const slots = slotsOnA();
    expect(slots.agent('roll-back')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('slot B holds nothing'),
    });
    slots.install('B');
    slots.agent('select');
    slots.agent('confirm');
    expect(slots.agent('roll-back').code).toBe(0);
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject({ primary: 'B', trial: 'A', triesLeft: 0 });
    slots.agent('confirm');
    expect(slots.status).toMatchObject({ primary: 'A', trial: null });
  });

  it('end a trial that nobody confirms in time, by the time since its start, and no other run', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.agent('select');
    slots.asked();
    slots.write('uptime', '3700.10 1.00\n');
    slots.agent('expire', '3600');
    expect(slots.asked()).toEqual([]);
    slots.write('uptime', '3701.10 1.00\n');
    slots.agent('expire', '3600');
    expect(slots.asked()).toEqual(['--no-block restart tashika-edge.service']);
    slots.agent('select');
    slots.asked();
    slots.write('uptime', '9999.10 1.00\n');
    slots.agent('expire', '3600');
    expect([slots.status.current, slots.asked()]).toEqual(['A', []]);
  });

  it('start the confirmed one, and no trial, where the disk takes no note of the try', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.block('slots/state.new');
    expect(chosenBy(slots)).toBe('A');
    expect(slots.status).toMatchObject({ trial: 'B', triesLeft: 1 });
    expect(slots.agent('set-state', 'B', 'bad')).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('nothing was changed'),
    });
    slots.unblock('slots/state.new');
    expect(chosenBy(slots)).toBe('B');
  });

  it.each([
    [['set-primary', 'C'], 'there is no slot C; slots are A and B'],
    [['set-primary'], 'there is no slot without a name'],
    [['set-state', 'A', 'fine'], 'a slot is good or bad, not fine'],
    [['expire', 'soon'], 'expire takes a number of seconds'],
    [['reboot'], 'takes select, start-trial'],
  ])('refuse %j and change nothing', (args, said) => {
    const slots = slotsOnA();
    const before = slots.read('slots/state');
    expect(slots.agent(...args)).toMatchObject({ code: 64, stderr: expect.stringContaining(said) });
    expect(slots.read('slots/state')).toBe(before);
  });
});

describe.skipIf(process.platform !== 'linux')('a power cut', () => {
  /** All that a device goes through, with what it may run after a cut in it. */
  const LIFE: readonly [string, (slots: SlotScripts) => void, readonly string[], readonly ('A' | 'B')[]][] = [
    ['before a slot is written', () => {}, ['set-state', 'B', 'bad'], ['A']],
    [
      'when it was written',
      (slots) => {
        slots.agent('set-state', 'B', 'bad');
        slots.fill('B');
      },
      ['set-primary', 'B'],
      ['A', 'B'],
    ],
    ['at the start of a trial', (slots) => slots.install('B'), ['select'], ['A', 'B']],
    [
      'at a confirmation',
      (slots) => {
        slots.install('B');
        slots.agent('select');
      },
      ['confirm'],
      ['A', 'B'],
    ],
    [
      'at the way back',
      (slots) => {
        slots.install('B');
        slots.agent('select');
        slots.restart();
      },
      ['select'],
      ['A'],
    ],
  ];

  it.each(LIFE)('%s leaves one choice at every step', (_, prepare, args, allowed) => {
    const slots = slotsOnA();
    prepare(slots);
    const before = slots.remembered();
    const running = slots.status.current;
    const { steps } = slots.run('agent-slot', args);
    expect(steps).toBeGreaterThanOrEqual(4);
    for (let step = 1; step <= steps; step++) {
      slots.restore(before);
      slots.write('run/slot', `${running}\n`);
      expect(slots.run('agent-slot', args, step).code).toBeNull();
      slots.restart();
      const first = chosenBy(slots)!;
      expect(allowed, `step ${step}`).toContain(first);
      slots.restart();
      // What was not confirmed has had its one try by now; what was stays.
      expect(chosenBy(slots), `step ${step}`).toBe(slots.status.primary);
    }
  });

  it('that leaves the state file torn at any byte gives no slot a second try', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.agent('select');
    const before = slots.remembered();
    const { length } = slots.read('slots/state');
    for (let bytes = 0; bytes < length; bytes += 13) {
      slots.restore(before);
      slots.restart();
      truncateSync(join(slots.root, 'slots/state'), bytes);
      expect(chosenBy(slots), `${bytes} bytes`).toBe('A');
      expect(slots.status).toMatchObject({ fellBackFrom: 'B', reason: expect.stringContaining('damaged') });
    }
    expect(chosenBy(slots)).toBe('A');
  });

  it('that takes both state files leaves the package, which says so', () => {
    const slots = slotsOnA();
    truncateSync(join(slots.root, 'slots/state'), 10);
    unlinkSync(join(slots.root, 'slots/state.before'));
    slots.restart();
    expect(chosenBy(slots)).toBe('package');
    expect(slots.status.reason).toContain('damaged');
    slots.install('A');
    expect(chosenBy(slots)).toBe('A');
  });

  it('and a flipped bit is no state either', () => {
    const slots = slotsOnA();
    slots.install('B');
    slots.write('slots/state', slots.read('slots/state').replace('primary=A', 'primary=B'));
    expect(chosenBy(slots)).toBe('A');
  });
});
