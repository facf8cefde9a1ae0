import { join } from 'node:path';
import { namesIn, readText } from './file.ts';

/** Zone types that are the processor: Raspberry Pi, Intel, other ARM boards. */
const PROCESSOR = /^(cpu[-_]?thermal|x86_pkg_temp|soc[-_]?thermal|cpu.*|coretemp|acpitz)$/;

/**
 * The processor's temperature in degrees Celsius, from the kernel's thermal zones; nothing on a machine without one,
 * such as most virtual machines.
 *
 * @param root `/sys/class/thermal` on Linux
 */
export async function processorTemperature(root: string): Promise<number | undefined> {
  const zones = await namesIn(root, /^thermal_zone\d+$/);
  const kinds = await Promise.all(zones.map((zone) => readText(join(root, zone, 'type'))));
  const processors = zones.filter((_, index) => PROCESSOR.test(kinds[index] ?? ''));
  for (const zone of [...processors, ...zones]) {
    // A zone that is switched off answers with an error; the next one may do.
    const text = await readText(join(root, zone, 'temp'));
    if (text !== undefined && /^-?\d+$/.test(text)) return Number(text) / 1000;
  }
  return undefined;
}
