import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootImage, ext4Disk, Guest, haveGuestTools, Receiver } from './rig/index.ts';

/** Of the ext4 that one agent keeps its readings on. */
const DISK_BYTES = 16 * 1024 * 1024;
/** What the kernel's thread that queues an edge has until the next one, however busy the machine is. */
const LONG_PULSE_MS = 200;
const LABEL = '9030000.pl061';
const DRIVER = '/sys/bus/amba/drivers/pl061_gpio';
/** Lines of the chip; 3 is the power key. What is old is watched with libgpiod 1. */
const LINES = { door: 5, meter: 6, bell: 7, 'old-meter': 1, 'old-door': 2, 'old-bell': 4, hatch: 0 } as const;
const GPIOMON = ['meter', 'bell', 'old-meter', 'old-door', 'old-bell'] as const;
const ALL = ['door', ...GPIOMON] as const;

describe.skipIf(!haveGuestTools())('the agent at a real kernel with a GPIO chip', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-hardware-'));
  let guest: Guest;
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await Receiver.start();
    const disk = ext4Disk(join(directory, 'disk'), DISK_BYTES);
    guest = await Guest.boot(bootImage(directory), directory, disk);
    const counter = { mode: 'counter', intervalMs: 500 };
    const bouncing = { driver: 'gpiomon', debounceMs: 500 };
    const system = { enabled: true, intervalMs: 1_000 };
    const lines = [line('door', {}), line('meter', counter), line('bell', bouncing)];
    await guest.startAgent('with-libgpiod-2', { ...common(), sensors: { system, gpio: lines } }, 2);
    const oldLines = [line('old-door', { driver: 'gpiomon' }), line('old-meter', counter), line('old-bell', bouncing)];
    const without = { enabled: false };
    await guest.startAgent('with-libgpiod-1', { ...common(), sensors: { system: without, gpio: oldLines } }, 1);
    await told('running', ALL, 0);
  }, 600_000);

  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  function line(name: keyof typeof LINES, settings: object): object {
    return { name, pin: LINES[name], chipLabels: [LABEL], debounceMs: 0, ...settings };
  }

  function common(): object {
    return {
      region: '13',
      metadata: { url: 'http://127.0.0.1:9' },
      uplink: { url: `http://10.0.2.2:${receiver.port}`, batchAgeMs: 0 },
      spool: { fsyncMs: 0 },
      clock: { trusted: 'always' },
    };
  }

  /** Resolves when every sensor has told the state since log position `since`. */
  function told(state: 'running' | 'failed', names: readonly string[], since: number): Promise<unknown> {
    return Promise.all(names.map((name) => guest.logged({ sensor: `gpio:${name}`, msg: `sensor ${state}` }, since)));
  }

  it('finds a BCM line under a base of 512', async () => {
    const shown = await guest.run('cat /sys/class/gpio/gpiochip*/base; ls /sys/class/gpio');
    expect(shown.split(/\s+/)).toEqual(expect.arrayContaining(['512', `gpio${512 + LINES.door}`]));
  });

  it.each([
    ['onoff', 'door'],
    ['gpiomon', 'old-door'],
  ] as const)('has each of 200 changes arrive by %s, one after the other', async (_way, sensor) => {
    const values = () => receiver.valuesOf(sensor);
    await receiver.until('the first level', () => values().length === 1);
    for (let change = 1; change <= 200; change++) {
      await guest.setLine(LINES[sensor], change % 2 === 1);
      await receiver.until(`change ${change}`, () => values().length === change + 1);
    }
    expect(values()).toEqual(Array.from({ length: 201 }, (_, n) => n % 2 === 1));
  });

  it('counts every one of 200 pulses that do not wait for it, by both versions of gpiomon', async () => {
    for (let pulse = 0; pulse < 200; pulse++)
      for (const level of [true, false]) {
        await guest.setLine(LINES.meter, level);
        await guest.setLine(LINES['old-meter'], level);
        await guest.edgesTaken();
        // How long a pulse is, and the pause after it: the kernel's thread that queues an edge must come to run.
        await pause(30);
      }
    for (const name of ['meter', 'old-meter'])
      await receiver.until(`200 pulses of ${name}`, () => receiver.valuesOf(`${name}/count`).at(-1) === 200);
    // The count stands: another interval brings no more.
    const said = receiver.valuesOf('meter/count').length;
    await receiver.until('another interval', () => receiver.valuesOf('meter/count').length > said + 1);
    expect([receiver.valuesOf('meter/count').at(-1), receiver.valuesOf('old-meter/count').at(-1)]).toEqual([200, 200]);
  });

  it.each([
    ['the kernel, for libgpiod 2', 'bell'],
    ['the agent, for libgpiod 1', 'old-bell'],
  ] as const)('makes one change of nine bounces, debounced by %s', async (_by, sensor) => {
    const values = () => receiver.valuesOf(sensor);
    for (let bounce = 0; bounce < 9; bounce++) {
      await guest.setLine(LINES[sensor], bounce % 2 === 0);
      await guest.edgesTaken();
    }
    await receiver.until('the bell to ring', () => values().length > 1);
    await guest.setLine(LINES[sensor], false);
    await receiver.until('the bell to be still', () => values().at(-1) === false);
    expect(values()).toEqual([false, true, false]);
  });

  it('has the last level right after a storm of edges', async () => {
    const before = receiver.valuesOf('door').length;
    for (let edge = 0; edge < 1_001; edge++) await guest.setLine(LINES.door, edge % 2 === 0);
    await receiver.until('the door to be open', () => {
      const values = receiver.valuesOf('door');
      return values.length > before && values.at(-1) === true;
    });
  });

  it('watches on when every gpiomon is killed', async () => {
    const before = guest.now;
    await guest.run('kill -9 $(pidof gpiomon)');
    await told('failed', GPIOMON, before);
    await told('running', GPIOMON, before);
    for (const name of ['meter', 'old-meter'] as const) {
      await guest.setLine(LINES[name], true);
      await receiver.until(`${name} to count on`, () => receiver.valuesOf(`${name}/count`).at(-1) === 201);
      await guest.setLine(LINES[name], false);
    }
  });

  it('fails when the chip vanishes while the others run on, and is back with it', async () => {
    const unbound = guest.now;
    await guest.run(`echo ${LABEL} > ${DRIVER}/unbind`);
    await told('failed', ALL, unbound);
    const uptimes = receiver.valuesOf('system/uptime').length;
    await receiver.until('the machine itself goes on', () => receiver.valuesOf('system/uptime').length > uptimes + 2);

    const before = receiver.valuesOf('door').length;
    await guest.setLine(LINES.door, false);
    const bound = guest.now;
    await guest.run(`echo ${LABEL} > ${DRIVER}/bind`);
    await told('running', ALL, bound);
    await receiver.until('the change while it was away', () => receiver.valuesOf('door').length > before);
    await guest.setLine(LINES.door, true);
    await receiver.until('a change after it', () => receiver.valuesOf('door').at(-1) === true);
    await guest.setLine(LINES.meter, true);
    await receiver.until('the count to go on', () => receiver.valuesOf('meter/count').at(-1) === 202);
  });

  describe('with its readings on an ext4', () => {
    const counts = () => receiver.valuesOf('hatch/count') as number[];
    let pulses = 0;

    beforeAll(async () => {
      await guest.run('dmesg -n 1; mkdir /data && mount -t ext4 /dev/vda /data');
      const hatch = line('hatch', { mode: 'counter', intervalMs: 100 });
      const sensors = { system: { enabled: false }, gpio: [hatch] };
      const settings = { ...common(), metadata: { userData: false }, dataDirectory: '/data/agent', sensors };
      await guest.startAgent('on-a-disk', settings, 2);
      await told('running', ['hatch'], 0);
    });

    async function pulse(): Promise<void> {
      for (const level of [true, false]) {
        await guest.setLine(LINES.hatch, level);
        await guest.edgesTaken();
        await pause(LONG_PULSE_MS);
      }
      pulses++;
    }

    it('goes on while the kernel has made that read-only, says so, and sends all of it when it can be written', async () => {
      const since = guest.now;
      // What an emergency does: every disk is read-only at once, whatever is open for writing.
      await guest.run('echo u > /proc/sysrq-trigger; until grep -q "^/dev/vda /data ext4 ro" /proc/mounts; do :; done');
      await guest.logged({ code: 'DISK_READ_ONLY' }, since);
      await pulse();
      await guest.run('mount -o remount,rw /data');
      await guest.logged({ msg: 'the disk takes readings again' }, since);
      await receiver.until('the pulse while it was read-only', () => counts().at(-1) === pulses);
      expect(receiver.lost).toBe(0);
    });

    it('goes on sending while that is full, says so, and recovers by itself', async () => {
      const since = guest.now;
      await guest.run('for bytes in 64k 1k; do dd if=/dev/zero bs=$bytes >> /data/filler; done; true');
      await guest.logged({ code: 'DISK_FULL' }, since);
      await pulse();
      await receiver.until('the pulse, from memory', () => counts().at(-1) === pulses);
      const freed = guest.now;
      await guest.run('rm /data/filler');
      await guest.logged({ msg: 'the disk takes readings again' }, freed);
      await pulse();
      await receiver.until('the pulse, from the disk', () => counts().at(-1) === pulses);
      expect(receiver.lost).toBe(0);
    });
  });
});
