import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { residentBytes } from './process.ts';
import { type Result, told } from './result.ts';
import type { Scene } from './scene.ts';

/** The real agent at about ten readings a second (four values every 400 ms), its posts taken by a plain server. */
export async function agentMemory(scene: Scene, minutes: number): Promise<readonly Result[]> {
  let posts = 0;
  let readings = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posts++;
      readings += JSON.parse(Buffer.concat(chunks).toString()).pack.length;
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const file = join(scene.directory, 'agent.json');
  writeFileSync(
    file,
    JSON.stringify({
      region: '13',
      dataDirectory: join(scene.directory, 'agent'),
      uplink: { url: `http://127.0.0.1:${port}` },
      metadata: { userData: false },
      sensors: { system: { intervalMs: 400 } },
    }),
  );
  const agent = scene.spawn('edge/dist/main.js', ['run', '--config', file], { TASHIKA_EDGE_LOG_LEVEL: 'warn' });
  await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
  const rss = residentBytes(agent.pid!);
  await scene.stop(agent);
  server.close();
  server.closeAllConnections();
  if (posts === 0) throw new Error('The agent posted nothing.');
  return [
    told(`agent's resident memory after ${minutes} min`, rss / 1e6, 'MB'),
    told('… at', readings / (minutes * 60), 'readings/s'),
  ];
}
