import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const scripts = readdirSync(HERE).filter((name) => !name.includes('.') && name !== 'systemd');

const haveShellcheck = (() => {
  try {
    execFileSync('shellcheck', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('shellcheck is not installed; .ci/run should have done so.');
    console.warn('Skipped: a test that needs shellcheck, which is not installed.');
    return false;
  }
})();

describe('the scripts of a device', () => {
  it('are for any POSIX shell', () => {
    expect(scripts).toEqual(['agent-slot', 'boot-hook', 'install-bundle', 'system-slot']);
    for (const name of scripts) expect(readFileSync(join(HERE, name), 'utf8')).toMatch(/^#!\/bin\/sh\n/);
  });

  it.skipIf(!haveShellcheck)('are without a word of shellcheck, and so is what boots a disk by hand', () => {
    execFileSync('shellcheck', ['-x', ...scripts, '../boot-vm'], { cwd: HERE, stdio: 'pipe' });
  });
});
