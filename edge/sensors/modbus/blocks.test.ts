import { describe, expect, it } from 'vitest';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { seededRandom } from '../testing/random.ts';
import { blocksOf } from './blocks.ts';
import { registerValue } from './register-value.ts';
import { modbusProblems, type Register, width } from './settings.ts';

function line(registers: readonly object[]) {
  const named = registers.map((register, index) => ({ sensor: `r${index}`, ...register }));
  return sensorsConfiguration({ modbus: [{ name: 'line', path: '/dev/none', registers: named }] }).modbus[0]!;
}

function spans(registers: readonly object[], maxGap = 0) {
  return blocksOf(line(registers).registers, maxGap).map(({ unitId, function: table, address, count }) => [
    unitId,
    table,
    address,
    count,
  ]);
}

describe('the requests for a register map', () => {
  it('read neighbours together, and nothing that was not asked for', () => {
    expect(spans([{ address: 4 }, { address: 0, type: 'f32' }, { address: 2, type: 'u32' }, { address: 6 }])).toEqual([
      [1, 'holding', 0, 5],
      [1, 'holding', 6, 1],
    ]);
  });

  it('read over a gap where they may', () => {
    expect(spans([{ address: 0 }, { address: 6 }, { address: 13 }], 5)).toEqual([
      [1, 'holding', 0, 7],
      [1, 'holding', 13, 1],
    ]);
  });

  it('keep units and tables apart', () => {
    expect(
      spans([
        { address: 0 },
        { address: 1, unitId: 2 },
        { address: 1, function: 'input' },
        { address: 1, function: 'coil' },
      ]),
    ).toEqual([
      [1, 'coil', 1, 1],
      [1, 'holding', 0, 1],
      [1, 'input', 1, 1],
      [2, 'holding', 1, 1],
    ]);
  });

  it('ask for no more than the protocol allows, and cover every register once', () => {
    const random = seededRandom(125);
    for (let round = 0; round < 100; round++) {
      const registers = Array.from({ length: 200 }, () => ({
        address: Math.floor(random() * 600),
        type: random() < 0.3 ? 'f64' : 'u16',
        function: random() < 0.3 ? 'coil' : 'holding',
      }));
      const blocks = blocksOf(line(registers).registers, 3);
      expect(blocks.flatMap((block) => block.registers.map(({ sensor }) => sensor)).toSorted()).toEqual(
        registers.map((_, index) => `r${index}`).toSorted(),
      );
      for (const block of blocks) {
        expect(block.count).toBeLessThanOrEqual(block.function === 'coil' ? 2_000 : 125);
        for (const register of block.registers) {
          expect(register.address).toBeGreaterThanOrEqual(block.address);
          expect(register.address + width(register)).toBeLessThanOrEqual(block.address + block.count);
        }
      }
    }
  });
});

describe('a register', () => {
  const value = (hex: string, register: object, offset = 0) =>
    registerValue(
      Buffer.from(hex.replaceAll(' ', ''), 'hex'),
      offset,
      line([{ address: 0, ...register }]).registers[0]!,
    );

  it.each<[string, Partial<Register>, number | boolean, number?]>([
    ['ff fe', { type: 'i16', scale: 0.1 }, -0.2],
    ['00 00 ff ff', { type: 'u16' }, 65_535, 1],
    ['00 01 00 02', { type: 'u32' }, 65_538],
    ['00 01 00 02', { type: 'u32', wordOrder: 'little' }, 131_073],
    ['41 bb 33 33', { type: 'f32' }, 23.4],
    ['33 33 41 bb', { type: 'f32', wordOrder: 'little' }, 23.4],
    ['00 04 00 03 00 02 00 01', { type: 'u64', wordOrder: 'little' }, 281_483_566_841_860],
    ['04 01', { function: 'coil' }, false],
    ['04 01', { function: 'coil' }, true, 2],
    ['04 01', { function: 'discrete' }, true, 8],
  ])('%s as %j is %s', (hex, register, expected, offset) => {
    expect(value(hex, register, offset)).toBe(expected);
  });

  it('that holds no number gives NaN', () => {
    expect(value('7f c0 00 00', { type: 'f32', scale: 2 })).toBeNaN();
  });

  it('has a name of its own and an address that is there', () => {
    expect(
      modbusProblems(
        line([
          { address: 65_535, type: 'u32' },
          { address: 0, sensor: 'r0' },
        ]),
      ),
    ).toEqual([
      'sensors.modbus line: r0 ends after the last address, 65535.',
      'sensors.modbus line: two registers are named r0; every one needs a name of its own.',
    ]);
  });
});
