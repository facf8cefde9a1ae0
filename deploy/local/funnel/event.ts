import { encodeEnvelope, type SourceProtocol } from '@tashika/shared/funnel';
import type { Timestamp } from '@tashika/shared/time';
import { type Sim, simIdOf } from '../sims/index.ts';
import { BODY_LIMIT_BYTES, type Refusal } from './answers.ts';
import type { FunnelGroup, GroupContentType } from './group.ts';

/** A body that arrived, with what the network knows about it. */
export interface Arrival {
  readonly sim: Sim;
  readonly group: FunnelGroup;
  readonly protocol: SourceProtocol;
  readonly body: Buffer;
  readonly at: Timestamp;
}

export type Opened = { readonly event: Buffer } | { readonly refusal: Refusal };

const OPERATOR_ID = 'OP0012345678';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Turns an arrival into the bytes of its Event Hubs event, or says why not. JSON reaches the cloud character for
 * character as the device wrote it: parsing and writing it again would turn 1e400 into null, round 64-bit integers and
 * drop doubled keys before anyone could see them.
 */
export function eventOf(arrival: Arrival): Opened {
  if (arrival.body.length > BODY_LIMIT_BYTES) return { refusal: { reason: 'too-large' } };
  const payload = payloadText(arrival.group.contentType, arrival.body);
  if (payload === undefined) return { refusal: { reason: 'invalid-json' } };
  if (arrival.group.payloadsOnly)
    return { event: arrival.group.contentType === 'json' ? Buffer.from(payload) : arrival.body };
  return { event: Buffer.from(envelopeAround(payload, arrival)) };
}

/** The payload as JSON text; undefined for what the group calls JSON and is not. */
function payloadText(contentType: GroupContentType, body: Buffer): string | undefined {
  switch (contentType) {
    case 'json':
      return jsonText(body);
    case 'binary':
      return JSON.stringify(body.toString('base64'));
    default:
      return JSON.stringify(body.toString('utf8'));
  }
}

/** Any JSON text passes Funnel's check, a bare number too. */
function jsonText(body: Buffer): string | undefined {
  try {
    const text = utf8.decode(body);
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

const PLACE = '\u0000payload\u0000';
const PLACE_IN_JSON = JSON.stringify(PLACE);

function envelopeAround(payload: string, { sim, group, protocol, at }: Arrival): string {
  const envelope = encodeEnvelope({
    operatorId: OPERATOR_ID,
    timestamp: at,
    destination: {
      provider: 'azure',
      service: 'eventhubs',
      resourceUrl: group.resourceUrl,
      payloadsOnly: group.payloadsOnly,
    },
    credentialsId: group.credentialsId,
    payloads: PLACE,
    sourceProtocol: protocol,
    imsi: sim.imsi,
    imei: sim.imei,
    ...(group.addSimId ? { simId: simIdOf(sim) } : {}),
  });
  const place = envelope.indexOf(PLACE_IN_JSON);
  return envelope.slice(0, place) + payload + envelope.slice(place + PLACE_IN_JSON.length);
}
