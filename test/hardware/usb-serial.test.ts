import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootImage, Guest, haveGuestTools, Receiver } from './rig/index.ts';

describe.skipIf(!haveGuestTools())('the agent at a USB serial adapter of the real driver', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-hardware-'));
  let guest: Guest;
  let receiver: Receiver;
  let scale: Socket;

  beforeAll(async () => {
    receiver = await Receiver.start();
    guest = await Guest.boot(bootImage(directory), directory);
    const path = join(directory, 'scale');
    const addr = { type: 'unix', data: { path } };
    await guest.qmp('chardev-add', {
      id: 'scale',
      backend: { type: 'socket', data: { addr, server: true, wait: false } },
    });
    scale = connect(path);
    await once(scale, 'connect');
    await plug();
    await guest.startAgent(
      'agent',
      {
        region: '13',
        metadata: { url: 'http://127.0.0.1:9' },
        uplink: { url: `http://10.0.2.2:${receiver.port}`, batchAgeMs: 0 },
        clock: { trusted: 'always' },
        sensors: {
          system: { enabled: true, intervalMs: 1_000 },
          serial: [{ name: 'scale', path: '/dev/ttyUSB0', format: 'json' }],
        },
      },
      2,
    );
  }, 600_000);

  afterAll(async () => {
    scale?.destroy();
    await guest?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  function plug(): Promise<unknown> {
    return guest.qmp('device_add', { driver: 'usb-serial', id: 'adapter', chardev: 'scale' });
  }

  function weighed(kilograms: number): Promise<unknown> {
    return receiver.until(`${kilograms} kg`, () => receiver.valuesOf('scale/kg').at(-1) === kilograms);
  }

  it('reads it, and is back by itself after each unplug', async () => {
    let since = 0;
    for (let kilograms = 1; kilograms <= 3; kilograms++) {
      await guest.logged({ sensor: 'serial:scale', msg: 'sensor running' }, since);
      scale.write(`{"kg": ${kilograms}}\n`);
      await weighed(kilograms);

      since = guest.now;
      await guest.qmp('device_del', { id: 'adapter' });
      await guest.logged({ sensor: 'serial:scale', msg: 'sensor failed' }, since);
      const uptimes = receiver.valuesOf('system/uptime').length;
      await receiver.until('the machine itself goes on', () => receiver.valuesOf('system/uptime').length > uptimes);
      await plug();
    }
    expect(receiver.valuesOf('scale/kg')).toEqual([1, 2, 3]);
  });
});
