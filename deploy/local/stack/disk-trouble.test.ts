import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import { DiskTrouble } from './disk-trouble.ts';

it('says once that the disk is full, and once that there is room again', async () => {
  const clock = new TestClock();
  const said: string[] = [];
  const disk = new DiskTrouble(clock, (line) => said.push(line));
  const full = () => {
    throw new Error('ENOSPC: no space left on device, write');
  };
  expect(disk.attempt(() => {})).toBe(true);
  for (let second = 0; second < 60; second++) {
    expect(disk.attempt(full)).toBe(false);
    expect(disk.attempt(() => {})).toBe(true); // a short line still fits
    await clock.advance(1_000);
  }
  expect(said).toEqual([expect.stringMatching(/can't be written: ENOSPC: no space left on device, write\./)]);
  await clock.advance(10_000);
  disk.attempt(() => {});
  disk.attempt(() => {});
  expect(said.slice(1)).toEqual(['The data directory can be written again.']);
  disk.attempt(full);
  expect(said).toHaveLength(3);
});
