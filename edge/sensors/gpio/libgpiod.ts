/** The two generations of libgpiod's programs; their options and output differ (`-b` is not even the same option). */
export type LibgpiodMajor = 1 | 2;

/** A GPIO chip as its character device shows it. */
export interface CharacterChip {
  /** `gpiochip0`. The number is no more stable than the sysfs base: a Pi 5 had 4, then 0, then 15. */
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

/** A line of a chip: what `gpiomon` is told. */
export interface CharacterLine {
  readonly chip: string;
  readonly offset: number;
}

/** A change of a line's level, as `gpiomon` tells it. */
export interface LineEdge {
  /** The level that it changed to, inversion applied. */
  readonly level: boolean;
  /** When the kernel saw it, ms on the kernel's own clock: only differences mean something here. */
  readonly kernelMs: number;
}

export interface WatchOptions {
  readonly edge: 'both' | 'rising' | 'falling';
  readonly activeLow: boolean;
  readonly pull: 'as-is' | 'up' | 'down' | 'none';
  /** 0: none. libgpiod 1 can't debounce, and ignores it. */
  readonly debounceMs: number;
}

/** What `gpiomon` prints once its line is watched; libgpiod 1 prints nothing then. */
export const BANNER = /^Monitoring line/;

/** @param printed by `gpiomon --version`; the first line is `gpiomon (libgpiod) v1.6.3` */
export function libgpiodVersion(
  printed: string,
): { readonly major: LibgpiodMajor; readonly version: string } | undefined {
  const [, version, major] = /\(libgpiod\) v?((\d+)\.\S+)/.exec(printed) ?? [];
  if (version === undefined || (major !== '1' && major !== '2')) return undefined;
  return { major: major === '1' ? 1 : 2, version };
}

export function gpiomonArguments(major: LibgpiodMajor, line: CharacterLine, options: WatchOptions): string[] {
  const { edge, debounceMs } = options;
  if (major === 1) {
    const direction = edge === 'rising' ? ['-r'] : edge === 'falling' ? ['-f'] : [];
    // Without -b the edges would wait until a block of them is full.
    return ['-b', '-F', '%e %o %s %n', ...direction, ...common(1, options), line.chip, String(line.offset)];
  }
  const debounce = debounceMs > 0 ? ['-p', `${debounceMs}ms`] : [];
  return [
    ...['--banner', '-C', 'tashika-edge', '-e', edge, '-F', '%e %o %S', ...debounce],
    ...common(2, options),
    ...['-c', line.chip, String(line.offset)],
  ];
}

export function gpiogetArguments(major: LibgpiodMajor, line: CharacterLine, options: WatchOptions): string[] {
  const settings = common(major, options);
  if (major === 1) return [...settings, line.chip, String(line.offset)];
  return ['--numeric', ...settings, '-c', line.chip, String(line.offset)];
}

function common(major: LibgpiodMajor, { activeLow, pull }: WatchOptions): string[] {
  const bias = { up: 'pull-up', down: 'pull-down', none: major === 1 ? 'disable' : 'disabled', 'as-is': undefined }[
    pull
  ];
  return [...(activeLow ? ['-l'] : []), ...(bias === undefined ? [] : [major === 1 ? '-B' : '-b', bias])];
}

/** @returns undefined for what is no edge of a line, such as the banner */
export function parseEdge(major: LibgpiodMajor, printed: string): LineEdge | undefined {
  if (major === 1) {
    const [, type, seconds, nanoseconds] = /^([01]) \d+ (\d+) (\d+)$/.exec(printed.trim()) ?? [];
    if (type === undefined) return undefined;
    return { level: type === '1', kernelMs: Number(seconds) * 1_000 + Number(nanoseconds) / 1e6 };
  }
  const [, type, seconds] = /^([12]) \d+ (\d+\.\d+)$/.exec(printed.trim()) ?? [];
  return type === undefined ? undefined : { level: type === '1', kernelMs: Number(seconds) * 1_000 };
}

/**
 * @param printed by `gpiodetect`: `gpiochip0 [pinctrl-bcm2711] (58 lines)`. Raspberry Pi OS keeps the Pi 5's former
 * `gpiochip4` as a link to `gpiochip0`, which libgpiod 1 lists as another chip of the same name: it is one.
 */
export function parseChips(printed: string): readonly CharacterChip[] {
  const chips = new Map<string, CharacterChip>();
  for (const [, name, label, lines] of printed.matchAll(/^(\S+) \[(.*)\] \((\d+) lines?\)$/gm))
    chips.set(name!, { name: name!, label: label!, lines: Number(lines) });
  return [...chips.values()];
}

/** @param printed by `gpioinfo`: chips, each followed by its lines. @returns the lines that are named `name` */
export function linesNamed(printed: string, name: string): readonly CharacterLine[] {
  const found = new Map<string, CharacterLine>();
  let chip = '';
  for (const line of printed.split('\n')) {
    chip = /^(\S+) - \d+ lines?:/.exec(line)?.[1] ?? chip;
    const [, offset, named] = /^\s+line\s+(\d+):\s+"([^"]*)"/.exec(line) ?? [];
    if (named === name) found.set(`${chip} ${offset}`, { chip, offset: Number(offset) });
  }
  return [...found.values()];
}
