import { AmqpFault, Condition, dataOf, pairsOf, type Section, SectionCode, sectionsOf, textAt } from '../amqp/index.ts';
import type { NewEvent } from '../log/index.ts';

/** The message format of a batch: data sections, each one an encoded message. */
const BATCH_FORMAT = 0x80013700;
const PARTITION_KEY = 'x-opt-partition-key';
/** Annotations that the service writes: a sender's own say nothing. */
const SERVICE_ANNOTATIONS = new Set([PARTITION_KEY, 'x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time']);
/** Event Hubs' own limit. */
const MAX_PARTITION_KEY_CHARACTERS = 128;
const NOTHING = Buffer.alloc(0);

/** What a sender published in one message. */
export interface Publication {
  /** All of its events go to the partition of this key. */
  readonly partitionKey: string | undefined;
  readonly events: readonly NewEvent[];
}

/**
 * The events of a message that came in, still encoded.
 *
 * @throws AmqpFault amqp:decode-error for bytes that are no message; com.microsoft:argument-error for a key that is too long
 */
export function readPublication(encoded: Buffer, format: number): Publication {
  try {
    return format === BATCH_FORMAT ? readBatch(encoded) : readSingle(encoded);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AmqpFault(Condition.decodeError, 'The message is not an encoded AMQP message.');
  }
}

function readSingle(encoded: Buffer): Publication {
  const event = readEvent(encoded, undefined);
  return { partitionKey: event.partitionKey, events: [event] };
}

function readBatch(encoded: Buffer): Publication {
  let partitionKey: string | undefined;
  const events: NewEvent[] = [];
  for (const section of sectionsOf(encoded)) {
    if (section.code === SectionCode.messageAnnotations) partitionKey = readAnnotations(encoded, section).partitionKey;
    if (section.code === SectionCode.data) events.push(readEvent(dataOf(encoded, section), partitionKey));
  }
  return { partitionKey: partitionKey ?? events[0]?.partitionKey, events };
}

/** Header and delivery annotations are for one hop, so they are not kept; the sender's annotations join the service's. */
function readEvent(encoded: Buffer, batchKey: string | undefined): NewEvent {
  let own: ReturnType<typeof readAnnotations> | undefined;
  let hasBody = false;
  const kept: Buffer[] = [];
  for (const section of sectionsOf(encoded)) {
    hasBody ||= section.code >= SectionCode.data && section.code <= SectionCode.value;
    if (section.code === SectionCode.messageAnnotations) own = readAnnotations(encoded, section);
    else if (section.code >= SectionCode.properties) kept.push(encoded.subarray(section.start, section.end));
  }
  if (!hasBody) throw new AmqpFault(Condition.decodeError, 'The message has no body.');
  return {
    partitionKey: own?.partitionKey ?? batchKey,
    annotations: own ? Buffer.concat(own.others) : NOTHING,
    annotationPairs: own?.others.length ?? 0,
    bare: kept.length === 1 ? kept[0]! : Buffer.concat(kept),
  };
}

function readAnnotations(encoded: Buffer, section: Section): { partitionKey: string | undefined; others: Buffer[] } {
  let partitionKey: string | undefined;
  const others: Buffer[] = [];
  for (const { key, keyAt, valueAt, end } of pairsOf(encoded, section)) {
    if (key === PARTITION_KEY) partitionKey = textAt(encoded, valueAt);
    else if (!SERVICE_ANNOTATIONS.has(key)) others.push(encoded.subarray(keyAt, end));
  }
  if (partitionKey !== undefined && partitionKey.length > MAX_PARTITION_KEY_CHARACTERS) {
    throw new AmqpFault(
      Condition.argumentError,
      `A partition key has at most ${MAX_PARTITION_KEY_CHARACTERS} characters; this one has ${partitionKey.length}.`,
    );
  }
  return { partitionKey, others };
}
