import { chipNotFound, notOneOf } from './chips.ts';
import { type CharacterChip, type CharacterLine, linesNamed, parseChips } from './libgpiod.ts';
import type { GpioConfiguration } from './settings.ts';
import type { GpioTools } from './tools.ts';

/**
 * The line that a BCM number means, on the character device: of the one chip with one of the labels, or, where no chip
 * has one, the one line that is named `GPIO` and the number.
 *
 * @throws TashikaError `GPIO_CHIP_NOT_FOUND`, with the chips that are there
 */
export async function findCharacterLine(
  tools: Pick<GpioTools, 'detect' | 'info'>,
  { pin, chipLabels }: Pick<GpioConfiguration, 'pin' | 'chipLabels'>,
): Promise<CharacterLine> {
  const chips = parseChips(await tools.detect());
  const matching = chips.filter(({ label }) => chipLabels.includes(label));
  const [chip] = matching;
  if (chip && matching.length === 1) {
    if (pin < chip.lines) return { chip: chip.name, offset: pin };
    throw chipNotFound(`${chip.label} has no line ${pin}.`, chips.map(known));
  }
  if (!chip && chips.length > 0) {
    const named = linesNamed(await tools.info(), `GPIO${pin}`);
    if (named.length === 1) return named[0]!;
  }
  throw chipNotFound(notOneOf(chipLabels, matching.length), chips.map(known));
}

function known({ name, label, lines }: CharacterChip): string {
  return `${label} (${name}, ${lines} lines)`;
}
