import type { Duration } from '@tashika/shared/time';
import type { DeviceSession } from '../driver.ts';
import type { Field, Parsed } from '../fields.ts';
import { Rejections } from '../rejections.ts';
import { readFrame } from './frame-fields.ts';
import type { FrameConfiguration } from './frame-settings.ts';
import { FrameSplitter, NO_FRAME } from './frame-splitter.ts';
import { LineSplitter, TOO_LONG } from './line-splitter.ts';
import { type LineParser, lineParser } from './parser.ts';
import type { SerialConfiguration } from './settings.ts';

/** From bytes to fields, for one life of the port. */
export interface ByteReader {
  /**
   * @param atMs when the chunk came, on a clock that never jumps
   * @param take told each field in turn: those before a throw count
   * @throws Error where reading on makes no sense
   */
  read(chunk: Uint8Array, atMs: Duration, take: (field: Field) => void): void;
  /** The device is asked anew: what is left of its former answer will not be completed. */
  asked(): void;
}

/** Hears where the device is. @param atMs as that of `read` */
export type PositionListener = (position: NonNullable<Parsed['position']>, atMs: Duration) => void;

/** @returns what makes a reader for each life of the port; what outlives the port is kept in between */
export function byteReader(
  configuration: SerialConfiguration,
  onPosition: PositionListener = () => {},
): (session: DeviceSession) => ByteReader {
  const { path, format, frame } = configuration;
  const rejections = (noun: string, session: DeviceSession) =>
    new Rejections(noun, (sentence) =>
      session.running(`${path}: ${sentence} If it is most of them, check format and baudRate.`),
    );
  // The configuration's rules hold that a binary format has its frame.
  if (format === 'binary') return (session) => new FrameReader(frame!, rejections('runs of bytes', session));
  // A CSV header holds over an unplug: not every device says it again.
  const parse = lineParser({ ...configuration, format });
  return (session) => {
    parse.reopened?.();
    return new LineReader(configuration, parse, rejections('lines', session), onPosition);
  };
}

class LineReader implements ByteReader {
  readonly #splitter: LineSplitter;
  readonly #parse: LineParser;
  readonly #rejections: Rejections;
  readonly #onPosition: PositionListener;
  #dropNext: boolean;

  constructor(
    { maxLineBytes, firstLine }: Pick<SerialConfiguration, 'maxLineBytes' | 'firstLine'>,
    parse: LineParser,
    rejections: Rejections,
    onPosition: PositionListener,
  ) {
    this.#splitter = new LineSplitter(maxLineBytes);
    this.#parse = parse;
    this.#rejections = rejections;
    this.#onPosition = onPosition;
    this.#dropNext = firstLine === 'drop';
  }

  read(chunk: Uint8Array, atMs: Duration, take: (field: Field) => void): void {
    for (const line of this.#splitter.push(chunk)) {
      if (this.#dropNext) {
        this.#dropNext = false;
        continue;
      }
      if (line === TOO_LONG) {
        this.#rejections.add('Longer than maxLineBytes.');
        continue;
      }
      const { fields, problems, position } = this.#parse(line);
      if (problems[0] !== undefined) this.#rejections.add(problems[0]);
      if (position) this.#onPosition(position, atMs);
      fields.forEach(take);
    }
  }

  /** A line says itself where it ends. */
  asked(): void {}
}

class FrameReader implements ByteReader {
  readonly #splitter: FrameSplitter;
  readonly #layout: FrameConfiguration['layout'];
  readonly #rejections: Rejections;

  constructor(frame: FrameConfiguration, rejections: Rejections) {
    this.#splitter = new FrameSplitter(frame);
    this.#layout = frame.layout;
    this.#rejections = rejections;
  }

  read(chunk: Uint8Array, atMs: Duration, take: (field: Field) => void): void {
    for (const frame of this.#splitter.push(chunk, atMs)) {
      if (frame === NO_FRAME) {
        this.#rejections.add('They belong to no frame.');
        continue;
      }
      const { fields, problems } = readFrame(frame, this.#layout);
      if (problems[0] !== undefined) this.#rejections.add(problems[0]);
      fields.forEach(take);
    }
  }

  asked(): void {
    this.#splitter.clear();
  }
}
