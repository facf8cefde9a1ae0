import { join } from 'node:path';
import type { Measurement } from '../port.ts';
import { namesIn, readText } from './file.ts';

/** What an eMMC says of its own wear (JEDEC eMMC 5.0, EXT_CSD 267 to 269). */
export interface Wear {
  /** `mmcblk0`. */
  readonly disk: string;
  /**
   * How much of its life is used, as a share: the upper end of the tenth that it is in, of the worse of its two kinds
   * of memory; 1.1 is beyond what it was made for. Undefined where it does not say.
   */
  readonly lifeUsed: number | undefined;
  /** How many of the spare blocks are used: `warning` is 80%, `urgent` 90%. */
  readonly spareBlocks: 'normal' | 'warning' | 'urgent' | undefined;
}

const SPARE_BLOCKS = { 1: 'normal', 2: 'warning', 3: 'urgent' } as const;
const LAST_STEP = 11;

/** The wear of each eMMC. SD cards have no such registers; nothing is said of them. */
export async function diskWear(block: string): Promise<readonly Wear[]> {
  const disks = await namesIn(block, /^mmcblk\d+$/);
  const all = await Promise.all(
    disks.map(async (disk) => {
      const [life, spare] = await Promise.all(
        ['life_time', 'pre_eol_info'].map((file) => readText(join(block, disk, 'device', file))),
      );
      const steps = bytesOf(life).filter((step) => step >= 1 && step <= LAST_STEP);
      const spareBlocks = SPARE_BLOCKS[bytesOf(spare)[0] as keyof typeof SPARE_BLOCKS];
      return { disk, lifeUsed: steps.length > 0 ? Math.max(...steps) / 10 : undefined, spareBlocks };
    }),
  );
  return all.filter(({ lifeUsed, spareBlocks }) => lifeUsed !== undefined || spareBlocks !== undefined);
}

/** `0x01 0x02` as the kernel writes them. */
function bytesOf(text: string | undefined): readonly number[] {
  return (text ?? '').split(/\s+/).flatMap((each) => (/^0x[0-9a-f]{1,2}$/i.test(each) ? [Number(each)] : []));
}

export function wearMeasurements({ disk, lifeUsed, spareBlocks }: Wear): readonly Measurement[] {
  return [
    ...(lifeUsed === undefined ? [] : [{ sensor: `system/${disk}/life-used`, unit: '/', value: lifeUsed }]),
    ...(spareBlocks === undefined ? [] : [{ sensor: `system/${disk}/spare-blocks`, value: spareBlocks }]),
  ];
}
