import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { replaceFile } from '../replace-file.ts';

const NAME = 'starts.json';

/** How often an agent was started in the data directory; 0 where nothing can be read of it. */
export async function startsIn(dataDirectory: string): Promise<number> {
  try {
    const { starts } = JSON.parse(await readFile(join(dataDirectory, NAME), 'utf8')) as { starts?: unknown };
    return Number.isSafeInteger(starts) && (starts as number) > 0 ? (starts as number) : 0;
  } catch {
    return 0;
  }
}

/**
 * Counts one more start in the data directory, durably: one small write. A disk that refuses keeps no agent from its
 * readings: then the count is told as it would be.
 */
export async function countStart(dataDirectory: string, logger: Logger): Promise<number> {
  const starts = (await startsIn(dataDirectory)) + 1;
  try {
    await replaceFile(join(dataDirectory, NAME), `${JSON.stringify({ starts })}\n`, 0o644);
  } catch (err) {
    logger.warn({ err, starts }, 'this start can not be noted; the next one has the same number');
  }
  return starts;
}
