import type { Duration } from '@tashika/shared/time';
import type { HubEvent } from './hub.ts';
import type { BatchInHand, Mishap } from './worker.ts';

/** Words for what happens, so that a schedule that failed reads as a story. */

/** `now`, `5 s ago`, `in 1 ms`. */
export function offset(ms: Duration): string {
  if (ms === 0) return 'now';
  const length = Math.abs(ms);
  const text =
    length % 60_000 === 0 ? `${length / 60_000} min` : length % 1000 === 0 ? `${length / 1000} s` : `${length} ms`;
  return ms < 0 ? `${text} ago` : `in ${text}`;
}

/** An event by its place and what it brings: `1/0 (27 spool-1: 3–4)`. */
export function eventText({ partitionId, sequenceNumber, meaning }: HubEvent): string {
  const place = `${partitionId}/${sequenceNumber}`;
  if (meaning.is === 'poison') return `${place} (${meaning.reason})`;
  if (meaning.is === 'talk') return `${place} (talk ${meaning.region})`;
  const { stream, seq, readings } = meaning;
  return `${place} (${stream}: ${readings.length === 0 ? 'nothing' : range(seq, seq + readings.length - 1)})`;
}

export function range(first: number, last: number): string {
  return first === last ? `${first}` : `${first}–${last}`;
}

export function batchText({ events }: BatchInHand): string {
  return events.map(eventText).join(', ');
}

export function mishapText(mishap: Mishap | null): string {
  if (!mishap) return '';
  if (mishap.fails === 'before') return ', which first meets a deadlock';
  return mishap.fails === 'answer'
    ? ', whose answer is lost'
    : `, which first fails at its statement ${mishap.statement}`;
}
