export { type DirectoryLock, holderOf, takeDataDirectory } from './lock.ts';
export { makeDirectory } from './make.ts';
export { directoryError, diskErrorCode } from './open-error.ts';
