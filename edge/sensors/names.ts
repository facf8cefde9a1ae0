const LONGEST = 200;
const ALLOWED = /[A-Za-z0-9\-:._]/;

/**
 * The SenML name of a reading (RFC 8428, section 4.5.1): the source's name, then the device's own name of it. SenML
 * allows few letters: others of ASCII become `_`, and the world's become their code points, so that 温度 (`u6e29u5ea6`)
 * and 湿度 stay two names. `sensor` in the configuration gives a better one.
 */
export function sensorName(source: string, ...parts: readonly string[]): string {
  const own = parts
    .flatMap((part) => part.split('/'))
    .map((part) => part.replace(/[\0-\x7f]/g, (letter) => (ALLOWED.test(letter) ? letter : '_')))
    .map((part) => part.replace(/[^\0-\x7f]/gu, (letter) => `u${letter.codePointAt(0)!.toString(16)}`))
    .filter((part) => part !== '');
  return [source, ...own].join('/').slice(0, LONGEST);
}
