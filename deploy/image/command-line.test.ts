import { describe, expect, it } from 'vitest';
import { HELP, parseCommandLine } from './command-line.ts';
import { versionOf } from './provenance.ts';

describe('the command line of an image', () => {
  it('takes what it is told, and has a board, a format and a gate where it is told nothing', () => {
    expect(parseCommandLine(['agent', '--demo-signer'])).toMatchObject({
      kind: 'agent',
      board: { name: 'tashika-rpi-arm64' },
      signer: 'demo',
      format: 'plain',
      mostCvss: 8.9,
      approvedBy: undefined,
    });
    const key = 'pkcs11:token=images;object=signer';
    expect(
      parseCommandLine(['system', '--cert', 'a.pem', '--key', key, '--parent', 'system/1.0.0', '--most-cvss', '0']),
    ).toMatchObject({ signer: { cert: 'a.pem', key }, parent: { kind: 'system', version: '1.0.0' }, mostCvss: 0 });
    expect(parseCommandLine(['--help'])).toBeUndefined();
  });

  it.each([
    [[], 'It takes agent or system, found neither'],
    [['agent', 'system'], 'found agent system'],
    [['agent'], 'It needs a signer'],
    [['agent', '--cert', 'a.pem'], 'It needs a signer'],
    [['agent', '--demo-signer', '--cert', 'a.pem', '--key', 'b'], 'It needs a signer'],
    [['agent', '--demo-signer', '--board', 'pi'], '--board takes tashika-rpi-arm64'],
    [['agent', '--demo-signer', '--version', 'v1'], '--version takes a version that begins with a digit'],
    [['agent', '--demo-signer', '--version', '1 0'], '--version takes'],
    [['agent', '--demo-signer', '--parent', '1.0.0'], '--parent takes a name such as system/1.0.0'],
    [['agent', '--demo-signer', '--format', 'tar'], '--format takes plain or verity'],
    [['agent', '--demo-signer', '--most-cvss', '11'], '--most-cvss takes 0 to 10'],
    [['agent', '--demo-signer', '--most-cvss', 'high'], '--most-cvss takes 0 to 10'],
    [['agent', '--demo-signer', '--approve', 'me'], "Unknown option '--approve'"],
  ])('refuses %j as wrong usage', (args, message) => {
    expect(() => parseCommandLine(args)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });

  it('explains each option that it takes', () => {
    for (const name of [
      'cert',
      'key',
      'demo-signer',
      'board',
      'version',
      'parent',
      'approved-by',
      'format',
      'advisories',
      'out',
      'root',
    ])
      expect(HELP).toContain(`--${name}`);
  });
});

describe('the version of an image', () => {
  it('is no release where what it was built from is not committed', () => {
    expect(versionOf('1.2.3', { commit: 'a', uncommitted: [] })).toBe('1.2.3');
    expect(versionOf('1.2.3', { commit: 'a', uncommitted: ['edge/main.ts'] })).toBe('1.2.3+uncommitted');
    expect(versionOf('1.2.3+5', { commit: 'a', uncommitted: ['edge/main.ts'] })).toBe('1.2.3+5.uncommitted');
  });
});
