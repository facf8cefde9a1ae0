import { describe, expect, it } from 'vitest';
import { findCharacterLine } from './character-line.ts';
import { gpiogetArguments, gpiomonArguments, libgpiodVersion, parseEdge, type WatchOptions } from './libgpiod.ts';

const line = { chip: 'gpiochip0', offset: 17 };
const plain: WatchOptions = { edge: 'both', activeLow: false, pull: 'as-is', debounceMs: 0 };

describe("libgpiod's version", () => {
  it.each([
    ['gpiomon (libgpiod) v1.6.3\nCopyright (C) 2017-2018 Bartosz Golaszewski\n', { major: 1, version: '1.6.3' }],
    ['gpiomon (libgpiod) v2.2.1\nLicense: GPL-2.0-or-later\n', { major: 2, version: '2.2.1' }],
    ['gpiomon (libgpiod) v2.0-devel\n', { major: 2, version: '2.0-devel' }],
    ['gpiomon (libgpiod) v3.0\n', undefined],
    ['BusyBox v1.37\n', undefined],
  ])('is read from %j', (printed, expected) => {
    expect(libgpiodVersion(printed)).toEqual(expected);
  });
});

describe('the arguments of gpiomon', () => {
  it.each<[string, 1 | 2, Partial<WatchOptions>, string]>([
    ['version 1 prints each edge at once', 1, {}, '-b -F %e %o %s %n gpiochip0 17'],
    [
      'version 1 has its own names of edge, inversion and pull',
      1,
      { edge: 'rising', activeLow: true, pull: 'none', debounceMs: 5 },
      '-b -F %e %o %s %n -r -l -B disable gpiochip0 17',
    ],
    [
      'version 2 says when it watches, and by whom',
      2,
      {},
      '--banner -C tashika-edge -e both -F %e %o %S -c gpiochip0 17',
    ],
    [
      'version 2 debounces in the kernel',
      2,
      { edge: 'falling', activeLow: true, pull: 'up', debounceMs: 5 },
      '--banner -C tashika-edge -e falling -F %e %o %S -p 5ms -l -b pull-up -c gpiochip0 17',
    ],
    [
      'version 2 has its own name of no pull',
      2,
      { pull: 'none' },
      '--banner -C tashika-edge -e both -F %e %o %S -b disabled -c gpiochip0 17',
    ],
  ])('%s', (_what, major, options, expected) => {
    expect(gpiomonArguments(major, line, { ...plain, ...options }).join(' ')).toBe(expected);
  });

  it.each([
    [1, '-l -B pull-down gpiochip0 17'],
    [2, '--numeric -l -b pull-down -c gpiochip0 17'],
  ] as const)('and of gpioget %i invert and pull alike', (major, expected) => {
    expect(gpiogetArguments(major, line, { ...plain, activeLow: true, pull: 'down' }).join(' ')).toBe(expected);
  });
});

describe('an edge that gpiomon prints', () => {
  it.each([
    [1, '1 17 14 391327424', { level: true, kernelMs: 14_391.327424 }],
    [1, '0 17 14 5', { level: false, kernelMs: 14_000.000005 }],
    [2, '1 17 18.883147360', { level: true, kernelMs: 18_883.14736 }],
    [2, '2 17 18.883147360', { level: false, kernelMs: 18_883.14736 }],
    [2, "Monitoring line '17'...", undefined],
    [1, 'event:  RISING EDGE offset: 17', undefined],
  ] as const)('of version %i: %s', (major, printed, expected) => {
    expect(parseEdge(major, printed)).toEqual(expected);
  });
});

const HEADER = ['pinctrl-bcm2835', 'pinctrl-bcm2711', 'pinctrl-rp1'];

/** What `gpiodetect` prints on boards, old kernels and new. */
const BOARDS: Readonly<Record<string, { chips: readonly string[]; chip: string }>> = {
  'Pi Zero 2 W': { chips: ['gpiochip0 [pinctrl-bcm2835] (54 lines)'], chip: 'gpiochip0' },
  'Pi 3': {
    chips: [
      'gpiochip0 [pinctrl-bcm2835] (54 lines)',
      'gpiochip1 [brcmvirt-gpio] (2 lines)',
      'gpiochip2 [raspberrypi-exp-gpio] (8 lines)',
    ],
    chip: 'gpiochip0',
  },
  'Pi 4': {
    chips: ['gpiochip0 [pinctrl-bcm2711] (58 lines)', 'gpiochip1 [raspberrypi-exp-gpio] (8 lines)'],
    chip: 'gpiochip0',
  },
  'Pi 5 with its first kernel': {
    chips: [
      'gpiochip0 [gpio-brcmstb@107d508500] (32 lines)',
      'gpiochip1 [gpio-brcmstb@107d508520] (4 lines)',
      'gpiochip2 [gpio-brcmstb@107d517c00] (17 lines)',
      'gpiochip3 [gpio-brcmstb@107d517c20] (6 lines)',
      'gpiochip4 [pinctrl-rp1] (54 lines)',
    ],
    chip: 'gpiochip4',
  },
  'Pi 5 whose former gpiochip4 is a link that is listed too': {
    chips: [
      'gpiochip0 [pinctrl-rp1] (54 lines)',
      'gpiochip10 [gpio-brcmstb@107d508500] (32 lines)',
      'gpiochip0 [pinctrl-rp1] (54 lines)',
    ],
    chip: 'gpiochip0',
  },
  'Pi 5 with kernel 6.12': {
    chips: ['gpiochip11 [gpio-brcmstb@107d508500] (32 lines)', 'gpiochip15 [pinctrl-rp1] (54 lines)'],
    chip: 'gpiochip15',
  },
};

const NAMED = {
  1: `gpiochip0 - 2 lines:
	line   0:      unnamed       unused   input  active-high 
	line   1:     "GPIO27"    "gpiomon"   input  active-high [used]
gpiochip7 - 3 lines:
	line   2:     "GPIO17"       unused   input  active-high 
`,
  2: `gpiochip0 - 2 lines:
	line   0:	unnamed         	input
	line   1:	"GPIO27"        	input edges=both consumer=tashika-edge
gpiochip7 - 3 lines:
	line   2:	"GPIO17"        	input
`,
};

function machine(chips: readonly string[], info = '') {
  return { detect: async () => chips.map((chip) => `${chip}\n`).join(''), info: async () => info };
}

describe('the line of a BCM number on the character device', () => {
  it.each(Object.entries(BOARDS))('is found on a %s', async (_board, { chips, chip }) => {
    expect(await findCharacterLine(machine(chips), { pin: 17, chipLabels: HEADER })).toEqual({ chip, offset: 17 });
  });

  it.each([1, 2] as const)('is found by its name where no label is known, libgpiod %i', async (major) => {
    const tools = machine(['gpiochip0 [pinctrl-rp2] (54 lines)', 'gpiochip7 [new] (3 lines)'], NAMED[major]);
    expect(await findCharacterLine(tools, { pin: 17, chipLabels: HEADER })).toEqual({ chip: 'gpiochip7', offset: 2 });
  });

  it.each<[string, readonly string[], number, string]>([
    [
      'no chip has the label and no line the name',
      ['gpiochip0 [9030000.pl061] (8 lines)'],
      17,
      'No chip is labelled pinctrl-bcm2835 or pinctrl-bcm2711 or pinctrl-rp1; exactly one must be. Chips found: 9030000.pl061 (gpiochip0, 8 lines). Set chipLabels',
    ],
    [
      'several chips have it',
      ['gpiochip0 [pinctrl-rp1] (54 lines)', 'gpiochip1 [pinctrl-bcm2835] (54 lines)'],
      17,
      '2 chips are labelled pinctrl-bcm2835 or pinctrl-bcm2711 or pinctrl-rp1; exactly one must be. Chips found: pinctrl-rp1 (gpiochip0, 54 lines), pinctrl-bcm2835 (gpiochip1, 54 lines).',
    ],
    [
      'the chip has no such line',
      ['gpiochip0 [pinctrl-rp1] (54 lines)'],
      54,
      'pinctrl-rp1 has no line 54. Chips found:',
    ],
    ['the machine has no GPIO', [], 17, 'This machine shows no GPIO.'],
  ])('is refused, with the chips found, when %s', async (_name, chips, pin, message) => {
    await expect(findCharacterLine(machine(chips), { pin, chipLabels: HEADER })).rejects.toThrowError(
      expect.objectContaining({ code: 'GPIO_CHIP_NOT_FOUND', message: expect.stringContaining(message) }),
    );
  });
});
