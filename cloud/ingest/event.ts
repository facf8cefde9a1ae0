import { messageOf } from '@tashika/shared/errors';
import { decodeEvent } from '@tashika/shared/funnel';
import { type DeadLetterReason, type DecodedPost, decodePayload } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import type { Sealing } from '../sealing/index.ts';

/** An event as the hub hands it over. */
export interface ArrivedEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  /** When the hub took it: its arrival. */
  readonly enqueuedAt: Timestamp;
  readonly body: Uint8Array;
}

/** Why an event cannot be counted, or not all of it. */
export interface Refusal {
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

/** An event that has been looked into. `post` is null where `refusal` says why. */
export interface OpenedEvent {
  readonly arrived: ArrivedEvent;
  /** The SIM, as the network vouches for it; null where the event does not name it. */
  readonly imsi: string | null;
  readonly imei: string | null;
  /** Funnel's handling time. */
  readonly timestamp: Timestamp;
  readonly post: DecodedPost | null;
  readonly refusal: Refusal | null;
}

/** Opens an event's envelope and payload. Whatever is in it, the answer is a post or a refusal, never an error. */
export function openEvent(arrived: ArrivedEvent): OpenedEvent {
  try {
    return decoded(arrived);
  } catch (error) {
    // The decoders refuse what they know; this is what nobody thought of, such as nesting beyond the stack.
    return refuse(arrived, { reason: 'invalid-json', detail: `The event cannot be decoded: ${messageOf(error)}` });
  }
}

/** The event with the readings marked whose values are kept sealed. */
export function withSealed(event: OpenedEvent, sealing: Sealing | undefined): OpenedEvent {
  const { post } = event;
  if (!sealing || !post?.readings.some(({ name }) => sealing.covers(name))) return event;
  const readings = post.readings.map((reading) =>
    sealing.covers(reading.name) ? { ...reading, sealed: true as const } : reading,
  );
  return { ...event, post: { ...post, readings } };
}

/** The event as a dead letter and nothing else. */
export function refuse(arrived: ArrivedEvent, refusal: Refusal): OpenedEvent {
  return { arrived, imsi: null, imei: null, timestamp: arrived.enqueuedAt, post: null, refusal };
}

function decoded(arrived: ArrivedEvent): OpenedEvent {
  const event = decodeEvent(arrived.body, arrived.enqueuedAt);
  if (!event.ok) return refuse(arrived, event);
  const { imsi, imei, timestamp } = event.value;
  const post = decodePayload(event.value.payload, timestamp);
  return post.ok
    ? { arrived, imsi, imei, timestamp, post: post.value, refusal: null }
    : { arrived, imsi, imei, timestamp, post: null, refusal: post };
}
