import { serverTime } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';

/** A time of the API, to the minute, as the reader's language writes it. */
export function timeOf(at: string): string {
  return format.value.dayAndMinute(Date.parse(at));
}

/** A time and how long ago that is, where the server's time is known. */
export function timeAndAgeOf(at: string): string {
  if (serverTime.value === null) return timeOf(at);
  return text.value.fleet.timeAndAge(timeOf(at), format.value.counter(serverTime.value - Date.parse(at)));
}

/** Since when, and for how long where the server's time is known. */
export function sinceOf(at: string): string {
  const words = text.value.fleet.rollout;
  if (serverTime.value === null) return words.since(timeOf(at));
  return words.sinceFor(timeOf(at), format.value.counter(serverTime.value - Date.parse(at)));
}
