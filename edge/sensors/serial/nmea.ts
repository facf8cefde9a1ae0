import { type Field, NOTHING, type Parsed, unreadable } from '../fields.ts';

const KNOT_IN_METRES_PER_SECOND = 1852 / 3600;

type SentenceReader = (cells: readonly string[]) => readonly (Field | undefined)[];

/**
 * The sentences that are readings, by the three letters after the talker's two. A receiver says the same position in
 * several sentences, so a field is named after its sentence (`rmc/lat`): nothing is counted twice under one name, and
 * `fields` in the configuration picks the ones that are wanted.
 */
const SENTENCES: Readonly<Record<string, SentenceReader>> = {
  // 0 time, 1-2 latitude, 3-4 longitude, 5 fix, 6 satellites, 7 dilution, 8-9 altitude
  GGA: (c) => [
    number('fix', c[5]),
    number('satellites', c[6], 'count'),
    ...(Number(c[5]) > 0 ? [...position(c[1], c[2], c[3], c[4]), number('hdop', c[7]), number('alt', c[8], 'm')] : []),
  ],
  // 0 time, 1 status, 2-3 latitude, 4-5 longitude, 6 knots, 7 course
  RMC: (c) =>
    c[1] === 'A'
      ? [
          ...position(c[2], c[3], c[4], c[5]),
          number('speed', c[6], 'm/s', KNOT_IN_METRES_PER_SECOND),
          number('course', c[7], 'deg'),
        ]
      : [],
  // 0-1 latitude, 2-3 longitude, 4 time, 5 status
  GLL: (c) => (c[5] === 'A' ? position(c[0], c[1], c[2], c[3]) : []),
  // 0-1 true course, 4-5 knots
  VTG: (c) => [number('course', c[0], 'deg'), number('speed', c[4], 'm/s', KNOT_IN_METRES_PER_SECOND)],
  HDT: (c) => [number('heading', c[0], 'deg')],
  // 0-1 water temperature
  MTW: (c) => [number('water-temp', c[0], 'Cel')],
  // 0 wind angle, 1 relative or true, 2-3 speed, 4 status
  MWV: (c) =>
    c[4] === 'A'
      ? [number('wind-angle', c[0], 'deg'), number('wind-speed', c[2], 'm/s', SPEED_UNITS[c[3] ?? ''] ?? Number.NaN)]
      : [],
  // 0 metres below the transducer
  DPT: (c) => [number('depth', c[0], 'm')],
};

const SPEED_UNITS: Readonly<Record<string, number>> = { N: KNOT_IN_METRES_PER_SECOND, M: 1, K: 1 / 3.6 };

/**
 * Reads an NMEA 0183 sentence; its checksum must be there and right. Sentences that carry no reading (satellites in
 * view, times, a maker's own) are no problem and give nothing; so does a receiver without a fix.
 */
export function parseNmea(line: string): Parsed {
  const text = line.trim();
  if (text.startsWith('!')) return NOTHING; // encapsulated: AIS
  const match = /^\$([^*$]+)\*([0-9A-Fa-f]{2})$/.exec(text);
  if (!match) return unreadable('Not an NMEA sentence with a checksum.');
  const body = match[1]!;
  if (checksum(body) !== Number.parseInt(match[2]!, 16)) return unreadable('Wrong NMEA checksum.');
  const [address = '', ...cells] = body.split(',');
  if (address.startsWith('P')) return NOTHING; // a maker's own
  const kind = address.slice(-3);
  const fields = (SENTENCES[kind]?.(cells) ?? []).filter((field) => field !== undefined);
  const at = MEASURED[kind]?.(cells) ? placeOf(fields) : undefined;
  return {
    fields: fields.map((field) => ({ ...field, name: `${kind.toLowerCase()}/${field.name}` })),
    problems: [],
    ...(at && { position: at }),
  };
}

/**
 * Whether a sentence's position was measured, and not computed from the speed, typed in or simulated: GGA's quality 1
 * to 5, RMC's mode indicator, which receivers before NMEA 2.3 leave out.
 */
const MEASURED: Readonly<Record<string, (cells: readonly string[]) => boolean>> = {
  GGA: (c) => /^[1-5]$/.test(c[5] ?? ''),
  RMC: (c) => c[1] === 'A' && !/^[ENSM]$/.test(c[11] ?? ''),
};

function placeOf(fields: readonly Field[]): { latitude: number; longitude: number } | undefined {
  const latitude = fields.find(({ name }) => name === 'lat')?.value;
  const longitude = fields.find(({ name }) => name === 'lon')?.value;
  return typeof latitude === 'number' && typeof longitude === 'number' ? { latitude, longitude } : undefined;
}

/** All characters between `$` and `*`, exclusive-or. */
export function checksum(body: string): number {
  let sum = 0;
  for (let index = 0; index < body.length; index++) sum ^= body.charCodeAt(index);
  return sum;
}

function number(name: string, cell: string | undefined, unit?: string, factor = 1): Field | undefined {
  if (cell === undefined || !/^-?\d+(\.\d*)?$|^-?\.\d+$/.test(cell)) return undefined;
  const value = Number(cell) * factor;
  return Number.isFinite(value) ? { name, value, ...(unit !== undefined && { unit }) } : undefined;
}

function position(
  latitude?: string,
  northSouth?: string,
  longitude?: string,
  eastWest?: string,
): (Field | undefined)[] {
  const lat = degrees(latitude, 90, northSouth, 'N', 'S');
  const lon = degrees(longitude, 180, eastWest, 'E', 'W');
  if (lat === undefined || lon === undefined) return [];
  return [
    { name: 'lat', value: lat, unit: 'lat' },
    { name: 'lon', value: lon, unit: 'lon' },
  ];
}

/** `ddmm.mmmm` or `dddmm.mmmm` and its hemisphere as signed degrees. */
function degrees(
  cell: string | undefined,
  limit: number,
  hemisphere: string | undefined,
  positive: string,
  negative: string,
): number | undefined {
  const match = /^(\d{1,3})(\d{2}(?:\.\d+)?)$/.exec(cell ?? '');
  if (!match || (hemisphere !== positive && hemisphere !== negative)) return undefined;
  const minutes = Number(match[2]);
  const value = Number(match[1]) + minutes / 60;
  if (minutes >= 60 || value > limit) return undefined;
  return hemisphere === negative ? -value : value;
}
