import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

/** A GPIO chip as the kernel shows it in sysfs. */
export interface GpioChip {
  readonly label: string;
  /** Number of its first line; it differs between kernels and boards. */
  readonly base: number;
  /** How many lines it has. */
  readonly lines: number;
}

/**
 * The GPIO chips of this machine, by base; none where the kernel shows no GPIO.
 *
 * @param root `/sys/class/gpio` on Linux
 */
export async function gpioChips(root: string): Promise<readonly GpioChip[]> {
  const names = (await readdir(root).catch(() => [])).filter((name) => name.startsWith('gpiochip'));
  const chips = await Promise.all(names.map((name) => readChip(join(root, name)).catch(() => undefined)));
  return chips.filter((chip) => chip !== undefined).sort((a, b) => a.base - b.base);
}

async function readChip(folder: string): Promise<GpioChip> {
  const [label, base, lines] = await Promise.all(
    ['label', 'base', 'ngpio'].map(async (file) => (await readFile(join(folder, file), 'utf8')).trim()),
  );
  return { label: label!, base: Number(base), lines: Number(lines) };
}

/**
 * The number that the kernel knows a BCM line by. It is the chip's base plus the BCM number, and the base is never
 * assumed: a Pi had 0 for years, has 512 since kernel 6.6, and 571, 569 or 399 on a Pi 5.
 *
 * @throws TashikaError `GPIO_CHIP_NOT_FOUND`, with the chips that are there, unless exactly one has one of `labels`
 * and has that line
 */
export function kernelLine(chips: readonly GpioChip[], bcm: number, labels: readonly string[]): number {
  const matching = chips.filter((chip) => labels.includes(chip.label));
  const [chip] = matching;
  if (chip === undefined || matching.length > 1) throw notFound(notOneOf(labels, matching.length), chips);
  if (bcm >= chip.lines) throw notFound(`${chip.label} has no line ${bcm}.`, chips);
  return chip.base + bcm;
}

export function notOneOf(labels: readonly string[], found: number): string {
  return `${found === 0 ? 'No chip is' : `${found} chips are`} labelled ${labels.join(' or ')}; exactly one must be.`;
}

function notFound(problem: string, chips: readonly GpioChip[]): TashikaError {
  return chipNotFound(
    problem,
    chips.map(({ label, base, lines }) => `${label} (base ${base}, ${lines} lines)`),
  );
}

/** @param found the chips that are there, as a person knows them by */
export function chipNotFound(problem: string, found: readonly string[]): TashikaError {
  if (found.length === 0) return new TashikaError('GPIO_CHIP_NOT_FOUND', 'This machine shows no GPIO.');
  const list = found.join(', ');
  return new TashikaError(
    'GPIO_CHIP_NOT_FOUND',
    `${problem} Chips found: ${list}. Set chipLabels to the one with the header's lines.`,
  );
}
