import { join } from 'node:path';
import { directoryError, takeDataDirectory } from '@tashika/shared/data-directory';
import { diskFiles } from './disk-files.ts';
import { DiskMeter, meteredFiles } from './metered-files.ts';
import type { SpoolOptions } from './options.ts';
import { Spool } from './spool.ts';

export interface OpenSpool {
  readonly spool: Spool;
  readonly meter: DiskMeter;
  /** Flushes and closes the spool, then lets the directory go. */
  close(): Promise<void>;
}

/**
 * Opens the spool in `directory`, which is made where there is none, for this process alone.
 *
 * @throws TashikaError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNWRITABLE`, `DISK_FULL`
 */
export async function openSpool(directory: string, options: Omit<SpoolOptions, 'files' | 'meter'>): Promise<OpenSpool> {
  const lock = await takeDataDirectory(directory);
  const meter = new DiskMeter({ clock: options.clock, synced: options.synced ?? (() => false) });
  try {
    const files = meteredFiles(diskFiles(join(directory, 'spool')), meter);
    const spool = await Spool.open({ ...options, files, meter });
    return {
      spool,
      meter,
      close: async () => {
        await spool.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw directoryError(directory, error);
  }
}
