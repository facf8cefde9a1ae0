import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { type LineParser, lineParser } from './parser.ts';

const json = lineParser({ format: 'json', delimiter: ',', columns: [] });
const csv = (columns: string[] = [], delimiter = ',') => lineParser({ format: 'csv', delimiter, columns });

function values(parse: LineParser, line: string): Record<string, unknown> {
  return Object.fromEntries(parse(line).fields.map(({ name, value }) => [name, value]));
}

describe('a JSON line', () => {
  it('gives numbers, booleans and texts, nested ones by their path', () => {
    expect(values(json, '{"t":23.4,"door":true,"mode":"auto","out":{"t":-3,"wind":[1,2]},"none":null}')).toEqual({
      t: 23.4,
      door: true,
      mode: 'auto',
      'out/t': -3,
      'out/wind/0': 1,
      'out/wind/1': 2,
    });
  });

  it.each(['', '{', '5', '"x"', 'null', '[1]', '{"a":NaN}', '{"a":1}}', 'temp=3'])('takes nothing from %j', (line) => {
    expect(json(line).fields).toEqual([]);
  });

  it('leaves out a number that is none, keeps the rest of the line, and says so', () => {
    const parsed = json('{"a":1e400,"b":"NaN","c":"-inf","d":5}');
    expect(parsed.fields).toEqual([{ name: 'd', value: 5 }]);
    expect(parsed.problems).toHaveLength(1);
  });

  it('is bounded in depth and in fields', () => {
    const deep = `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`;
    expect(json(deep)).toMatchObject({ fields: [], problems: [expect.stringContaining('Nested')] });
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`f${n}`, n])));
    expect(json(wide).fields).toHaveLength(256);
    expect(json(wide).problems).toHaveLength(1);
  });
});

describe('a CSV line', () => {
  it('is named by configured columns', () => {
    expect(values(csv(['t', 'ok', 'text', 'gone']), ' -3.5e1 ,TRUE,"a, ""b""",')).toEqual({
      t: -35,
      ok: true,
      text: 'a, "b"',
    });
  });

  it('is named by the header, which may come late, again, or changed', () => {
    const parse = csv();
    expect(parse('1,2').problems).toEqual(['No header yet.']);
    expect(parse('temp,hum')).toEqual({ fields: [], problems: [] });
    expect(values(parse, '1,2')).toEqual({ temp: 1, hum: 2 });
    expect(parse('temp,hum')).toEqual({ fields: [], problems: [] });
    expect(parse('hu').problems).toEqual(['1 values for 2 columns.']); // the device restarts within a line
    expect(parse('hum,co2')).toEqual({ fields: [], problems: [] });
    expect(values(parse, '1,2')).toEqual({ hum: 1, co2: 2 });
  });

  it('is a measurement where it has words alone among others, and names nothing anew', () => {
    const parse = csv();
    parse('door,temp');
    expect(values(parse, 'open,21')).toEqual({ door: 'open', temp: 21 });
    expect(values(parse, 'error,timeout')).toEqual({ door: 'error', temp: 'timeout' });
    expect(values(parse, 'open,22')).toEqual({ door: 'open', temp: 22 });
    parse('door,lock');
    expect(values(parse, 'open,23')).toEqual({ door: 'open', temp: 23 });
  });

  it('is a measurement right after the header, too, although it has words alone', () => {
    const parse = csv();
    parse('door,lock');
    expect(values(parse, 'open,shut')).toEqual({ door: 'open', lock: 'shut' });
  });

  it('keeps its names when the port is opened again, unless the device says others first', () => {
    const parse = csv();
    parse('temp,hum');
    parse.reopened?.();
    expect(values(parse, '1,2')).toEqual({ temp: 1, hum: 2 });
    parse.reopened?.();
    expect(parse('hum,co2,temp')).toEqual({ fields: [], problems: [] });
    expect(values(parse, '1,2,3')).toEqual({ hum: 1, co2: 2, temp: 3 });
  });

  it('does not take a device repeating the configured header for readings', () => {
    expect(csv(['temp', 'hum'])('temp,hum')).toEqual({ fields: [], problems: [] });
  });

  it('is a failed measurement, no header, where the firmware prints nan', () => {
    const parse = csv();
    parse('temp,hum');
    expect(parse('nan,ovf')).toMatchObject({ fields: [], problems: [expect.any(String)] });
    expect(values(parse, '1,2')).toEqual({ temp: 1, hum: 2 });
  });

  it.each([
    ['1,2,3', '3 values for 2 columns.'],
    ['1', '1 values for 2 columns.'],
    ['"1,2', 'A quote is not closed.'],
  ])('is refused as a whole when it is %s', (line, problem) => {
    expect(csv(['a', 'b'])(line)).toEqual({ fields: [], problems: [problem] });
  });

  it('takes other delimiters', () => {
    expect(values(csv(['a', 'b'], ';'), '1;2')).toEqual({ a: 1, b: 2 });
    expect(values(csv(['a', 'b'], '\t'), '1\t2')).toEqual({ a: 1, b: 2 });
  });
});

describe('every parser', () => {
  const parsers: [string, () => LineParser][] = [
    ['json', () => json],
    ['csv with columns', () => csv(['a', 'b', 'c'])],
    ['csv with a header', () => csv()],
    ['nmea', () => lineParser({ format: 'nmea', delimiter: ',', columns: [] })],
    [
      'regex',
      () => lineParser({ format: 'regex', delimiter: ',', columns: [], pattern: '(?<a>[-+.\\d]+)\\D*(?<b>\\d*)' }),
    ],
  ];
  const seeds = [
    '{"temp":23.4,"hum":51,"out":{"t":[1,null,"x"]}}',
    'temp,hum,co2',
    '1.5,nan,"a ""b"""',
    '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
    '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A',
  ];

  it.each(parsers)('%s survives mutilated lines, and gives only finite numbers', (_name, create) => {
    const random = seededRandom(8428);
    const parse = create();
    for (let round = 0; round < 5_000; round++) {
      const letters = [...seeds[Math.floor(random() * seeds.length)]!];
      for (let change = Math.floor(random() * 4); change > 0; change--) {
        const at = Math.floor(random() * letters.length);
        letters.splice(at, Math.floor(random() * 3), String.fromCharCode(Math.floor(random() * 256)));
      }
      const { fields, problems } = parse(letters.join(''));
      for (const { value } of fields) if (typeof value === 'number') expect(value).toSatisfy(Number.isFinite);
      expect(problems.length).toBeLessThanOrEqual(1);
    }
  });
});
