import { describe, expect, it } from 'vitest';
import { createSensors } from '../index.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { serialProblems } from './settings.ts';

const layout = [{ field: 'n', at: 0, type: 'u8' }];

function problemsOf(settings: object): string[] {
  const serial = [{ name: 'house', path: '/dev/ttyUSB0', ...settings }];
  return serialProblems(sensorsConfiguration({ serial }).serial);
}

describe('the settings of a serial line', () => {
  it.each([
    [{ format: 'json' }],
    [{ format: 'regex', pattern: '(?<n>\\d+)' }],
    [{ format: 'binary', frame: { bytes: 2, start: 'AA', layout } }],
    [{ format: 'csv', pollCommand: '0xff 01', silentMs: 5_000 }],
    [{ format: 'csv', pollCommand: 'READ\r\n' }],
  ])('%j are sound', (settings) => {
    expect(problemsOf(settings)).toEqual([]);
  });

  it.each([
    [{ format: 'regex' }, 'format regex needs pattern.'],
    [{ format: 'regex', pattern: '(?<n>' }, "pattern can't be used"],
    [{ format: 'json', pattern: '(?<n>.)' }, 'pattern is for format regex, and format is json.'],
    [{ format: 'binary' }, 'format binary needs frame.'],
    [{ format: 'json', frame: { bytes: 2, start: 'aa', layout } }, 'frame is for format binary, and format is json.'],
    [{ format: 'binary', frame: { bytes: 2, layout } }, 'nobody can tell where a frame begins'],
    [{ format: 'binary', frame: { bytes: 1, start: 'aabb', layout } }, 'longer than frame.bytes'],
    [{ format: 'binary', frame: { bytes: 2, checksum: { kind: 'sum8', at: 2 }, layout } }, 'outside of the frame'],
    [{ format: 'binary', frame: { bytes: 1, checksum: { kind: 'sum16' }, layout } }, 'outside of the frame'],
    [{ format: 'binary', frame: { bytes: 4, checksum: { kind: 'sum8', from: 3 }, layout } }, 'must come before'],
    [
      { format: 'binary', frame: { bytes: 4, gapMs: 50, layout: [{ field: 'n', at: 1, type: 'u32' }] } },
      "frame.layout n ends after the frame's 4 bytes.",
    ],
    [
      { format: 'binary', frame: { bytes: 9, gapMs: 50, layout: [{ field: 'n', at: 0, type: 'bcd', length: 8 }] } },
      'more than 14 decimal digits',
    ],
    [
      {
        format: 'binary',
        frame: { bytes: 9, gapMs: 50, layout: [{ field: 'n', at: 0, type: 'bits', bit: 9, length: 32 }] },
      },
      'beyond the 32nd',
    ],
    [{ format: 'binary', frame: { bytes: 4, gapMs: 50, layout: [...layout, ...layout] } }, 'names n twice'],
    [{ format: 'csv', pollCommand: '0xf' }, 'not bytes in hex'],
    [{ format: 'csv', position: true }, 'position is for format nmea, and format is csv.'],
  ])('%j are refused by name', (settings, problem) => {
    expect(problemsOf(settings)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(settings)[0]).toMatch(/^sensors\.serial house: /);
    const serial = [{ name: 'house', path: '/dev/ttyUSB0', ...settings }];
    expect(() => createSensors(sensorsConfiguration({ serial }), {} as never)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('let one receiver say where the device is', () => {
    const serial = ['bow', 'stern'].map((name) => ({ name, path: `/dev/${name}`, format: 'nmea', position: true }));
    expect(serialProblems(sensorsConfiguration({ serial }).serial)).toEqual([
      'sensors.serial: bow and stern have position, and only one can say where the device is.',
    ]);
  });
});
