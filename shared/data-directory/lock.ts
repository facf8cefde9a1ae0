import { accessSync, constants, statSync } from 'node:fs';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TashikaError } from '../errors/index.ts';
import { makeDirectory } from './make.ts';
import { directoryError } from './open-error.ts';

const LOCK = 'lock';
/** Longer paths do not fit a socket's address; macOS allows 104 bytes, Linux 108. */
const MAX_SOCKET_PATH = 100;
/** Two processes that take over a dead one's lock at the same moment meet within this time. */
const SETTLE_MS = 25;
const ATTEMPTS = 3;
const ANSWER_MS = 500;

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes a directory, which is made where there is none, for this process alone. The lock is a listening socket in it: the kernel ends it with its
 * process, however that ends, so nothing is left stuck; and it is seen from other containers that share the volume,
 * where process ids say nothing.
 *
 * @throws TashikaError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNWRITABLE`, `DISK_FULL`, `DISK_READ_ONLY`
 */
export async function takeDataDirectory(directory: string): Promise<DirectoryLock> {
  let handle: FileHandle | undefined;
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('It is a file.');
    accessSync(directory, constants.W_OK | constants.X_OK);
    const path = join(directory, LOCK);
    const long = Buffer.byteLength(path) > MAX_SOCKET_PATH && process.platform === 'linux';
    if (long) handle = await open(directory, 'r');
    const address = handle ? `/proc/self/fd/${handle.fd}/${LOCK}` : path;
    const server = await take(address, directory);
    return {
      release: async () => {
        await new Promise<void>((resolve) => server.close(() => resolve()));
        await handle?.close();
      },
    };
  } catch (error) {
    await handle?.close();
    throw directoryError(directory, error);
  }
}

/** The living process that has a directory, in words; `undefined` where none has. Nothing is taken or changed. */
export async function holderOf(directory: string): Promise<string | undefined> {
  const path = join(directory, LOCK);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH || process.platform !== 'linux') return holderAt(path);
  const handle = await open(directory, 'r').catch(() => undefined);
  try {
    return handle && (await holderAt(`/proc/self/fd/${handle.fd}/${LOCK}`));
  } finally {
    await handle?.close();
  }
}

async function take(address: string, directory: string): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await listen(address);
    if (server) {
      if (attempt === 0) return server;
      // The socket before was a dead process's. Another process may have judged so too and removed ours as well.
      const inode = await inodeOf(address);
      await wait(SETTLE_MS);
      if (inode !== undefined && (await inodeOf(address)) === inode) return server;
      continue; // Left open: closing it would unlink the path, which is the other one's socket by now.
    }
    const probed = await inodeOf(address);
    const holder = await holderAt(address);
    if (holder !== undefined) throw inUse(directory, holder);
    // Only the socket that was found dead: another process may have put its own there since.
    if (probed !== undefined && (await inodeOf(address)) === probed) await unlink(address).catch(() => undefined);
  }
  throw inUse(directory, 'another process');
}

function inUse(directory: string, holder: string): TashikaError {
  return new TashikaError(
    'DATA_DIRECTORY_IN_USE',
    `The data directory ${directory} is in use by ${holder}. Stop it, or choose another directory.`,
  );
}

async function inodeOf(address: string): Promise<number | undefined> {
  return (await stat(address).catch(() => undefined))?.ino;
}

/** A server at the address, or `undefined` when there is a socket already. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => {}).end(String(process.pid)));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Errors that say nobody listens. Any other, such as a socket of another user, is taken for a living process. */
const DEAD = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'];

/** The living process that listens, in words; `undefined` where none does. */
function holderAt(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let pid = '';
    socket.on('data', (chunk) => {
      pid += chunk;
    });
    socket.once('close', () => resolve(pid === '' ? 'another process' : `process ${pid}`));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (DEAD.includes(error.code ?? '')) resolve(undefined);
    });
    socket.setTimeout(ANSWER_MS, () => socket.destroy()); // one that is paused does not say who it is
  });
}
