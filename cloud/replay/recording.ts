import { messageOf } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';

/** What a line of a recording says. */
export type Recorded =
  /** An event as the hub took it. */
  | {
      readonly kind: 'event';
      readonly partition: string;
      readonly enqueuedAt: Timestamp;
      /** The event's body, parsed; text stands for a body that is that text. */
      readonly body: unknown;
    }
  /** The arrival clock moves on to `at`, with no event. */
  | { readonly kind: 'tick'; readonly at: Timestamp }
  /** It is not a line of a recording; `fault` says what is wrong and what would be right. */
  | { readonly kind: 'bad'; readonly fault: string };

/** Event Hubs numbers its partitions; recordings of other origin may name theirs. */
const MOST_NAME_LENGTH = 64;

const EXAMPLE = '{"partition":"0","enqueuedTime":"2026-06-01T12:00:00Z","body":{…}} or {"tick":"2026-06-01T12:00:00Z"}';

/** Reads one line of a recording. What the body says is not looked at. */
export function readRecord(text: string): Recorded {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return bad(`is not JSON (${messageOf(error)}); it must be ${EXAMPLE}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return bad(`must be a JSON object such as ${EXAMPLE}, found ${shown(parsed)}`);
  const { tick, partition, enqueuedTime, body } = parsed as Record<string, unknown>;
  if (tick !== undefined) {
    const at = parseUtc(tick);
    if (partition !== undefined || enqueuedTime !== undefined || body !== undefined)
      return bad('has a tick and an event; each needs a line of its own');
    return at === undefined ? badTime('tick', tick) : { kind: 'tick', at };
  }
  const name = typeof partition === 'number' && Number.isInteger(partition) ? String(partition) : partition;
  if (typeof name !== 'string' || name === '' || name.length > MOST_NAME_LENGTH)
    return bad(
      `must name its partition in 1 to ${MOST_NAME_LENGTH} characters, such as "partition":"0", found ${shown(partition)}`,
    );
  const enqueuedAt = parseUtc(enqueuedTime);
  if (enqueuedAt === undefined) return badTime('enqueuedTime', enqueuedTime);
  if (body === undefined) return bad('has no body; "body" must hold the event as the hub had it');
  return { kind: 'event', partition: name, enqueuedAt, body };
}

function bad(fault: string): Recorded {
  return { kind: 'bad', fault };
}

function badTime(field: string, found: unknown): Recorded {
  return bad(`must have a UTC time as its ${field}, such as "2026-06-01T12:00:00.000Z", found ${shown(found)}`);
}

const UTC = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d(:\d\d([.,]\d{1,9})?)?Z$/;

function parseUtc(text: unknown): Timestamp | undefined {
  const match = typeof text === 'string' ? UTC.exec(text) : null;
  if (!match) return undefined;
  const time = Date.parse((text as string).replace(',', '.'));
  // A 31 February rolls over into March; a day that does not come back was none.
  return Number.isNaN(time) || new Date(time).getUTCDate() !== Number(match[1]) ? undefined : time;
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
