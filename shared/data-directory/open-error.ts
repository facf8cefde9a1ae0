import { messageOf, TashikaError } from '../errors/index.ts';

/** Why a data directory can't be used, as an error that a person can act on. */
export function directoryError(directory: string, error: unknown): TashikaError {
  if (error instanceof TashikaError) return error;
  const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  return full
    ? new TashikaError('DISK_FULL', `There is no room in the data directory ${directory}: ${messageOf(error)}`, {
        cause: error,
      })
    : new TashikaError(
        'DATA_DIRECTORY_UNWRITABLE',
        `The data directory ${directory} can't be used: ${messageOf(error)}`,
        { cause: error },
      );
}
