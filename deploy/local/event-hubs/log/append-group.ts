import { type EventPlace, type NewEvent, recordBound, writeRecord } from './record.ts';

/** A batch that waits to be written. */
export interface PendingAppend {
  readonly events: readonly NewEvent[];
  readonly resolve: (first: EventPlace) => void;
  readonly reject: (error: unknown) => void;
}

/** What one write puts into the log. */
export interface EncodedGroup {
  readonly bytes: Buffer;
  /** The place of each batch's first event. */
  readonly firsts: readonly EventPlace[];
  /** The places of all events. */
  readonly places: readonly EventPlace[];
}

/** One write takes what waits, up to about this. */
const GROUP_BYTES = 4 * 1024 * 1024;

/** Takes from the queue what one write shall hold. */
export function takeGroup(queue: PendingAppend[]): PendingAppend[] {
  let bytes = 0;
  const count = queue.findIndex(({ events }) => {
    const full = bytes > GROUP_BYTES;
    bytes += bound(events);
    return full;
  });
  return queue.splice(0, count < 0 ? queue.length : count);
}

/** Encodes batches one after the other; `start` is the place of the first event. */
export function encodeGroup(group: readonly PendingAppend[], start: EventPlace): EncodedGroup {
  const buffer = Buffer.allocUnsafeSlow(group.reduce((sum, { events }) => sum + bound(events), 0));
  const places: EventPlace[] = [];
  const firsts: EventPlace[] = [];
  let at = 0;
  for (const { events } of group) {
    for (const [index, event] of events.entries()) {
      const place = {
        sequenceNumber: start.sequenceNumber + places.length,
        offset: start.offset + at,
        enqueuedTime: start.enqueuedTime,
      };
      at += writeRecord(buffer, at, event, place, events.length - 1 - index);
      places.push(place);
      if (index === 0) firsts.push(place);
    }
  }
  return { bytes: buffer.subarray(0, at), firsts, places };
}

function bound(events: readonly NewEvent[]): number {
  return events.reduce((sum, event) => sum + recordBound(event), 0);
}
