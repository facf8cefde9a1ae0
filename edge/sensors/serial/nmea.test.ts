import { describe, expect, it } from 'vitest';
import { checksum, parseNmea } from './nmea.ts';

function sentence(body: string): string {
  return `$${body}*${checksum(body).toString(16).padStart(2, '0').toUpperCase()}`;
}

function read(body: string) {
  return parseNmea(sentence(body)).fields.map(({ name, value, unit }) => [name, value, unit]);
}

describe('an NMEA 0183 sentence', () => {
  it('GGA is position, altitude and quality', () => {
    expect(parseNmea('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47').fields).toEqual([
      { name: 'gga/fix', value: 1 },
      { name: 'gga/satellites', value: 8, unit: 'count' },
      { name: 'gga/lat', value: expect.closeTo(48.1173, 4), unit: 'lat' },
      { name: 'gga/lon', value: expect.closeTo(11.5167, 4), unit: 'lon' },
      { name: 'gga/hdop', value: 0.9 },
      { name: 'gga/alt', value: 545.4, unit: 'm' },
    ]);
  });

  it('RMC is position, speed in m/s and course; south and west are negative', () => {
    expect(read('GNRMC,1,A,3545.5,S,13941.1,W,10.0,084.4,010126,,')).toEqual([
      ['rmc/lat', expect.closeTo(-35.7583, 4), 'lat'],
      ['rmc/lon', expect.closeTo(-139.685, 4), 'lon'],
      ['rmc/speed', expect.closeTo(5.1444, 4), 'm/s'],
      ['rmc/course', 84.4, 'deg'],
    ]);
  });

  it.each([
    ['GPGLL,3545.5,N,13941.1,E,1,A', ['gll/lat', 'gll/lon']],
    ['GPVTG,054.7,T,034.4,M,005.5,N,010.2,K', ['vtg/course', 'vtg/speed']],
    ['HEHDT,274.07,T', ['hdt/heading']],
    ['YXMTW,17.75,C', ['mtw/water-temp']],
    ['WIMWV,214.8,R,0.1,K,A', ['mwv/wind-angle', 'mwv/wind-speed']],
    ['SDDPT,3.6,0.0', ['dpt/depth']],
  ])('%s gives its values', (body, names) => {
    expect(read(body).map(([name]) => name)).toEqual(names);
  });

  it.each([
    ['no fix', 'GPRMC,1,V,,,,,,,010126,,'],
    ['a position outside the earth', 'GPGLL,9145.5,N,13941.1,E,1,A'],
    ['sixty minutes', 'GPGLL,3560.0,N,13941.1,E,1,A'],
    ['a hemisphere that is none', 'GPGLL,3545.5,X,13941.1,E,1,A'],
    ['satellites in view', 'GPGSV,1,1,00'],
    ["a maker's own sentence", 'PGRME,15.0,M,45.0,M,25.0,M'],
    ['wind in an unknown unit', 'WIMWV,,R,0.1,Z,A'],
  ])('gives nothing, and is no problem, with %s', (_name, body) => {
    expect(parseNmea(sentence(body))).toEqual({ fields: [], problems: [] });
  });

  it.each([
    '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*48',
    '$GPGGA,123519,4807.039,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
    '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,',
    'GGA,1',
    '038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
  ])('is refused when its checksum is wrong or missing: %s', (line) => {
    expect(parseNmea(line)).toMatchObject({ fields: [], problems: [expect.any(String)] });
  });

  it.each([
    ['GNRMC,1,A,3545.5,N,13941.1,E,10.0,084.4,010126,,', true],
    ['GNRMC,1,A,3545.5,N,13941.1,E,10.0,084.4,010126,,,D', true],
    ['GNRMC,1,A,3545.5,N,13941.1,E,10.0,084.4,010126,,,E', false],
    ['GNRMC,1,V,3545.5,N,13941.1,E,10.0,084.4,010126,,,N', false],
    ['GPGGA,123519,3545.5,N,13941.1,E,2,08,0.9,5.4,M,46.9,M,,', true],
    ['GPGGA,123519,3545.5,N,13941.1,E,0,00,,,M,,M,,', false],
    ['GPGGA,123519,3545.5,N,13941.1,E,6,08,0.9,5.4,M,46.9,M,,', false],
    ['GPGGA,123519,3565.5,N,13941.1,E,1,08,0.9,5.4,M,46.9,M,,', false],
    ['GPGLL,3545.5,N,13941.1,E,1,A', false],
  ])('%s says where the device is: %s', (body, says) => {
    const place = { latitude: expect.closeTo(35.7583, 4), longitude: expect.closeTo(139.685, 4) };
    expect(parseNmea(sentence(body)).position).toEqual(says ? place : undefined);
  });
});
