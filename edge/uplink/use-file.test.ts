import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DaysUse, NOTHING_USED } from '../clock/index.ts';
import { keptUse, UseFile } from './use-file.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tashika-use-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const logger = pino({ level: 'silent' });
const use = (bytes: number, day = 20_000): DaysUse => ({ day, bytes, ranMs: 1_000.4 });

describe("the file of a day's bytes", () => {
  it('is found again after a restart', async () => {
    const path = folder();
    await new UseFile(path, 1_000, NOTHING_USED, logger).save(use(700));
    expect(await keptUse(path)).toEqual({ day: 20_000, bytes: 700, ranMs: 1_000 });
  });

  it('is written for each fiftieth of the budget, and when a day begins, not for each post', async () => {
    const path = folder();
    const file = new UseFile(path, 100_000, NOTHING_USED, logger);
    await file.save(use(0));
    let written = 0;
    let before = '';
    for (let bytes = 100; bytes <= 20_000; bytes += 100) {
      file.keep(use(bytes));
      await file.settled;
      const now = await readFile(join(path, 'uplink-use.json'), 'utf8');
      if (now !== before) written++;
      before = now;
    }
    expect(written).toBe(11);
    file.keep(use(20_001, 20_001));
    await file.settled;
    expect(await keptUse(path)).toMatchObject({ day: 20_001 });
  });

  it.each(['', 'rubbish', '{"bytes":-1,"ranMs":0}', '{"bytes":"7"}', 'null'])(
    'counts from nothing where it holds %j',
    async (text) => {
      const path = folder();
      writeFileSync(join(path, 'uplink-use.json'), text);
      expect(await keptUse(path)).toEqual(NOTHING_USED);
    },
  );

  it('does not end the agent where the disk takes nothing', async () => {
    const path = folder();
    const file = new UseFile(path, 1_000, NOTHING_USED, logger);
    await rm(path, { recursive: true });
    await file.save(use(700));
    expect(await keptUse(path)).toEqual(NOTHING_USED);
  });
});
