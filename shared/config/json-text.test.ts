import { describe, expect, it } from 'vitest';
import { parseJsonText } from './json-text.ts';

describe('a JSON text that a person wrote', () => {
  it.each([
    ['', 'line 1, column 1'],
    ['\n\n', 'line 3, column 1'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3'],
    ['{\r\n  "a": 1,\r\n}', 'line 3, column 1'],
    ['{"a": [1, 2,, 3]}', 'line 1, column 13'],
    ['{"a": [1, 2}', 'line 1, column 12'],
    ['{"a": "open', 'line 1, column 7'],
    ['{"a": "tab\there"}', 'line 1, column 7'],
    ["{'a': 1}", 'line 1, column 2'],
    ['{"a": 1} // why', 'line 1, column 10'],
    ['{"a": 01}', 'line 1, column 8'],
    ['{"a": tru}', 'line 1, column 7'],
    ['[', 'line 1, column 2'],
  ])('%j is refused at %s', (text, place) => {
    expect(() => parseJsonText(text)).toThrow(new SyntaxError(place));
  });

  it('is never quoted where it is refused', () => {
    expect(() => parseJsonText('hunter2')).toThrow(/^line 1, column 1$/);
  });

  it('may begin with a byte order mark', () => {
    expect(parseJsonText('\uFEFF{"a":"\uFEFF"}')).toEqual({ a: '\uFEFF' });
  });

  it('is refused where a character stands that belongs nowhere', () => {
    const whole = '{"a":[1.5e-3,true,{"b":"\\u00e9\u007f"},[]],"c":{},"d":null}';
    const places = [...whole.matchAll(/[{}[\]:,]/g)].map(({ index }) => index);
    for (const at of places)
      expect(() => parseJsonText(`${whole.slice(0, at)}#${whole.slice(at)}`)).toThrow(`line 1, column ${at + 1}`);
    expect(parseJsonText(whole)).toEqual({ a: [1.5e-3, true, { b: 'é\u007f' }, []], c: {}, d: null });
  });
});
