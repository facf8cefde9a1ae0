import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SystemRoots } from '../system.ts';

/** What a machine shows under `/sys`, by path, and what its programs print: the body of a shell script each. */
export interface MachineLayout {
  readonly sys?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, string>>;
}

/** A machine of files, for as long as the test runs; it has no programs but those given. */
export function machineOf({ sys = {}, programs = {} }: MachineLayout): Required<SystemRoots> {
  const folder = mkdtempSync(join(tmpdir(), 'tashika-machine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  for (const [path, text] of Object.entries(sys)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  return {
    thermal: join(folder, 'class/thermal'),
    hwmon: join(folder, 'class/hwmon'),
    block: join(folder, 'block'),
    platform: join(folder, 'devices/platform'),
    programs: join(folder, 'bin'),
  };
}

/** What Raspberry Pis show of what is read here. Made after the kernel's documents; no board was at hand. */
export const BOARDS = {
  'Pi 3 with an SD card': {
    'class/thermal/thermal_zone0/type': 'cpu-thermal',
    'class/thermal/thermal_zone0/temp': '48312',
    'class/hwmon/hwmon0/name': 'cpu_thermal',
    'class/hwmon/hwmon1/name': 'rpi_volt',
    'class/hwmon/hwmon1/in0_lcrit_alarm': '0',
    'devices/platform/soc/soc:firmware/get_throttled': '50005',
    'devices/platform/soc/3f202000.mmc/uevent': '',
    'block/mmcblk0/device/type': 'SD',
    'block/loop0/size': '0',
  },
  'Compute Module 4 with eMMC': {
    'class/thermal/thermal_zone0/type': 'cpu-thermal',
    'class/thermal/thermal_zone0/temp': '51121',
    'devices/platform/soc/soc:firmware/get_throttled': '0',
    'block/mmcblk0/device/type': 'MMC',
    'block/mmcblk0/device/life_time': '0x01 0x02',
    'block/mmcblk0/device/pre_eol_info': '0x01',
    'block/mmcblk0boot0/device/life_time': '0x01 0x02',
  },
  'Pi 5 with the voltage monitor alone': {
    'class/thermal/thermal_zone0/type': 'cpu-thermal',
    'class/thermal/thermal_zone0/temp': '55000',
    'class/hwmon/hwmon2/name': 'rpi_volt',
    'class/hwmon/hwmon2/in0_lcrit_alarm': '1',
    'devices/platform/axi/1000110000.pcie/uevent': '',
    'block/mmcblk0/device/type': 'SD',
    'block/nvme0n1/size': '500118192',
  },
} satisfies Record<string, NonNullable<MachineLayout['sys']>>;
