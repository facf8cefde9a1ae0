import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootImage, Guest, haveGuestTools, Receiver } from './rig/index.ts';

const LABEL = '9030000.pl061';
const DRIVER = '/sys/bus/amba/drivers/pl061_gpio';
/** Lines of the chip; 3 is the power key. */
const [DOOR, METER, OLD_METER, OLD_DOOR] = [5, 6, 1, 2] as const;

describe.skipIf(!haveGuestTools())('the agent at a real kernel with a GPIO chip', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-hardware-'));
  let guest: Guest;
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await Receiver.start();
    guest = await Guest.boot(bootImage(directory), directory);
    const line = { chipLabels: [LABEL], debounceMs: 0 };
    const counter = { ...line, mode: 'counter', intervalMs: 500 };
    const common = {
      region: '13',
      uplink: { url: `http://10.0.2.2:${receiver.port}`, batchAgeMs: 0 },
      spool: { fsyncMs: 0 },
      clock: { trusted: 'always' },
    };
    const system = { enabled: true, intervalMs: 1_000 };
    await guest.startAgent(
      'with-libgpiod-2',
      {
        ...common,
        sensors: {
          system,
          gpio: [
            { ...line, name: 'door', pin: DOOR },
            { ...counter, name: 'meter', pin: METER },
          ],
        },
      },
      2,
    );
    await guest.startAgent(
      'with-libgpiod-1',
      {
        ...common,
        sensors: {
          system: { enabled: false },
          gpio: [
            { ...counter, name: 'old-meter', pin: OLD_METER },
            { ...line, driver: 'gpiomon', name: 'old-door', pin: OLD_DOOR },
          ],
        },
      },
      1,
    );
    await running(0);
  }, 600_000);

  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Resolves when every GPIO sensor has said since log position `since` that it runs. */
  function running(since: number): Promise<unknown> {
    return Promise.all(
      ['door', 'meter', 'old-meter', 'old-door'].map((name) =>
        guest.logged({ sensor: `gpio:${name}`, msg: 'sensor running' }, since),
      ),
    );
  }

  it('finds a BCM line under a base of 512', async () => {
    const shown = await guest.run('cat /sys/class/gpio/gpiochip*/base; ls /sys/class/gpio');
    expect(shown.split(/\s+/)).toEqual(expect.arrayContaining(['512', `gpio${512 + DOOR}`]));
  });

  it('is checked beside the working agent', async () => {
    const lines = await guest.check('with-libgpiod-2', 2);
    expect(lines.filter(({ subject }) => subject.startsWith('gpio '))).toEqual([
      { subject: 'gpio door', verdict: 'ok', detail: `GPIO5 is the kernel's line ${512 + DOOR}, by sysfs.` },
      {
        subject: 'gpio meter',
        verdict: 'ok',
        detail: expect.stringMatching(/^GPIO6 is line 6 of gpiochip0, by gpiomon of libgpiod 2\./),
      },
    ]);
  });

  it.each([
    ['onoff', 'door', DOOR],
    ['gpiomon', 'old-door', OLD_DOOR],
  ] as const)('has each of 200 changes arrive by %s, one after the other', async (_way, sensor, line) => {
    const values = () => receiver.valuesOf(sensor);
    await receiver.until('the first level', () => values().length === 1);
    for (let change = 1; change <= 200; change++) {
      await guest.setLine(line, change % 2 === 1);
      await receiver.until(`change ${change}`, () => values().length === change + 1);
    }
    expect(values()).toEqual(Array.from({ length: 201 }, (_, n) => n % 2 === 1));
  });

  it('counts every one of 200 pulses that do not wait for it, by both versions of gpiomon', async () => {
    for (let pulse = 0; pulse < 200; pulse++)
      for (const level of [true, false]) {
        await guest.setLine(METER, level);
        await guest.setLine(OLD_METER, level);
        await guest.edgesTaken();
        await pause(2); // how long a pulse and a pause are
      }
    for (const name of ['meter', 'old-meter'])
      await receiver.until(`200 pulses of ${name}`, () => receiver.valuesOf(`${name}/count`).at(-1) === 200);
    // The count stands: another interval brings no more.
    const said = receiver.valuesOf('meter/count').length;
    await receiver.until('another interval', () => receiver.valuesOf('meter/count').length > said + 1);
    expect([receiver.valuesOf('meter/count').at(-1), receiver.valuesOf('old-meter/count').at(-1)]).toEqual([200, 200]);
  });

  it('has the last level right after a storm of edges', async () => {
    const before = receiver.valuesOf('door').length;
    for (let edge = 0; edge < 1_001; edge++) await guest.setLine(DOOR, edge % 2 === 0);
    await receiver.until('the door to be open', () => {
      const values = receiver.valuesOf('door');
      return values.length > before && values.at(-1) === true;
    });
  });

  it('fails when the chip vanishes while the others run on, and is back with it', async () => {
    const unbound = guest.now;
    await guest.run(`echo ${LABEL} > ${DRIVER}/unbind`);
    for (const name of ['door', 'meter', 'old-meter', 'old-door'])
      await guest.logged({ sensor: `gpio:${name}`, msg: 'sensor failed' }, unbound);
    const uptimes = receiver.valuesOf('system/uptime').length;
    await receiver.until('the machine itself goes on', () => receiver.valuesOf('system/uptime').length > uptimes + 2);

    const before = receiver.valuesOf('door').length;
    await guest.setLine(DOOR, false);
    const bound = guest.now;
    await guest.run(`echo ${LABEL} > ${DRIVER}/bind`);
    await running(bound);
    await receiver.until('the change while it was away', () => receiver.valuesOf('door').length > before);
    await guest.setLine(DOOR, true);
    await receiver.until('a change after it', () => receiver.valuesOf('door').at(-1) === true);
    await guest.setLine(METER, true);
    await receiver.until('the count to go on', () => receiver.valuesOf('meter/count').at(-1) === 201);
  });
});
