import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/until.ts';
import { type ProofFacts, readProof, startProving } from './index.ts';

const BOOT = '11111111-2222-3333-4444-555555555555';
const logger = pino({ level: 'silent' });

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-proof-'));
  file = join(directory, 'agent-proof.json');
});
afterEach(() => rm(directory, { recursive: true }));

describe("an agent's proof", () => {
  it('is there at once, is written anew as it changes, and else now and then', async () => {
    const clock = Object.assign(new TestClock(), { bootId: BOOT });
    let facts: ProofFacts = { stored: false, answered: false, failuresInRow: 0, held: 0 };
    const proving = startProving({ file, version: '1.2.3', clock, logger, facts: () => facts });
    /** The timer is set again when the proof is written. */
    const says = async (wanted: object) => {
      await until(() => clock.pending === 1);
      expect(await readProof(file)).toMatchObject(wanted);
    };
    await says({ version: '1.2.3', bootId: BOOT, stored: false, writtenAt: 0 });
    facts = { ...facts, stored: true, held: 3 };
    await clock.advance(1_000);
    await says({ stored: true, answered: false, held: 3, startedAt: 0, writtenAt: 1_000 });
    for (let second = 2; second <= 31; second++) {
      await until(() => clock.pending === 1);
      await clock.advance(1_000);
    }
    await says({ writtenAt: 31_000 });
    proving.cancel();
    expect(clock.pending).toBe(0);
  });

  it('is none where there is no place for it, and where the file is something else', async () => {
    const clock = Object.assign(new TestClock(), { bootId: BOOT });
    const facts = () => ({ stored: true, answered: true, failuresInRow: 0, held: 0 });
    const proving = startProving({ file: join(directory, 'absent', 'x'), version: '1', clock, logger, facts });
    await until(() => clock.pending === 1); // it goes on
    proving.cancel();
    expect(await readProof(file)).toBeUndefined();
    await writeFile(file, '{"v":1,"version":"1"}');
    expect(await readProof(file)).toBeUndefined();
  });
});
