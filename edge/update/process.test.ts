import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const EDGE = fileURLToPath(new URL('..', import.meta.url));

/** Files that a file loads when it is loaded: `import type` and `import()` load nothing. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, names, from] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) ([^;]*?) from '(\.[^']+)'/gms,
  )) {
    const isType = names!.startsWith('type ') || /^\{(\s*type [^,]+,?\s*)+\}$/.test(names!);
    const path = join(dirname(file), from!);
    if (!isType && existsSync(path)) loadedBy(path, seen);
  }
  return seen;
}

describe('the process of the updater', () => {
  it('loads neither sensors nor spool, but for the settings of all', () => {
    const loaded = ['main.ts', 'update/index.ts'].flatMap((file) => [...loadedBy(join(EDGE, file))]);
    const files = new Set(loaded.map((file) => relative(EDGE, file)));
    expect([...files].filter((file) => file.startsWith('spool/'))).toEqual(['spool/config.ts']);
    for (const file of [
      'agent.ts',
      'intake.ts',
      'life/life.ts',
      'sensors/index.ts',
      'sensors/port.ts',
      'uplink/uplink.ts',
    ])
      expect([file, files.has(file)]).toEqual([file, false]);
    expect(files).toContain('update/updater.ts'); // it follows imports
  });
});
