/** What `/api/live` can answer. */
export type LiveMediaType = 'text/event-stream' | 'application/json';

/**
 * The form of the live feed that an Accept header asks for (RFC 9110, 12.5.1): the higher weight wins, then the one
 * that is named, then the stream. Undefined when neither is acceptable.
 */
export function negotiate(accept: string | undefined): LiveMediaType | undefined {
  if (accept === undefined || accept.trim() === '') return 'text/event-stream';
  const ranges = accept.split(',').map(rangeOf);
  const stream = preference(ranges, 'text', 'event-stream');
  const snapshot = preference(ranges, 'application', 'json');
  if (stream.weight <= 0 && snapshot.weight <= 0) return undefined;
  if (snapshot.weight !== stream.weight)
    return snapshot.weight > stream.weight ? 'application/json' : 'text/event-stream';
  return snapshot.specificity > stream.specificity ? 'application/json' : 'text/event-stream';
}

interface Range {
  readonly name: string;
  readonly weight: number;
}

function rangeOf(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { name, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

function preference(ranges: readonly Range[], type: string, subtype: string) {
  for (const [index, name] of [`${type}/${subtype}`, `${type}/*`, '*/*'].entries()) {
    const range = ranges.find((each) => each.name === name);
    if (range) return { weight: range.weight, specificity: 2 - index };
  }
  return { weight: 0, specificity: 0 };
}
