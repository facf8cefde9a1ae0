import { readSync } from 'node:fs';
import type { SerialPort } from 'serialport';

/**
 * Makes a port read only what is there. By itself serialport has a thread read a line that is most often empty, waits
 * for it, and has a thread read again; that is half of what an agent costs at a hundred lines a second. Here the line is
 * waited for and then read at once, which never blocks, because serialport opens it so.
 *
 * A line that gives no bytes although it is readable was hung up, and is an error: serialport itself would read on and
 * on.
 */
export function readPromptly(port: SerialPort): void {
  const line = port.port;
  if (!line || !('poller' in line)) return; // no Unix
  line.read = async (buffer, offset, length) => {
    for (;;) {
      await new Promise<void>((resolve, reject) => {
        line.poller.once('readable', (error: Error | null) => (error ? reject(error) : resolve()));
      });
      if (line.fd === null) throw Object.assign(new Error('The line was closed.'), { canceled: true });
      try {
        const bytesRead = readSync(line.fd, buffer, offset, length, null);
        if (bytesRead === 0) throw new Error('The line was hung up.');
        return { bytesRead, buffer };
      } catch (error) {
        if (!TRANSIENT.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  };
}

const TRANSIENT = new Set(['EAGAIN', 'EINTR']);
