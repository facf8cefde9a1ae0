import { isAscii } from 'node:buffer';
import { type Decoded, refused, shown } from '../telemetry/dead-letter.ts';
import type { Timestamp } from '../time/index.ts';

export type SourceProtocol = 'http' | 'tcp' | 'udp';

/**
 * What SORACOM Funnel wraps around a payload. Spelled as its real output is (`operatorId`, `credentialsId`); its
 * documentation's schema spells `operatorid` and `credentialId`, and any spelling is read.
 */
export interface Envelope {
  readonly operatorId: string;
  /** When Funnel handled the record, Unix milliseconds. Not when the device measured. */
  readonly timestamp: Timestamp;
  readonly destination: {
    readonly provider: 'azure';
    readonly service: 'eventhubs';
    readonly resourceUrl: string;
    readonly payloadsOnly: boolean;
  };
  readonly credentialsId: string;
  readonly payloads: unknown;
  readonly sourceProtocol: SourceProtocol;
  readonly imsi: string;
  readonly imei?: string;
  readonly simId?: string;
}

/** The envelope as JSON text, fields in the order of Funnel's own. */
export function encodeEnvelope(envelope: Envelope): string {
  const { operatorId, timestamp, destination, credentialsId, payloads, sourceProtocol, imsi, imei, simId } = envelope;
  return JSON.stringify({
    operatorId,
    timestamp,
    destination,
    credentialsId,
    payloads,
    sourceProtocol,
    imsi,
    imei,
    simId,
  });
}

/** An Event Hubs event, opened. */
export interface DecodedEvent {
  /** The SIM that the network vouches for; `null` when Funnel sends payloads only. */
  readonly imsi: string | null;
  readonly imei: string | null;
  /** Funnel's handling time; the enqueued time where the event has none. */
  readonly timestamp: Timestamp;
  readonly payload: unknown;
}

/**
 * Opens an event's body: an envelope, or with `payloadsOnly` the payload itself. A payload that came as text (the
 * group's content type is not JSON) or as base64 (binary) is opened too.
 *
 * @param enqueuedAt when Event Hubs took the event, Unix milliseconds
 */
export function decodeEvent(body: Uint8Array | string, enqueuedAt: Timestamp): Decoded<DecodedEvent> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(typeof body === 'string' ? body : textOf(body));
  } catch (error) {
    return refused('invalid-json', `The event's body is not JSON: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return refused('not-an-object', `The event's body must be a JSON object, found ${shown(parsed)}.`);
  const event = parsed as Record<string, unknown>;
  if (event.payloads === undefined) {
    if (event.pref === undefined && event.v === undefined)
      return refused('missing-payload', 'The event has neither payloads nor pref.');
    return { ok: true, value: { imsi: null, imei: null, timestamp: enqueuedAt, payload: event } };
  }
  const payload =
    typeof event.payloads === 'string' ? openText(event.payloads) : { ok: true as const, value: event.payloads };
  if (!payload.ok) return payload;
  const { timestamp } = event;
  if (timestamp !== undefined && !isTimestamp(timestamp))
    return refused('invalid-time', `timestamp must be Unix milliseconds, found ${shown(timestamp)}.`);
  return {
    ok: true,
    value: {
      imsi: identity(event.imsi),
      imei: identity(event.imei),
      timestamp: timestamp ?? enqueuedAt,
      payload: payload.value,
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TypeError for bytes that are not UTF-8 */
function textOf(bytes: Uint8Array): string {
  // Most events are ASCII, which needs no decoding: a third of the time.
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return utf8.decode(bytes);
}

function openText(text: string): Decoded<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const bytes = Buffer.from(text, 'base64');
    if (text.length > 0 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')) {
      try {
        return { ok: true, value: JSON.parse(textOf(bytes)) };
      } catch {
        // neither JSON nor base64 of JSON: the first error is the one to tell
      }
    }
    return refused('invalid-json', `The payload is text that is not JSON: ${(error as Error).message}`);
  }
}

function isTimestamp(value: unknown): value is Timestamp {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 253_402_300_799_999;
}

function identity(value: unknown): string | null {
  if (typeof value !== 'string' || value.length === 0 || value.length > 20) return null;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return null; // 0 to 9
  }
  return value;
}
