import type { RegionCode } from '@tashika/shared/regions';
import { BORDERS } from './table.ts';

/** A place on the earth, WGS 84, in degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** A piece of coast or border. */
interface Border {
  /** The prefectures on its sides; one where the other side is the sea. */
  readonly codes: readonly RegionCode[];
  /** Longitude and latitude of its points in turn, in degrees. */
  readonly points: Float64Array;
  readonly south: number;
  readonly north: number;
}

const KILOMETRES_A_DEGREE = 111.2;
/** The coast is drawn with less detail than a harbour has; a ship further out is in no prefecture. */
const OFF_SHORE_KILOMETRES = 5;

const BYTES_OF_HEAD = 12;
const BYTES_OF_STEP = 4;
const STEPS_A_DEGREE = 1_000;

/**
 * The 47 prefectures as outlines of some 300 m of detail, made from Natural Earth's (see `make-table.ts`). Within about
 * a kilometre of a border the answer may be the neighbour; small islands that the source lacks are the nearest coast's.
 */
export class Prefectures {
  readonly #borders: readonly Border[] = bordersOf(Buffer.from(BORDERS, 'base64'));

  /** The prefecture of a place, or the nearest within 5 km of its coast; nothing elsewhere. */
  at(position: Position): RegionCode | undefined {
    const crossings = new Map<RegionCode, number>();
    for (const border of this.#borders) {
      if (position.latitude < border.south || position.latitude >= border.north) continue;
      const crossed = crossingsEastOf(position, border.points);
      for (const code of border.codes) crossings.set(code, (crossings.get(code) ?? 0) + crossed);
    }
    for (const [code, crossed] of crossings) if (crossed % 2 === 1) return code;
    return this.#nearest(position);
  }

  /** How far a place is from a prefecture's outline, from within or from without, in km. */
  kilometresFrom(code: RegionCode, position: Position): number {
    return (
      nearestOf(
        this.#borders.filter(({ codes }) => codes.includes(code)),
        position,
      )?.kilometres ?? Number.POSITIVE_INFINITY
    );
  }

  #nearest(position: Position): RegionCode | undefined {
    const margin = OFF_SHORE_KILOMETRES / KILOMETRES_A_DEGREE;
    const { latitude } = position;
    const near = this.#borders.filter(({ south, north }) => latitude > south - margin && latitude < north + margin);
    const nearest = nearestOf(near, position);
    return nearest && nearest.kilometres <= OFF_SHORE_KILOMETRES ? nearest.border.codes[0] : undefined;
  }
}

function bordersOf(table: Buffer): Border[] {
  const borders: Border[] = [];
  for (let at = 0; at < table.length; ) {
    const codes = [table[at]!, table[at + 1]!].filter((code) => code > 0);
    const count = table.readUInt16LE(at + 2);
    const points = new Float64Array(count * 2);
    let [x, y] = [table.readInt32LE(at + 4), table.readInt32LE(at + 8)];
    for (let index = 0; index < count; index++) {
      if (index > 0) {
        const step = at + BYTES_OF_HEAD + (index - 1) * BYTES_OF_STEP;
        x += table.readInt16LE(step);
        y += table.readInt16LE(step + 2);
      }
      points[index * 2] = x / STEPS_A_DEGREE;
      points[index * 2 + 1] = y / STEPS_A_DEGREE;
    }
    const latitudes = points.filter((_, index) => index % 2 === 1);
    borders.push({
      codes: codes.map((code) => String(code).padStart(2, '0') as RegionCode),
      points,
      south: Math.min(...latitudes),
      north: Math.max(...latitudes),
    });
    at += BYTES_OF_HEAD + (count - 1) * BYTES_OF_STEP;
  }
  return borders;
}

/** How often a ray to the east crosses the line: an odd number of times, summed over a whole outline, from within it. */
function crossingsEastOf({ latitude, longitude }: Position, points: Float64Array): number {
  let crossed = 0;
  for (let index = 2; index < points.length; index += 2) {
    const [x1, y1, x2, y2] = [points[index - 2]!, points[index - 1]!, points[index]!, points[index + 1]!];
    if (y1 > latitude === y2 > latitude) continue;
    if (longitude < x1 + ((latitude - y1) / (y2 - y1)) * (x2 - x1)) crossed++;
  }
  return crossed;
}

function nearestOf(borders: readonly Border[], position: Position): { border: Border; kilometres: number } | undefined {
  let nearest: { border: Border; kilometres: number } | undefined;
  for (const border of borders) {
    const kilometres = kilometresTo(border.points, position);
    if (!nearest || kilometres < nearest.kilometres) nearest = { border, kilometres };
  }
  return nearest;
}

/** On a plane around the place: at these distances the earth's curve is nothing. */
function kilometresTo(points: Float64Array, { latitude, longitude }: Position): number {
  const shrink = Math.cos((latitude * Math.PI) / 180);
  let square = Number.POSITIVE_INFINITY;
  for (let index = 2; index < points.length; index += 2) {
    const ax = (points[index - 2]! - longitude) * shrink;
    const ay = points[index - 1]! - latitude;
    const dx = (points[index]! - longitude) * shrink - ax;
    const dy = points[index + 1]! - latitude - ay;
    const along = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
    square = Math.min(square, (ax + along * dx) ** 2 + (ay + along * dy) ** 2);
  }
  return Math.sqrt(square) * KILOMETRES_A_DEGREE;
}
