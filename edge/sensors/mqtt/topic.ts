/** Whether `topic` matches `filter` by MQTT 3.1.1, section 4.7. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  // A wildcard at the front never matches the broker's own topics, such as $SYS (section 4.7.2).
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (let index = 0; index < wanted.length; index++) {
    if (wanted[index] === '#') return true;
    if (index >= levels.length) return false;
    if (wanted[index] !== '+' && wanted[index] !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** MQTT 3.1.1, section 1.5.3: a text has two bytes for its length. */
const MOST_TOPIC_BYTES = 65_535;

/** Why a broker would refuse a topic filter, by MQTT 3.1.1, section 4.7; undefined for one that is valid. */
export function filterProblem(filter: string): string | undefined {
  const levels = filter.split('/');
  if (filter === '') return 'it is empty';
  if (filter.includes('\0')) return 'it has a null character';
  if (Buffer.byteLength(filter) > MOST_TOPIC_BYTES) return `it is longer than ${MOST_TOPIC_BYTES} bytes`;
  if (levels.slice(0, -1).some((level) => level.includes('#'))) return '# stands at the end only';
  if (levels.at(-1)!.includes('#') && levels.at(-1) !== '#') return '# stands alone behind a /';
  if (levels.some((level) => level.includes('+') && level !== '+')) return '+ stands alone between two /';
  return undefined;
}

/** Whether some topic matches both filters. */
export function overlapping(one: string, other: string): boolean {
  const a = one.split('/');
  const b = other.split('/');
  for (let index = 0; ; index++) {
    if (a[index] === '#' || b[index] === '#') return true; // `#` matches its parent level too
    if (index >= a.length || index >= b.length) {
      const rest = index >= a.length ? b : a;
      return a.length === b.length || (rest.length === index + 1 && rest[index] === '#');
    }
    if (a[index] !== '+' && b[index] !== '+' && a[index] !== b[index]) return false;
  }
}

export interface MatchedLevels {
  /** The levels that the filter's wildcards stand for; all of them, where it has none. */
  readonly matched: readonly string[];
  /** The last level of the topic. */
  readonly last: string;
}

/** What of a topic the wildcards of a filter stand for, where it matches. */
export function matchedLevels(filter: string, topic: string): MatchedLevels {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  const matched = levels.filter((_, index) => index >= wanted.length || /^[+#]$/.test(wanted[index]!));
  return { matched: matched.length > 0 ? matched : levels, last: levels.at(-1)! };
}
