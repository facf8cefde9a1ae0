import { type ErrorCode, messageOf, TashikaError } from '../errors/index.ts';

/** What an error of the disk is called, by the system's own code. */
export function diskErrorCode(error: unknown): 'DISK_FULL' | 'DISK_READ_ONLY' | 'DATA_DIRECTORY_UNWRITABLE' {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'DISK_FULL';
    case 'EROFS':
      return 'DISK_READ_ONLY';
    default:
      return 'DATA_DIRECTORY_UNWRITABLE';
  }
}

/** Why a data directory can't be used, as an error that a person can act on. */
export function directoryError(directory: string, error: unknown): TashikaError {
  if (error instanceof TashikaError) return error;
  const code = diskErrorCode(error);
  const [what, advice] = SENTENCES[code];
  return new TashikaError(code, `${what} ${directory} (${messageOf(error)}). ${advice}`, { cause: error });
}

const SENTENCES = {
  DISK_FULL: ['There is no room in the data directory', 'Free some space on its disk.'],
  DISK_READ_ONLY: [
    'Nothing can be written on the disk of the data directory',
    'It is mounted read-only: look for a failing disk, and mount it for writing.',
  ],
  DATA_DIRECTORY_UNWRITABLE: [
    'Nothing can be written in the data directory',
    'Make it writable for the user that runs this, or choose another directory.',
  ],
} as const satisfies Partial<Record<ErrorCode, readonly [string, string]>>;
