import { describe, expect, it } from 'vitest';
import { formatFor } from './format.ts';
import { writtenAmount, writtenUnit } from './units.ts';

const { measured } = formatFor('en', 'Asia/Tokyo');

function written(value: number, unit: string): string {
  const amount = writtenAmount(value, unit);
  return `${measured(amount.value, 3)} ${amount.unit}`.trimEnd();
}

describe('a unit', () => {
  it('is written as people do, and as it is where SenML writes it so too', () => {
    expect(['Cel', 'm/s2', '/', 'lx', 'toString'].map(writtenUnit)).toEqual(['°C', 'm/s²', '', 'lx', 'toString']);
  });
});

describe('an amount', () => {
  it('of bytes has a binary prefix, and at most three digits before the point', () => {
    expect([0, 512, 1_000, 1_048_576, 2.24e10, -3 * 1024 ** 4, 1e30].map((value) => written(value, 'B'))).toEqual([
      '0 B',
      '512 B',
      '0.977 KiB',
      '1 MiB',
      '20.9 GiB',
      '-3 TiB',
      '8.67E11 EiB',
    ]);
  });

  it('of anything else is what it is', () => {
    expect([written(2.24e10, 'Hz'), written(21.5, 'Cel'), written(0.25, '/')]).toEqual([
      '2.24E10 Hz',
      '21.5 °C',
      '0.25',
    ]);
  });
});
