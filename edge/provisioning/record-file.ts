import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NOTHING_KNOWN, type UserDataRecord } from './record.ts';

/** The record on the disk; nothing is known where it is absent or not ours to read. */
export async function readRecord(file: string): Promise<UserDataRecord> {
  try {
    const { accepted, trial, failed } = JSON.parse(await readFile(file, 'utf8'));
    return {
      accepted: typeof accepted === 'string' ? accepted : undefined,
      trial: typeof trial?.text === 'string' && Number.isSafeInteger(trial.starts) ? trial : undefined,
      failed: typeof failed?.hash === 'string' ? failed : undefined,
    };
  } catch {
    return NOTHING_KNOWN;
  }
}

/** Replaces the record: after a power cut there is the old one or the new one. It may hold secrets: owner only. */
export async function writeRecord(file: string, record: UserDataRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(record)}\n`, { flush: true, mode: 0o600 });
  await rename(`${file}.new`, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
