import { isatty } from 'node:tty';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { SerialPort } from 'serialport';
import { loadAddOn } from '../add-on.ts';
import { readPromptly } from './prompt-read.ts';
import type { SerialConfiguration } from './settings.ts';

export type LineSettings = Pick<SerialConfiguration, 'path' | 'baudRate' | 'dataBits' | 'parity' | 'stopBits'>;

/** A line that neither takes bytes nor lets go must not keep the agent from opening it again. */
const CLOSE_WITHIN: Duration = 2_000;

export interface OpenPort {
  /** Settles when the port is gone: rejects with the reason, or resolves after `close`. */
  readonly closed: Promise<void>;
  /**
   * Resolves when the system has taken the bytes; rejects when it has not within `withinMs`. The port never answers a
   * write after it was closed, and a device that holds the line back takes none.
   */
  write(bytes: Uint8Array, withinMs: Duration): Promise<void>;
  /** Resolves when the line is free, or will not be: at most 2 s later. */
  close(): Promise<void>;
}

/** @throws TashikaError `SENSOR_UNAVAILABLE` without the add-on */
export async function loadSerialPort(): Promise<typeof SerialPort> {
  return (await loadAddOn('serialport', () => import('serialport'))).SerialPort;
}

/** How often an open line is asked whether it is still a tty. */
const LOOK_EVERY: Duration = 500;

/**
 * Opens a serial line and hands on what comes, until it is closed or unplugged.
 *
 * It never asks `SerialPort.list()`: without udevadm on the machine that call ends the process. And it always reads: a
 * port without a reader stays "open" for ever after an unplug.
 *
 * @throws the system's reason where the line can't be opened
 */
export async function openPort(
  settings: LineSettings,
  clock: Clock,
  onBytes: (chunk: Uint8Array) => void,
): Promise<OpenPort> {
  const Port = await loadSerialPort();
  const { path, baudRate, dataBits, parity, stopBits } = settings;
  const port = new Port({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
  const reading = new AbortController();
  let looking: TimerHandle | undefined;
  const closed = new Promise<void>((resolve, reject) => {
    // An unplug is a `close` with a reason, and no `error`.
    port.on('close', (reason: Error | null) => (reason ? reject(new Error(UNPLUGGED, { cause: reason })) : resolve()));
    port.on('error', reject);
    const look = () => {
      if (isHungUp(port)) reject(new Error(UNPLUGGED));
      else looking = clock.after(LOOK_EVERY, look);
    };
    port.on('open', look);
    port.on('open', () => {
      const unplugged = (cause: Error): undefined => void reject(new Error(UNPLUGGED, { cause }));
      if (!readPromptly(port, onBytes, unplugged, reading.signal)) port.on('data', onBytes);
    });
  });
  closed.catch(() => {}); // told to whoever waits for it; nobody may be waiting yet
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(plain(error)) : resolve())));
  const write = (bytes: Uint8Array, withinMs: Duration) =>
    new Promise<void>((resolve, reject) => {
      const limit = clock.after(withinMs, () =>
        reject(new Error(`It takes no bytes: a write hung for ${withinMs} ms.`)),
      );
      port.write(bytes, (error) => {
        limit.cancel();
        if (error) reject(error);
        else resolve();
      });
    });
  const close = () =>
    new Promise<void>((resolve) => {
      looking?.cancel();
      reading.abort();
      port.off('data', onBytes);
      if (!port.isOpen) return resolve();
      const limit = clock.after(CLOSE_WITHIN, resolve);
      port.close(() => {
        limit.cancel();
        resolve();
      });
    });
  return { closed, write, close };
}

/** `Error: No such file or directory, cannot open /dev/ttyUSB0` without what its reader knows already. */
function plain(error: Error): Error {
  const reason = error.message.replace(/^Error: /, '').replace(/,? cannot open .*$/i, '');
  return new Error(`It can't be opened: ${reason}.`, { cause: error });
}

const UNPLUGGED = 'The device was unplugged.';

/**
 * Whether the kernel has taken the device away. When an unplug is met by a read instead of a poll, the read gives no
 * bytes and no error; serialport then reads again and again, at the cost of a whole processor, and never says `close`.
 * A line that was hung up is no tty any more.
 */
function isHungUp(port: SerialPort): boolean {
  const fd = port.port && 'fd' in port.port ? port.port.fd : undefined;
  return typeof fd === 'number' && !isatty(fd);
}
