/**
 * Holds the outlines against the municipalities of the Japan Meteorological Agency, as the Python package reversejp has
 * them, at 20,000 random places on land:
 *
 *     python3 -m pip install reversejp==0.1.1
 *     node --conditions=source --import tsx edge/position/measure-outlines.ts
 */
import { execFileSync } from 'node:child_process';
import { resolveRegion } from '@tashika/shared/regions';
import { Prefectures } from './prefectures.ts';

const PLACES = `
import json, random, reversejp
random.seed(47)
places = []
while len(places) < 20000:
    latitude, longitude = random.uniform(24, 45.6), random.uniform(122.9, 145.9)
    found = reversejp.find_properties(longitude, latitude)
    if found and found[-1].code[:2].isdigit():
        places.append((found[-1].code[:2], latitude, longitude))
print(json.dumps(places))
`;

const answer = execFileSync('python3', ['-c', PLACES], { encoding: 'utf8', maxBuffer: 64_000_000 });
const places = JSON.parse(answer) as readonly (readonly [code: string, latitude: number, longitude: number])[];
const prefectures = new Prefectures();
const off: number[] = [];
let none = 0;
for (const [code, latitude, longitude] of places) {
  const found = prefectures.at({ latitude, longitude });
  if (found === undefined) none++;
  else if (found !== code) off.push(prefectures.kilometresFrom(resolveRegion(code)!, { latitude, longitude }));
}
off.sort((a, b) => a - b);
const share = (count: number) => `${((100 * count) / places.length).toFixed(2)} %`;
const quantile = (part: number) => `${off[Math.floor(off.length * part)]!.toFixed(1)} km`;
console.log(`right ${share(places.length - off.length - none)}, another ${share(off.length)}, none ${share(none)}`);
console.log(`from the right one where it is another: half within ${quantile(0.5)}, 90 % within ${quantile(0.9)}`);
