import { join } from 'node:path';
import { type DirectoryLock, directoryError, takeDataDirectory } from '@tashika/shared/data-directory';
import { diskFiles } from './disk-files.ts';
import { DiskMeter, meteredFiles } from './metered-files.ts';
import type { SpoolOptions } from './options.ts';
import { Spool } from './spool.ts';

export interface OpenSpool {
  readonly spool: Spool;
  readonly meter: DiskMeter;
  /** Flushes and closes the spool, then lets the directory go, if it was taken here. */
  close(): Promise<void>;
}

export interface OpenSpoolOptions extends Omit<SpoolOptions, 'files' | 'meter'> {
  /** Of who has the directory already, and keeps it. Left out, it is taken here. */
  readonly lock?: DirectoryLock | undefined;
}

/**
 * Opens the spool in `directory`, which is made where there is none, for this process alone.
 *
 * @throws TashikaError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNWRITABLE`, `DISK_FULL`, `DISK_READ_ONLY`
 */
export async function openSpool(directory: string, options: OpenSpoolOptions): Promise<OpenSpool> {
  const own = options.lock ? undefined : await takeDataDirectory(directory);
  const meter = new DiskMeter({ clock: options.clock, synced: options.synced ?? (() => false) });
  try {
    const files = meteredFiles(diskFiles(join(directory, 'spool')), meter);
    const spool = await Spool.open({ ...options, files, meter });
    return {
      spool,
      meter,
      close: async () => {
        await spool.close();
        await own?.release();
      },
    };
  } catch (error) {
    await own?.release();
    throw directoryError(directory, error);
  }
}
