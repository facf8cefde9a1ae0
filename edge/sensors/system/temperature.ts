import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Zone types that are the processor: Raspberry Pi, Intel, other ARM boards. */
const PROCESSOR = /^(cpu[-_]?thermal|x86_pkg_temp|soc[-_]?thermal|cpu.*|coretemp|acpitz)$/;

/**
 * The processor's temperature in degrees Celsius, from the kernel's thermal zones; nothing on a machine without one,
 * such as most virtual machines.
 *
 * @param root `/sys/class/thermal` on Linux
 */
export async function processorTemperature(root: string): Promise<number | undefined> {
  const zones = (await readdir(root).catch(() => []))
    .filter((name) => /^thermal_zone\d+$/.test(name))
    .sort((a, b) => Number(a.slice(12)) - Number(b.slice(12)));
  const kinds = await Promise.all(zones.map((zone) => read(join(root, zone, 'type'))));
  const processors = zones.filter((_, index) => PROCESSOR.test(kinds[index] ?? ''));
  for (const zone of [...processors, ...zones]) {
    // A zone that is switched off answers with an error; the next one may do.
    const text = await read(join(root, zone, 'temp'));
    if (text !== undefined && /^-?\d+$/.test(text)) return Number(text) / 1000;
  }
  return undefined;
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
