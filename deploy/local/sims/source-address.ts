import { createServer } from 'node:net';

/** Whether this system lets a process take `address` as its own: Linux has all of 127.0.0.0/8, macOS 127.0.0.1 only. */
export function canBind(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
