import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageVersion } from '../image-file/index.ts';
import { countStart, startsIn } from '../starts/index.ts';
import { tellDaily } from './self-report.ts';

const DAY = 86_400_000;
const silent = pino({ level: 'silent' });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-starts-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('what the agent says of itself', () => {
  it('is told once a day, a minute later where no agent runs at that moment', async () => {
    const clock = new TestClock();
    const told: unknown[] = [];
    const agent = { report: (name: string, value: unknown) => void told.push([name, value]) };
    let running: typeof agent | undefined = agent;
    const telling = tellDaily({ version: '1.2.3', starts: 7, system: '13.1' }, clock, () => running);
    const all = [
      ['version', '1.2.3'],
      ['starts', 7],
      ['system', '13.1'],
    ];
    expect(told.splice(0)).toEqual(all);
    await clock.advance(DAY - 1);
    running = undefined;
    await clock.advance(1);
    expect(told).toEqual([]);
    running = agent;
    await clock.advance(60_000);
    expect(told.splice(0)).toEqual(all);
    await clock.advance(DAY);
    expect(told.splice(0)).toEqual(all);
    telling.cancel();
    expect(clock.pending).toBe(0);
  });

  it('counts starts in the data directory, from 1 where nothing can be read, and runs on where nothing can be written', async () => {
    expect(await countStart(directory, silent)).toBe(1);
    expect(await countStart(directory, silent)).toBe(2);
    expect(await startsIn(directory)).toBe(2);
    await writeFile(join(directory, 'starts.json'), '{"starts":"many"}');
    expect(await countStart(directory, silent)).toBe(1);
    expect(await countStart(join(directory, 'absent'), silent)).toBe(1);
  });

  it('takes the version of the system from its image, and from nothing that is none', async () => {
    const file = join(directory, 'image.json');
    expect(await imageVersion(file)).toBeUndefined();
    await writeFile(file, '{"kind":"system","version":"13.1.0+2"}');
    expect(await imageVersion(file)).toBe('13.1.0+2');
    await writeFile(file, '{"version":"../../etc"}');
    expect(await imageVersion(file)).toBeUndefined();
  });
});
