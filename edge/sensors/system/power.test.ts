import { describe, expect, it } from 'vitest';
import { decodeThrottled, powerState } from './power.ts';
import { systemPrograms } from './program.ts';
import { BOARDS, type MachineLayout, machineOf } from './testing/machine.ts';

const FINE = {
  'under-voltage': false,
  'frequency-capped': false,
  throttled: false,
  'soft-temperature-limit': false,
  'under-voltage-occurred': false,
  'frequency-capped-occurred': false,
  'throttled-occurred': false,
  'soft-temperature-limit-occurred': false,
};
const WEAK = { 'under-voltage': true, throttled: true, 'under-voltage-occurred': true, 'throttled-occurred': true };

function stateOf(layout: MachineLayout) {
  const roots = machineOf(layout);
  return powerState(roots, systemPrograms({ withinMs: 5_000, folder: roots.programs }));
}

describe("the firmware's word for throttling", () => {
  it.each([
    ['throttled=0x0', {}],
    ['throttled=0x50005\n', WEAK],
    ['50005', WEAK],
    ['0x50000', { 'under-voltage-occurred': true, 'throttled-occurred': true }],
    [
      'throttled=0xe0008',
      {
        'soft-temperature-limit': true,
        'frequency-capped-occurred': true,
        'throttled-occurred': true,
        'soft-temperature-limit-occurred': true,
      },
    ],
    ['throttled=0x2', { 'frequency-capped': true }],
  ])('%j says %j', (text, holds) => {
    expect(decodeThrottled(text)).toEqual({ ...FINE, ...holds });
  });

  it.each(['', 'VCHI initialization failed', 'throttled=', 'error=1 error_msg="Command not registered"'])(
    '%j says nothing',
    (text) => {
      expect(decodeThrottled(text)).toBeUndefined();
    },
  );
});

describe("the state of a Pi's supply", () => {
  it('is that of vcgencmd, where it may be used', async () => {
    const sys = BOARDS['Compute Module 4 with eMMC'];
    const programs = { vcgencmd: '[ "$*" = get_throttled ] && echo throttled=0x50005' };
    expect(await stateOf({ sys, programs })).toEqual({ ...FINE, ...WEAK });
  });

  it.each([
    ['is not there', {}],
    ['may not', { vcgencmd: 'echo "Can\'t open device file: /dev/vcio" >&2; exit 255' }],
    ['says nonsense', { vcgencmd: 'echo VCHI initialization failed' }],
  ])("is that of the firmware's file, where vcgencmd %s", async (_name, programs) => {
    expect(await stateOf({ sys: BOARDS['Pi 3 with an SD card'], programs })).toEqual({ ...FINE, ...WEAK });
    expect(await stateOf({ sys: BOARDS['Compute Module 4 with eMMC'], programs })).toEqual(FINE);
  });

  it('is found where the bus has an address in its name', async () => {
    const sys = { 'devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled': '1' };
    expect(await stateOf({ sys })).toEqual({ ...FINE, 'under-voltage': true });
  });

  it("is under-voltage alone, where only the kernel's monitor tells", async () => {
    expect(await stateOf({ sys: BOARDS['Pi 5 with the voltage monitor alone'] })).toEqual({ 'under-voltage': true });
  });

  it('is nothing on a machine that is no Pi', async () => {
    expect(await stateOf({ sys: { 'class/hwmon/hwmon0/name': 'coretemp' } })).toBeUndefined();
    expect(await stateOf({})).toBeUndefined();
  });
});
