const LONGEST = 200;

/**
 * The SenML name of a reading (RFC 8428, section 4.5.1): the source's name, then the device's own name of it, with `_`
 * for every letter that SenML does not allow.
 */
export function sensorName(source: string, ...parts: readonly string[]): string {
  const own = parts
    .flatMap((part) => part.split('/'))
    .map((part) => part.replace(/[^A-Za-z0-9\-:._]+/g, '_'))
    .filter((part) => part !== '');
  return [source, ...own].join('/').slice(0, LONGEST);
}
