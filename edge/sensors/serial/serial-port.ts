import type { SerialPort } from 'serialport';
import { loadAddOn } from '../add-on.ts';
import type { SerialConfiguration } from '../config.ts';

export type LineSettings = Pick<SerialConfiguration, 'path' | 'baudRate' | 'dataBits' | 'parity' | 'stopBits'>;

export interface OpenPort {
  /** Settles when the port is gone: rejects with the reason, or resolves after `close`. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** @throws TashikaError `SENSOR_UNAVAILABLE` without the add-on */
export async function loadSerialPort(): Promise<typeof SerialPort> {
  return (await loadAddOn('serialport', () => import('serialport'))).SerialPort;
}

/**
 * Opens a serial line and hands on what comes, until it is closed or unplugged.
 *
 * It never asks `SerialPort.list()`: without udevadm on the machine that call ends the process. And it always reads: a
 * port without a reader stays "open" for ever after an unplug.
 *
 * @throws the system's reason where the line can't be opened
 */
export async function openPort(settings: LineSettings, onBytes: (chunk: Uint8Array) => void): Promise<OpenPort> {
  const Port = await loadSerialPort();
  const { path, baudRate, dataBits, parity, stopBits } = settings;
  const port = new Port({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
  const closed = new Promise<void>((resolve, reject) => {
    // An unplug is a `close` with a reason, and no `error`.
    port.on('close', (reason: Error | null) =>
      reason ? reject(new Error(`Unplugged (${reason.message}).`)) : resolve(),
    );
    port.on('error', reject);
    // A read of no bytes ends the stream and leaves the port open.
    port.on('end', () => reject(new Error('The line was hung up.')));
  });
  closed.catch(() => {}); // told to whoever waits for it; nobody may be waiting yet
  port.on('data', onBytes);
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  const close = () =>
    new Promise<void>((resolve) => {
      port.off('data', onBytes);
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    });
  return { closed, close };
}
