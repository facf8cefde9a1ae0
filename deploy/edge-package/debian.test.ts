import { describe, expect, it } from 'vitest';
import { changelog, controlFile } from './debian.ts';
import { TARGETS } from './target.ts';

const RELEASE = { version: '1.2.3', madeAt: 1_700_000_000 };

function fieldsOf(control: string): Record<string, string> {
  return Object.fromEntries([...control.matchAll(/^([A-Z][\w-]+): (.*)$/gm)].map(([, name, value]) => [name, value]));
}

describe('what dpkg is told', () => {
  it('needs the system’s Node only where none is carried, in the version that the agent wants', () => {
    expect(fieldsOf(controlFile(TARGETS.arm64, RELEASE, true, 1)).Depends).not.toContain('nodejs');
    expect(fieldsOf(controlFile(TARGETS.armhf, RELEASE, false, 1)).Depends).toContain('nodejs (>= 20.19)');
  });

  it('rounds the installed size up to KiB', () => {
    expect(fieldsOf(controlFile(TARGETS.arm64, RELEASE, true, 1_025))).toMatchObject({
      Version: '1.2.3',
      Architecture: 'arm64',
      'Installed-Size': '2',
      Recommends: 'gpiod',
    });
  });

  it('dates the log of versions as Debian does', () => {
    expect(changelog(RELEASE)).toMatch(
      /^tashika-edge \(1\.2\.3\) unstable; urgency=medium\n\n {2}\* .*\n\n -- .* <.*> {2}Tue, 14 Nov 2023 22:13:20 \+0000\n$/,
    );
  });
});
