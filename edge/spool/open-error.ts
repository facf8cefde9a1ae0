import { messageOf, TashikaError } from '@tashika/shared/errors';

/** Why a data directory can't be used, as an error that a person can act on. */
export function openError(directory: string, error: unknown): TashikaError {
  if (error instanceof TashikaError) return error;
  const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  return full
    ? new TashikaError('DISK_FULL', `There is no room for a spool in ${directory}: ${messageOf(error)}`, {
        cause: error,
      })
    : new TashikaError(
        'DATA_DIRECTORY_UNWRITABLE',
        `The data directory ${directory} can't be used: ${messageOf(error)}`,
        { cause: error },
      );
}
