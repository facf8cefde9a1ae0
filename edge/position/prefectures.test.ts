import { REGIONS } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import { Prefectures } from './prefectures.ts';

const prefectures = new Prefectures();
const at = (latitude: number, longitude: number) => prefectures.at({ latitude, longitude });

/** The 47 prefectural offices. */
const OFFICES: Readonly<Record<string, readonly [number, number]>> = {
  '01': [43.06417, 141.34694],
  '02': [40.82444, 140.74],
  '03': [39.70361, 141.1525],
  '04': [38.26889, 140.87194],
  '05': [39.71861, 140.1025],
  '06': [38.24056, 140.36333],
  '07': [37.75, 140.46778],
  '08': [36.34139, 140.44667],
  '09': [36.56583, 139.88361],
  '10': [36.39111, 139.06083],
  '11': [35.85694, 139.64889],
  '12': [35.60472, 140.12333],
  '13': [35.68944, 139.69167],
  '14': [35.44778, 139.6425],
  '15': [37.90222, 139.02361],
  '16': [36.69528, 137.21139],
  '17': [36.59444, 136.62556],
  '18': [36.06528, 136.22194],
  '19': [35.66389, 138.56833],
  '20': [36.65139, 138.18111],
  '21': [35.39111, 136.72222],
  '22': [34.97694, 138.38306],
  '23': [35.18028, 136.90667],
  '24': [34.73028, 136.50861],
  '25': [35.00444, 135.86833],
  '26': [35.02139, 135.75556],
  '27': [34.68639, 135.52],
  '28': [34.69139, 135.18306],
  '29': [34.68528, 135.83278],
  '30': [34.22611, 135.1675],
  '31': [35.50361, 134.23833],
  '32': [35.47222, 133.05056],
  '33': [34.66167, 133.935],
  '34': [34.39639, 132.45944],
  '35': [34.18583, 131.47139],
  '36': [34.06583, 134.55944],
  '37': [34.34028, 134.04333],
  '38': [33.84167, 132.76611],
  '39': [33.55972, 133.53111],
  '40': [33.60639, 130.41806],
  '41': [33.24944, 130.29889],
  '42': [32.74472, 129.87361],
  '43': [32.78972, 130.74167],
  '44': [33.23806, 131.6125],
  '45': [31.91111, 131.42389],
  '46': [31.56028, 130.55806],
  '47': [26.2125, 127.68111],
};

/** Railway stations near a border, and islands. */
const PLACES: readonly (readonly [place: string, code: string, latitude: number, longitude: number])[] = [
  ['Machida station', '13', 35.542, 139.4455],
  ['Kawasaki station', '14', 35.5312, 139.6969],
  ['Kamata station', '13', 35.5625, 139.7161],
  ['Matsudo station', '12', 35.7844, 139.9008],
  ['Urayasu station', '12', 35.6659, 139.893],
  ['Kasai station', '13', 35.6636, 139.8727],
  ['Kawaguchi station', '11', 35.8019, 139.7175],
  ['Akabane station', '13', 35.7781, 139.7208],
  ['Tokorozawa station', '11', 35.7869, 139.4731],
  ['Atami station', '22', 35.1037, 139.0777],
  ['Yugawara station', '14', 35.146, 139.1023],
  ['Odawara station', '14', 35.2564, 139.1554],
  ['Yokokawa station', '10', 36.3366, 138.7386],
  ['Shimonoseki station', '35', 33.9507, 130.9226],
  ['Mojiko station', '40', 33.9046, 130.962],
  ['Sekigahara station', '21', 35.3634, 136.47],
  ['Maibara station', '25', 35.3147, 136.2898],
  ['Takatsuki station', '27', 34.8517, 135.6178],
  ['Nagaokakyo station', '26', 34.9262, 135.6906],
  ['Amagasaki station', '28', 34.7327, 135.4316],
  ['Tsukamoto station', '27', 34.7134, 135.4691],
  ['Ikoma station', '29', 34.6933, 135.6975],
  ['Ishikiri station', '27', 34.6817, 135.652],
  ['Oyama station', '09', 36.3127, 139.8062],
  ['Koga station', '08', 36.1926, 139.7096],
  ['Ashikaga station', '09', 36.3322, 139.4562],
  ['Kiryu station', '10', 36.4112, 139.3331],
  ['Kumagaya station', '11', 36.1395, 139.39],
  ['Toride station', '08', 35.8956, 140.063],
  ['Abiko station', '12', 35.8727, 140.0106],
  ['Nagoya station', '23', 35.1709, 136.8815],
  ['Gifu-Hashima station', '21', 35.3158, 136.6856],
  ['Toyohashi station', '23', 34.763, 137.3817],
  ['Hamamatsu station', '22', 34.7038, 137.7348],
  ['Otsu station', '25', 35.0031, 135.8648],
  ['Yamashina station', '26', 34.9923, 135.817],
  ['Matsue station', '32', 35.4641, 133.064],
  ['Fukuyama station', '34', 34.489, 133.3622],
  ['Tosu station', '41', 33.37, 130.52],
  ['Kurume station', '40', 33.3213, 130.5022],
  ['Ichinoseki station', '03', 38.9262, 141.138],
  ['Hachinohe station', '02', 40.5092, 141.4316],
  ['Kanazawa station', '17', 36.578, 136.6478],
  ['Shodoshima', '37', 34.49, 134.24],
  ['Naruto', '36', 34.179, 134.609],
  ['Sado', '15', 38.02, 138.37],
  ['Izuhara', '42', 34.2027, 129.2876],
  ['Iki', '42', 33.75, 129.69],
  ['Oshima', '13', 34.75, 139.36],
  ['Hachijo', '13', 33.11, 139.79],
  ['Chichijima', '13', 27.09, 142.19],
  ['Nagashima', '46', 32.18, 130.15],
  ['Shishijima', '46', 32.28, 130.23],
  ['Yoron', '46', 27.04, 128.43],
  ['Iheya', '47', 27.06, 127.97],
  ['the middle of Lake Biwa', '25', 35.25, 136.08],
  ['Naze', '46', 28.378, 129.494],
  ['Yakushima-Anbo', '46', 30.39, 130.65],
  ['Ishigaki', '47', 24.34, 124.16],
  ['Miyako', '47', 24.805, 125.281],
  ['Yonaguni', '47', 24.467, 123.005],
  ['Rishiri', '01', 45.18, 141.24],
  ['Sumoto', '28', 34.3429, 134.896],
];

describe('the prefecture of a place', () => {
  it.each(REGIONS.map(({ code, en }) => [en, code] as const))('is right at the office of %s', (_name, code) => {
    expect(at(...OFFICES[code]!)).toBe(code);
  });

  it.each(PLACES)('is right at %s', (_place, code, latitude, longitude) => {
    expect(at(latitude, longitude)).toBe(code);
  });

  // What the outlines are not good for: these are answered wrong.
  it.each([
    ['Kanamachi station', '13', '12', 35.7695, 139.8705],
    ['Karuizawa station', '20', '10', 36.3428, 138.635],
    ['Kurihashi station', '11', '08', 36.1352, 139.6941],
  ])('is the neighbour at %s, which lies within 1.2 km of the border', (_place, code, answer, latitude, longitude) => {
    expect(at(latitude, longitude)).toBe(answer);
    expect(prefectures.kilometresFrom(code as never, { latitude, longitude })).toBeLessThan(1.2);
  });

  it('is that of the nearest coast on an island that the outlines lack', () => {
    expect(at(34.46, 133.995)).toBe('33'); // Naoshima, which is Kagawa's (37), 3 km off Okayama's coast
  });

  it('is the nearest one in a harbour and on a bridge, and none at sea and abroad', () => {
    expect(at(35.595, 139.93)).toBeDefined(); // Tokyo Bay, 5 km off Urayasu
    expect(at(34.31, 134.655)).toBeDefined(); // over the strait of Naruto
    expect(at(33.0, 137.5)).toBeUndefined();
    expect(at(37.57, 126.98)).toBeUndefined(); // Seoul
    expect(at(0, 0)).toBeUndefined();
    expect(at(Number.NaN, 139)).toBeUndefined();
  });

  it('is found over all of Japan, and is one alone', () => {
    const found = new Set<string>();
    for (let latitude = 24; latitude < 46; latitude += 0.1)
      for (let longitude = 122.5; longitude < 146; longitude += 0.1) {
        const code = at(latitude, longitude);
        if (code !== undefined) found.add(code);
      }
    expect(found.size).toBe(47);
  });
});
