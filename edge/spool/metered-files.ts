import type { SegmentFile, SegmentFiles } from './segment-files.ts';

/** What the disk was asked to do: an SD card has so many writes in it. */
export interface DiskMeter {
  bytesWritten: number;
  syncs: number;
}

/** The same files, counting into `meter`. */
export function meteredFiles(files: SegmentFiles, meter: DiskMeter): SegmentFiles {
  const metered = (file: SegmentFile): SegmentFile => ({
    size: () => file.size(),
    read: (position, length) => file.read(position, length),
    write: (position, bytes) => {
      meter.bytesWritten += bytes.length;
      return file.write(position, bytes);
    },
    truncate: (length) => file.truncate(length),
    sync: () => {
      meter.syncs++;
      return file.sync();
    },
    close: () => file.close(),
  });
  return {
    ...files,
    create: async (path) => metered(await files.create(path)),
    open: async (path) => metered(await files.open(path)),
    syncFolder: (folder) => {
      meter.syncs++;
      return files.syncFolder(folder);
    },
  };
}
