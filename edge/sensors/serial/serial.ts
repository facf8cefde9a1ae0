import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { messageOf } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import { aborted } from '../aborted.ts';
import type { SerialConfiguration } from '../config.ts';
import type { DeviceSession, SensorDriver } from '../driver.ts';
import { fieldMapper } from '../fields.ts';
import type { CheckLine } from '../port.ts';
import { Rejections } from '../rejections.ts';
import { LineSplitter, TOO_LONG } from './line-splitter.ts';
import { type LineParser, lineParser } from './parser.ts';
import { loadSerialPort, openPort } from './serial-port.ts';

/** A device that says a line per measurement on a serial line; each reading's time is that of the line's arrival. */
export function serialDriver(configuration: SerialConfiguration, clock: Clock): SensorDriver {
  return {
    name: `serial:${configuration.name}`,
    reconnectMs: configuration.reconnectMs,
    run: lineReader(configuration, clock),
    check: () => checkSerial(configuration),
  };
}

function lineReader(configuration: SerialConfiguration, clock: Clock): SensorDriver['run'] {
  const { path } = configuration;
  const measurementOf = fieldMapper(configuration.name, configuration);
  // A CSV header holds over an unplug: not every device says it again.
  const parse = lineParser(configuration);

  return async (session, signal) => {
    parse.reopened?.();
    const reader = new LineReader(configuration, parse, session);
    const port = await openPort(configuration, clock, (chunk) => {
      const at = { monotonicMs: clock.monotonic() };
      for (const field of reader.read(chunk)) {
        const measurement = measurementOf(field);
        if (measurement) session.measured({ ...measurement, at });
      }
    }).catch((error) => {
      throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
    });
    try {
      session.running();
      await Promise.race([port.closed, aborted(signal)]);
    } catch (error) {
      throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
    } finally {
      await port.close();
    }
  };
}

/** From bytes to fields, for one life of the port. */
class LineReader {
  readonly #splitter: LineSplitter;
  readonly #parse: LineParser;
  readonly #rejections: Rejections;
  #dropNext: boolean;

  constructor(configuration: SerialConfiguration, parse: LineParser, session: DeviceSession) {
    this.#splitter = new LineSplitter(configuration.maxLineBytes);
    this.#parse = parse;
    this.#dropNext = configuration.firstLine === 'drop';
    this.#rejections = new Rejections('lines', (sentence) =>
      session.running(`${configuration.path}: ${sentence} If it is most of them, check format and baudRate.`),
    );
  }

  *read(chunk: Uint8Array) {
    for (const line of this.#splitter.push(chunk)) {
      if (this.#dropNext) {
        this.#dropNext = false;
        continue;
      }
      if (line === TOO_LONG) {
        this.#rejections.add('Longer than maxLineBytes.');
        continue;
      }
      const { fields, problems } = this.#parse(line);
      if (problems[0] !== undefined) this.#rejections.add(problems[0]);
      yield* fields;
    }
  }
}

/** Looks at the device file only: opening a tty resets many boards, and the agent may hold it. */
async function checkSerial({ name, path }: SerialConfiguration): Promise<readonly CheckLine[]> {
  const subject = `serial ${name}`;
  try {
    await loadSerialPort();
  } catch (error) {
    return [{ subject, verdict: 'fail', detail: messageOf(error) }];
  }
  try {
    if (!(await stat(path)).isCharacterDevice())
      return [
        { subject, verdict: 'fail', detail: `${path} is no serial device. Set path to a tty, such as /dev/ttyUSB0.` },
      ];
    await access(path, constants.R_OK | constants.W_OK);
    return [{ subject, verdict: 'ok', detail: `${path} is there and may be opened.` }];
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    const detail = denied
      ? `${path} may not be opened. Add the agent's user to the group dialout.`
      : `${path} is not there. Plug the device in, or set path to where it is.`;
    return [{ subject, verdict: 'fail', detail }];
  }
}
