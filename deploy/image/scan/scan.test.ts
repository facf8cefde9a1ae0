import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImagePackage } from '../record/package-list.ts';
import { readAdvisories } from './advisory.ts';
import { baseScoreOf } from './cvss.ts';
import { scanOf } from './scan.ts';
import { compareDebian, compareSemantic } from './versions.ts';

describe('a CVSS score', () => {
  // Those that FIRST gives as examples, and published ones of NVD.
  it.each([
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
    ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N', 6.4],
    ['CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N', 3.1],
    ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 7.8],
    ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 0],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H/E:P/RL:O', 7.5],
  ])('of %s is %d', (vector, score) => {
    expect(baseScoreOf(vector)).toBe(score);
  });

  it.each([
    'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
    'AV:N/AC:L/Au:N/C:P/I:P/A:P',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H',
    'CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:Q/C:H/I:H/A:H',
    '',
  ])('is not guessed for %j', (vector) => {
    expect(baseScoreOf(vector)).toBeNull();
  });
});

describe('versions', () => {
  it('of Debian are in the order that dpkg has', () => {
    const inOrder = [
      '0~~',
      '0~',
      '0',
      '1.0~rc1-1',
      '1.0-1',
      '1.0-1+b1',
      '1.0-1+deb13u1',
      '1.0-2',
      '1.0a-1',
      '1.0+dfsg-1',
      '1.2',
      '1.10',
      '1:0.1',
    ];
    for (let index = 1; index < inOrder.length; index++) {
      const [older, newer] = [inOrder[index - 1]!, inOrder[index]!];
      expect(compareDebian(older, newer), `${older} < ${newer}`).toBeLessThan(0);
      expect(compareDebian(newer, older), `${newer} > ${older}`).toBeGreaterThan(0);
    }
    expect(compareDebian('2.41-12', '2.41-12')).toBe(0);
  });

  it('of npm are in the order of semantic versions', () => {
    const inOrder = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0',
      '1.0.1',
      '1.2.0',
      '1.10.0',
    ];
    for (let index = 1; index < inOrder.length; index++)
      expect(compareSemantic(inOrder[index - 1]!, inOrder[index]!), inOrder[index]).toBeLessThan(0);
    expect(compareSemantic('1.0.0+a', '1.0.0+b')).toBe(0);
  });
});

const libc: ImagePackage = {
  ...{ kind: 'deb', name: 'libc6', version: '2.41-12+b1', architecture: 'arm64' },
  ...{ source: 'glibc', sourceVersion: '2.41-12' },
};
const ws: ImagePackage = { kind: 'npm', name: 'ws', version: '8.16.0' };
const node: ImagePackage = { kind: 'program', name: 'node', version: '20.20.2' };

const advisory = (id: string, ecosystem: string, name: string, events: object[], vector?: string) => ({
  id,
  modified: '2026-01-02T03:04:05Z',
  affected: [
    { package: { ecosystem, name }, ranges: [{ type: ecosystem === 'npm' ? 'SEMVER' : 'ECOSYSTEM', events }] },
  ],
  ...(vector && { severity: [{ type: 'CVSS_V3', score: vector }] }),
});
const WORST = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tashika-advisories-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'osv.json'), content);
  return join(folder, 'osv.json');
}

const scanned = (advisories: object[], packages = [libc, ws, node], mostCvss = 8.9) =>
  scanOf(packages, readAdvisories(fileOf(JSON.stringify(advisories)), 'osv.dev'), mostCvss);

describe('a scan', () => {
  const others = [
    advisory('DSA-1', 'Debian:13', 'other', [{ introduced: '0' }]),
    advisory('GHSA-1', 'npm', 'other', [{ introduced: '0' }]),
  ];

  it('that had nothing to go by says so, and is not clean', () => {
    expect(scanOf([libc], undefined, 8.9)).toEqual({
      status: 'not scanned',
      reason: 'no advisories were given (--advisories FILE)',
    });
    expect(scanned([others[1]!])).toMatchObject({
      status: 'not scanned',
      reason: expect.stringMatching(/has no advisories of Debian:13$/),
    });
    expect(scanned([others[1]!], [ws, node])).toMatchObject({ status: 'scanned', found: [] });
  });

  it('names its source, how new it is, and what it does not know', () => {
    const newer = { ...others[0]!, modified: '2026-11-01T00:00:00Z' };
    expect(scanned([newer, others[1]!])).toEqual({
      status: 'scanned',
      scanner: expect.stringMatching(
        /^OSV file osv\.dev, SHA-256 [0-9a-f]{12}… \(OSV knows no advisories of node itself\)$/,
      ),
      advisoriesOf: '2026-11-01T00:00:00.000Z',
      found: [],
      gate: { mostCvss: 8.9, passed: true },
    });
  });

  it('finds by the source package of Debian and its version, by CVE, with the score', () => {
    const found = scanned([
      ...others,
      {
        ...advisory('DSA-2', 'Debian:13', 'glibc', [{ introduced: '0' }, { fixed: '2.41-12+deb13u1' }], WORST),
        upstream: ['CVE-2026-1'],
      },
      advisory('DSA-3', 'Debian:13', 'glibc', [{ introduced: '0' }, { fixed: '2.41-12' }], WORST),
      advisory('DSA-4', 'Debian:12', 'glibc', [{ introduced: '0' }], WORST),
    ]);
    expect(found).toMatchObject({
      found: [{ id: 'CVE-2026-1', package: 'libc6', version: '2.41-12+b1', cvss: 9.8 }],
      gate: { passed: false },
    });
    expect(
      scanned([...others, advisory('DSA-2', 'Debian:13', 'glibc', [{ introduced: '0' }], WORST)], undefined, 9.8),
    ).toMatchObject({
      gate: { passed: true },
    });
  });

  it.each<[string, object[], boolean]>([
    ['8.0.0 to 8.17.1', [{ introduced: '8.0.0' }, { fixed: '8.17.1' }], true],
    ['up to 8.16.0', [{ introduced: '0' }, { last_affected: '8.16.0' }], true],
    ['up to 8.15.9', [{ introduced: '0' }, { last_affected: '8.15.9' }], false],
    ['8.16.1 and newer', [{ introduced: '8.16.1' }], false],
    ['two ranges, between them', [{ introduced: '0' }, { fixed: '7.0.0' }, { introduced: '9.0.0' }], false],
    [
      'two ranges, in the second',
      [{ introduced: '0' }, { fixed: '7.0.0' }, { introduced: '8.1.0' }, { fixed: '8.17.0' }],
      true,
    ],
  ])('reads ranges as OSV means them: %s', (_, events, isAffected) => {
    const { found } = scanned([...others, advisory('GHSA-2', 'npm', 'ws', events)], [ws]) as { found: unknown[] };
    expect(found).toHaveLength(isAffected ? 1 : 0);
  });

  it('lists what has no score, which fails nothing, and leaves out what was withdrawn', () => {
    const unscored = advisory('GHSA-2', 'npm', 'ws', [{ introduced: '0' }]);
    const withdrawn = {
      ...advisory('GHSA-3', 'npm', 'ws', [{ introduced: '0' }], WORST),
      withdrawn: '2026-01-01T00:00:00Z',
    };
    expect(scanned([...others, unscored, withdrawn])).toMatchObject({
      found: [{ id: 'GHSA-2', cvss: null }],
      gate: { passed: true },
    });
  });

  it('takes advisories one a line, and refuses a file that holds something else', () => {
    const lines = fileOf(others.map((each) => JSON.stringify(each)).join('\n'));
    expect(readAdvisories(lines, undefined).all).toHaveLength(2);
    for (const [content, why] of [
      ['[]', 'it is empty'],
      ['{"id": "x"}', 'number 1'],
      ['[{"id": 1, "modified": "2026-01-01T00:00:00Z"}]', 'number 1, id'],
      ['not json', 'JSON'],
    ] as const)
      expect(() => readAdvisories(fileOf(content), undefined)).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(why) }),
      );
  });
});
