import { readSync } from 'node:fs';
import type { SerialPort } from 'serialport';

const CHUNK_BYTES = 16_384;
const TRANSIENT = new Set(['EAGAIN', 'EINTR']);

/**
 * Reads what comes on an open port, as it comes, until the line ends or `signal` does. By itself serialport has a
 * thread read a line that is most often empty, waits for it, has a thread read again, and passes the bytes on through
 * a stream; that is more than half of what an agent costs at a hundred lines a second. Here the line is waited for and
 * then read at once, which never blocks, because serialport opens it so.
 *
 * A line that gives no bytes although it is readable was hung up: serialport itself would read on and on.
 *
 * @param onBytes told the bytes; they hold only until it returns
 * @param onEnd told once why there is nothing more to read
 * @returns false where the port can't be waited for (no Unix), and serialport has to read it
 */
export function readPromptly(
  port: SerialPort,
  onBytes: (chunk: Uint8Array) => void,
  onEnd: (reason: Error) => undefined,
  signal: AbortSignal,
): boolean {
  if (!port.port || !('poller' in port.port)) return false;
  const line = port.port;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

  function wait(): void {
    if (!signal.aborted) line.poller.once('readable', ready);
  }
  function ready(error: Error | null): void {
    if (signal.aborted) return; // closing a port ends the wait with an error
    const bytesRead = error ? onEnd(error) : read();
    if (bytesRead === undefined) return;
    if (bytesRead > 0) onBytes(buffer.subarray(0, bytesRead));
    wait();
  }
  /** How many bytes there were; nothing at the end. */
  function read(): number | undefined {
    try {
      if (line.fd === null) throw new Error('The line was closed.');
      const bytesRead = readSync(line.fd, buffer, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) throw new Error('The line was hung up.');
      return bytesRead;
    } catch (error) {
      if (TRANSIENT.has((error as NodeJS.ErrnoException).code ?? '')) return 0;
      return onEnd(error as Error);
    }
  }
  wait();
  return true;
}
