import { readFile } from 'node:fs/promises';
import { replaceFile } from '../replace-file.ts';
import { NOTHING_KNOWN, type UserDataRecord } from './record.ts';

/**
 * The record on the disk; nothing is known where it is absent or rubbish. Rejects with the system's error where it is
 * there and can't be read.
 */
export async function readRecord(file: string): Promise<UserDataRecord> {
  const text = await textOf(file);
  try {
    const { accepted, trial, failed } = JSON.parse(text);
    return {
      accepted: typeof accepted === 'string' ? accepted : undefined,
      trial: typeof trial?.text === 'string' && Number.isSafeInteger(trial.starts) ? trial : undefined,
      failed: typeof failed?.hash === 'string' ? failed : undefined,
    };
  } catch {
    return NOTHING_KNOWN;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

const ABSENT = ['ENOENT', 'ENOTDIR'];

/** Replaces the record: after a power cut there is the old one or the new one. It may hold secrets: owner only. */
export async function writeRecord(file: string, record: UserDataRecord): Promise<void> {
  await replaceFile(file, `${JSON.stringify(record)}\n`);
}
