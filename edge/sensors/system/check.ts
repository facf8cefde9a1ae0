import type { CheckLine } from '../port.ts';
import type { Modem } from './modem.ts';
import { type PowerRoots, powerState } from './power.ts';
import type { Programs } from './program.ts';
import { signalMeasurements } from './signal.ts';
import { processorTemperature } from './temperature.ts';
import { diskWear, type Wear } from './wear.ts';

export const NO_TEMPERATURE = 'This machine shows no processor temperature; load, memory and uptime are measured.';

/** From here on a disk is worth a look: the last tenth but one of its life. */
const WORN = 0.9;

interface MachineRoots extends PowerRoots {
  readonly thermal: string;
  readonly block: string;
}

/** A line for each thing that this machine has: its temperature, its supply, its disks' wear, its modem. */
export async function checkMachine(
  roots: MachineRoots,
  programs: Programs,
  modem: Modem,
): Promise<readonly CheckLine[]> {
  const lines = await Promise.all([
    checkTemperature(roots.thermal),
    checkPower(roots, programs),
    diskWear(roots.block).then((disks) => disks.map(wearLine)),
    checkModem(modem),
  ]);
  return lines.flat();
}

async function checkTemperature(thermal: string): Promise<readonly CheckLine[]> {
  const temperature = await processorTemperature(thermal);
  const detail = temperature === undefined ? NO_TEMPERATURE : `The processor has ${temperature} °C.`;
  return [{ subject: 'system', verdict: temperature === undefined ? 'warn' : 'ok', detail }];
}

async function checkPower(roots: PowerRoots, programs: Programs): Promise<readonly CheckLine[]> {
  const state = await powerState(roots, programs);
  if (state === undefined) return [];
  const told = Object.entries(state).flatMap(([name, holds]) => (holds ? [name] : []));
  if (told.length === 0) return [{ subject: 'power', verdict: 'ok', detail: 'The supply and the heat are in order.' }];
  const advice = told.some((each) => each.startsWith('under-voltage'))
    ? 'Use a stronger supply and a shorter cable: under-voltage spoils SD cards.'
    : 'It runs slower than it could, because it is hot.';
  return [{ subject: 'power', verdict: 'warn', detail: `The Pi says: ${told.join(', ')}. ${advice}` }];
}

function wearLine({ disk, lifeUsed, spareBlocks }: Wear): CheckLine {
  const worn = (lifeUsed ?? 0) >= WORN || (spareBlocks ?? 'normal') !== 'normal';
  const life =
    lifeUsed === undefined ? 'does not tell its life' : `has used up to ${Math.round(lifeUsed * 100)}% of its life`;
  const spare = spareBlocks === undefined ? '' : `, its spare blocks are ${spareBlocks}`;
  return {
    subject: `wear ${disk}`,
    verdict: worn ? 'warn' : 'ok',
    detail: `${disk} ${life}${spare}.${worn ? ' Have another one ready.' : ''}`,
  };
}

async function checkModem(modem: Modem): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'modem', verdict, detail }];
  const { signal, problem } = await modem.ask();
  if (problem !== undefined) return line(signal ? 'warn' : 'fail', `${problem} See sensors.system.modem.`);
  if (signal === undefined) return [];
  const values = signalMeasurements(signal).map(
    ({ sensor, value, unit }) => `${sensor.slice(7)} ${value} ${unit === '/100' ? '%' : unit}`,
  );
  if (values.length > 0) return line('ok', `The modem says: ${values.join(', ')}.`);
  return line('warn', 'The modem knows no signal: is it registered, and its antenna connected?');
}
