import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

describe('the command line of the packages', () => {
  it('builds for every machine unless told for which', () => {
    expect(parseCommandLine([]).architectures).toEqual(['arm64', 'armhf', 'amd64']);
    expect(parseCommandLine(['--architecture', 'arm64', '--architecture', 'amd64']).architectures).toEqual([
      'arm64',
      'amd64',
    ]);
  });

  it.each([
    [['--architecture', 'armel'], '--architecture takes arm64, armhf, amd64, found armel.'],
    [['--fast'], "Unknown option '--fast'."],
    [['arm64'], "Unexpected argument 'arm64'."],
  ])('refuses %j as wrong usage', (args, message) => {
    expect(() => parseCommandLine(args)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});
