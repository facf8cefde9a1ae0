import type { Clock, Duration } from '@tashika/shared/time';
import { openPort } from '../serial/serial-port.ts';
import type { Signal } from './signal.ts';

const MOST_CHARACTERS = 4_096;
const END = /(?:^|[\r\n])(OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)[\r\n]/;

export interface AtPort {
  readonly path: string;
  readonly baudRate: number;
  /** How long one answer may take. */
  readonly answerMs: Duration;
}

/**
 * Asks a modem for its signal by AT commands (3GPP TS 27.007, sections 8.5 and 8.69), and lets the port go again.
 *
 * @throws the system's reason where the port can't be opened, or that the modem does not answer
 */
export async function askAtModem(
  { path, baudRate, answerMs }: AtPort,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Signal> {
  let heard = '';
  let wake = () => {};
  const line = { path, baudRate, dataBits: 8, parity: 'none', stopBits: 1 } as const;
  const port = await openPort(line, clock, (chunk) => {
    heard = (heard + Buffer.from(chunk).toString('latin1')).slice(-MOST_CHARACTERS);
    wake();
  });
  const ask = async (command: string): Promise<string> => {
    signal?.throwIfAborted();
    heard = '';
    await port.write(Buffer.from(`${command}\r`), answerMs);
    return new Promise((resolve, reject) => {
      const limit = clock.after(answerMs, () => fail(new Error(`${path}: no answer to ${command} in ${answerMs} ms.`)));
      const settle = () => {
        limit.cancel();
        signal?.removeEventListener('abort', stop);
      };
      const fail = (reason: unknown) => {
        settle();
        reject(reason);
      };
      const stop = () => fail(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      port.closed.catch(fail);
      wake = () => {
        if (!END.test(heard)) return;
        settle();
        resolve(heard);
      };
      wake();
    });
  };
  try {
    // Modems without LTE know the first command alone.
    return { ...signalOfCsq(await ask('AT+CSQ')), ...signalOfCesq(await ask('AT+CESQ')) };
  } finally {
    await port.close();
  }
}

/** `+CSQ: 20,99`: received strength in steps of 2 dB from -113 dBm; 99 is unknown. */
export function signalOfCsq(answer: string): Signal {
  const [rssi] = numbersAfter('+CSQ', answer);
  return rssi === undefined || rssi > 31 ? {} : { rssi: -113 + 2 * rssi };
}

/** `+CESQ: 99,99,255,255,20,60`: each value the lower end of its step; 99 and 255 are unknown. */
export function signalOfCesq(answer: string): Signal {
  const [rxlev, , rscp, ecno, rsrq, rsrp] = numbersAfter('+CESQ', answer);
  return {
    ...(isUpTo(rxlev, 63) && { rssi: -111 + rxlev }),
    ...(isUpTo(rscp, 96) && { rscp: -121 + rscp }),
    ...(isUpTo(ecno, 49) && { ecio: -24.5 + ecno / 2 }),
    ...(isUpTo(rsrq, 34) && { rsrq: -20 + rsrq / 2 }),
    ...(isUpTo(rsrp, 97) && { rsrp: -141 + rsrp }),
  };
}

function numbersAfter(command: string, answer: string): readonly number[] {
  const line = answer.split(/[\r\n]+/).find((each) => each.startsWith(`${command}:`));
  const list = line?.slice(command.length + 1).trim() ?? '';
  return /^\d{1,3}(,\d{1,3})*$/.test(list) ? list.split(',').map(Number) : [];
}

function isUpTo(value: number | undefined, most: number): value is number {
  return value !== undefined && value <= most;
}
