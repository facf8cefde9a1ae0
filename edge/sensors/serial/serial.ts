import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { aborted } from '../aborted.ts';
import type { SensorDriver } from '../driver.ts';
import { fieldMapper } from '../fields.ts';
import { byteReader, type PositionListener } from './byte-reader.ts';
import { checkSerial } from './check.ts';
import { type OpenPort, openPort } from './serial-port.ts';
import { commandBytes, type SerialConfiguration } from './settings.ts';

/** A device on a serial line that says lines or frames; each reading's time is that of its last byte's arrival. */
export function serialDriver(
  configuration: SerialConfiguration,
  clock: Clock,
  onPosition?: PositionListener,
): SensorDriver {
  return {
    name: `serial:${configuration.name}`,
    reconnectMs: configuration.reconnectMs,
    run: portReader(configuration, clock, configuration.position ? onPosition : undefined),
    check: () => checkSerial(`serial ${configuration.name}`, configuration.path),
  };
}

function portReader(
  configuration: SerialConfiguration,
  clock: Clock,
  onPosition: PositionListener | undefined,
): SensorDriver['run'] {
  const { path, silentMs } = configuration;
  const measurementOf = fieldMapper(configuration.name, configuration);
  const open = byteReader(configuration, onPosition);
  /** After a silence, opening the port is no news: the device runs when it speaks. */
  let mute = false;

  return async (session, signal) => {
    const reader = open(session);
    let giveUp!: (reason: unknown) => void;
    const unreadable = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    unreadable.catch(() => {}); // told to the race below, if it has begun
    let heardAt = clock.monotonic();
    const take = (chunk: Uint8Array) => {
      heardAt = clock.monotonic();
      if (mute) session.running();
      mute = false;
      const at = { monotonicMs: heardAt };
      reader.read(chunk, heardAt, (field) => {
        const measurement = measurementOf(field, at);
        if (measurement) session.measured(measurement);
      });
    };
    const ended = new AbortController();
    let port: OpenPort | undefined;
    try {
      port = await openPort(configuration, clock, (chunk) => {
        try {
          take(chunk);
        } catch (error) {
          giveUp(error);
        }
      });
      if (!mute) session.running();
      await Promise.race([
        port.closed,
        unreadable,
        aborted(signal),
        poll(configuration, port, clock, () => reader.asked(), ended.signal),
        silence(silentMs, () => heardAt, clock, ended.signal).then(() => {
          mute = true;
          throw new Error(`Nothing came for ${silentMs} ms. It is opened again; look at the cable and at the device.`);
        }),
      ]);
    } catch (error) {
      throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
    } finally {
      ended.abort();
      await port?.close();
    }
  };
}

/** Writes the command, again and again. Rejects when the device does not take it; ends when told to. */
async function poll(
  { pollCommand, pollMs, writeTimeoutMs }: SerialConfiguration,
  port: OpenPort,
  clock: Clock,
  asked: () => void,
  signal: AbortSignal,
): Promise<never> {
  const command = pollCommand === undefined ? undefined : commandBytes(pollCommand);
  while (command && !signal.aborted) {
    asked();
    await port.write(command, writeTimeoutMs);
    await clock.sleep(pollMs, signal).catch(() => {});
  }
  return new Promise<never>(() => {});
}

/** Resolves when nothing was heard for `silentMs`; never, where silence is nothing strange. */
async function silence(
  silentMs: Duration | undefined,
  heardAt: () => Duration,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (silentMs === undefined) return new Promise<never>(() => {});
  for (;;) {
    const restMs = heardAt() + silentMs - clock.monotonic();
    if (restMs <= 0) return;
    await clock.sleep(restMs, signal).catch(() => new Promise<never>(() => {}));
  }
}
