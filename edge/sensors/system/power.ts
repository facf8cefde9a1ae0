import { join } from 'node:path';
import type { Measurement } from '../port.ts';
import { namesIn, readText } from './file.ts';
import type { Programs } from './program.ts';

/** The bits of a Pi's `get_throttled`: now, and since the boot in the bit 16 places higher. */
const STATES = ['under-voltage', 'frequency-capped', 'throttled', 'soft-temperature-limit'] as const;
const SINCE_BOOT = 16;

/** What a Pi's firmware knows of its supply and of its heat: which of its states hold now, and which did since the boot. */
export type PowerState = Readonly<Record<string, boolean>>;

/** @param text `throttled=0x50005` as `vcgencmd` prints it, `50005` as the kernel does */
export function decodeThrottled(text: string): PowerState | undefined {
  const digits = /^(?:throttled=)?(?:0x)?([0-9a-f]{1,8})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const bits = Number.parseInt(digits, 16);
  const isSet = (bit: number) => ((bits >>> bit) & 1) === 1;
  return Object.fromEntries([
    ...STATES.map((state, bit) => [state, isSet(bit)]),
    ...STATES.map((state, bit) => [`${state}-occurred`, isSet(bit + SINCE_BOOT)]),
  ]);
}

export interface PowerRoots {
  /** `/sys/devices/platform` */
  readonly platform: string;
  /** `/sys/class/hwmon` */
  readonly hwmon: string;
}

/**
 * The state of a Raspberry Pi's supply, from whoever tells: `vcgencmd` (it needs `/dev/vcio`), the firmware's file in
 * sysfs, or the kernel's voltage monitor, which knows only of under-voltage. Undefined on a machine that is no Pi.
 */
export async function powerState({ platform, hwmon }: PowerRoots, programs: Programs): Promise<PowerState | undefined> {
  const printed = await programs.print('vcgencmd', 'get_throttled').catch(() => undefined);
  return (
    (printed === undefined ? undefined : decodeThrottled(printed)) ??
    (await byFirmwareFile(platform)) ??
    (await byVoltageMonitor(hwmon))
  );
}

/** The folder is `soc/soc:firmware` on a Pi 3 and 4; where the bus has an address, both names have it. */
async function byFirmwareFile(platform: string): Promise<PowerState | undefined> {
  for (const bus of await namesIn(platform, /^(soc|axi)/))
    for (const device of await namesIn(join(platform, bus), /firmware$/)) {
      const text = await readText(join(platform, bus, device, 'get_throttled'));
      const state = text === undefined ? undefined : decodeThrottled(text);
      if (state) return state;
    }
  return undefined;
}

async function byVoltageMonitor(hwmon: string): Promise<PowerState | undefined> {
  for (const monitor of await namesIn(hwmon, /^hwmon\d+$/)) {
    if ((await readText(join(hwmon, monitor, 'name'))) !== 'rpi_volt') continue;
    const alarm = await readText(join(hwmon, monitor, 'in0_lcrit_alarm'));
    if (alarm === '0' || alarm === '1') return { 'under-voltage': alarm === '1' };
  }
  return undefined;
}

export function powerMeasurements(state: PowerState | undefined): readonly Measurement[] {
  return Object.entries(state ?? {}).map(([name, value]) => ({ sensor: `system/${name}`, value }));
}
