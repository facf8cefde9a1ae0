import { messageOf } from '@tashika/shared/errors';
import { parseJson } from '../json.ts';
import type { Programs } from './program.ts';
import type { ModemAnswer, Signal } from './signal.ts';

/** Radio technologies in the order in which a modem that uses several is asked. */
const TECHNOLOGIES = ['5g', 'lte', 'umts', 'gsm', 'evdo', 'cdma1x'] as const;
const VALUES = ['rssi', 'rsrp', 'rsrq', 'snr', 'rscp', 'ecio'] as const;

/** What ModemManager says of its first modem; or that it has none, or is not installed. */
export type ModemManagerAnswer = ModemAnswer | 'no modem' | 'not installed';

/**
 * Asks `mmcli`. ModemManager asks modems for decibels only when it is told to, which not every user may; where it has
 * none yet, it is told to once per call, if `pollSeconds` is given, and the next call has them.
 *
 * @throws what `mmcli` says where it does not know about modems at all
 */
export async function askModemManager(programs: Programs, pollSeconds?: number): Promise<ModemManagerAnswer> {
  let status: string | undefined;
  try {
    status = await programs.print('mmcli', '-m', 'any', '-J');
  } catch (error) {
    if (/couldn't find modem/i.test(messageOf(error))) return 'no modem';
    throw error;
  }
  if (status === undefined) return 'not installed';
  const quality = qualityOf(status);
  const known = { ...(quality !== undefined && { quality }) };
  try {
    const decibels = signalOf((await programs.print('mmcli', '-m', 'any', '-J', '--signal-get')) ?? '');
    if (Object.keys(decibels).length === 0 && pollSeconds !== undefined)
      await programs.print('mmcli', '-m', 'any', `--signal-setup=${pollSeconds}`);
    return { signal: { ...known, ...decibels } };
  } catch (error) {
    return { signal: known, problem: messageOf(error) };
  }
}

/** The quality in per cent in what `mmcli -J` prints of a modem. */
export function qualityOf(printed: string): number | undefined {
  return numberOf(within(parseJson(printed), 'modem', 'generic', 'signal-quality', 'value'));
}

/** The decibels in what `mmcli -J --signal-get` prints: of the first technology that has any. */
export function signalOf(printed: string): Omit<Signal, 'quality'> {
  const signals = within(parseJson(printed), 'modem', 'signal');
  for (const technology of TECHNOLOGIES) {
    const said = within(signals, technology);
    const known = VALUES.map((name) => [name, numberOf(within(said, name))] as const).filter(
      ([, value]) => value !== undefined,
    );
    if (known.length > 0) return Object.fromEntries(known);
  }
  return {};
}

function within(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (each, key) => (typeof each === 'object' && each !== null ? (each as Record<string, unknown>)[key] : undefined),
    value,
  );
}

/** `-96.00`, and with some versions `-96.00 dBm`; `--` is none. */
function numberOf(text: unknown): number | undefined {
  const digits = typeof text === 'string' ? /^(-?\d+(\.\d+)?)( dBm?)?$/.exec(text)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}
