import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The line between clients and a hub. */
export interface HubLine {
  /** The hub's connection string, by way of this line. */
  readonly connectionString: string;
  /**
   * From here on nothing passes on the connections that there are, and nobody is told: they stay open. Connections
   * that are made later work.
   */
  goSilent(): void;
}

/** Lays a line to the hub of `connectionString`. It goes with the test. */
export async function startHubLine(connectionString: string): Promise<HubLine> {
  const target = /sb:\/\/([^/:;]+):(\d+)/.exec(connectionString)!;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const hub = connect({ host: target[1]!, port: Number(target[2]), noDelay: true });
    client.setNoDelay(true);
    const pair = [client, hub] as const;
    pairs.add(pair);
    client.pipe(hub).pipe(client);
    for (const socket of pair) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        for (const each of pair) each.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of [...pairs].flat()) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: connectionString.replace(target[0], `sb://127.0.0.1:${port}`),
    goSilent() {
      for (const [client, hub] of pairs) {
        client.unpipe(hub).pause();
        hub.unpipe(client).pause();
      }
    },
  };
}
