import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BacklogFigures, writeBacklog } from '@tashika/edge/spool/testing';
import { load } from '../process.ts';
import { below, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MIB = 1_048_576;
const REPLAYED = 500_000;

/** A spool that waited for long is opened by a process that holds nothing else. */
export async function spoolBacklog(scene: Scene, bytes: number): Promise<readonly Result[]> {
  const directory = join(scene.directory, 'backlog');
  const { readings } = await writeBacklog(directory, bytes);
  const args = ['--expose-gc', 'test/dist/bench/edge/open-backlog.js', directory, String(REPLAYED)];
  const output = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const { held, readyMs, openingBytes, replayingBytes, replayed } = JSON.parse(output) as BacklogFigures;
  if (held !== readings) throw new Error(`Of ${readings} readings the spool found ${held}.`);
  const what = `a backlog of ${Math.round(bytes / MIB)} MiB, ${held.toLocaleString('en')} readings`;
  return [
    below(`${what}: memory to open it`, openingBytes / 1e6, 50, 'MB'),
    told('… until its first batch was read', readyMs / 1_000, 's'),
    told(`… memory until ${replayed.toLocaleString('en')} of them were read`, replayingBytes / 1e6, 'MB'),
    told('… load average of the machine beside it', load(), 'processes'),
  ];
}
