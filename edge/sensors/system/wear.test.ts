import { describe, expect, it } from 'vitest';
import { BOARDS, machineOf } from './testing/machine.ts';
import { diskWear, wearMeasurements } from './wear.ts';

function wearOf(sys: Readonly<Record<string, string>>) {
  return diskWear(machineOf({ sys }).block);
}

function emmc(life: string, spare: string) {
  return { 'block/mmcblk0/device/life_time': life, 'block/mmcblk0/device/pre_eol_info': spare };
}

describe("a disk's wear", () => {
  it('is told by an eMMC, once, and not for its boot partitions', async () => {
    const wear = await wearOf(BOARDS['Compute Module 4 with eMMC']);
    expect(wear).toEqual([{ disk: 'mmcblk0', lifeUsed: 0.2, spareBlocks: 'normal' }]);
    expect(wear.flatMap(wearMeasurements)).toEqual([
      { sensor: 'system/mmcblk0/life-used', unit: '/', value: 0.2 },
      { sensor: 'system/mmcblk0/spare-blocks', value: 'normal' },
    ]);
  });

  it.each([
    ['the last tenth', emmc('0x0a 0x01', '0x02'), { lifeUsed: 1, spareBlocks: 'warning' }],
    ['beyond what it was made for', emmc('0x01 0x0b', '0x03'), { lifeUsed: 1.1, spareBlocks: 'urgent' }],
    ['not told by one of its kinds of memory', emmc('0x00 0x03', '0x00'), { lifeUsed: 0.3, spareBlocks: undefined }],
  ])('is %s', async (_name, sys, expected) => {
    expect(await wearOf(sys)).toEqual([{ disk: 'mmcblk0', ...expected }]);
  });

  it.each([
    ['an SD card', BOARDS['Pi 3 with an SD card']],
    ['an SD card beside an NVMe', BOARDS['Pi 5 with the voltage monitor alone']],
    ['an eMMC before version 5', { 'block/mmcblk0/device/type': 'MMC' }],
    ['an eMMC that defines neither', emmc('0x00 0x00', '0x00')],
    ['an eMMC that says nonsense', emmc('worn', '0xff')],
    ['a machine without disks', {}],
  ])('is not told by %s', async (_name, sys) => {
    expect(await wearOf(sys)).toEqual([]);
  });
});
