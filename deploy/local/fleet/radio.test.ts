import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { bySourceAddress, canBind } from '../sims/index.ts';
import { openRadio } from './radio.ts';

/** An address that no machine has (RFC 5737): a system that can't take it as its own has no others either. */
const NOBODYS = '192.0.2.1';

it.each([
  ['where the system has all loopback addresses', '127.1.0.1'],
  ['where it has only 127.0.0.1, as macOS', NOBODYS],
])('posts from the address of each SIM over one kept connection each, %s', async (_where, probe) => {
  if (probe !== NOBODYS && !(await canBind(probe))) return;
  expect(await canBind(NOBODYS)).toBe(false);
  const heard: string[] = [];
  const peers = new Set<string>();
  const server = createServer(async (request, response) => {
    peers.add(`${request.socket.remoteAddress}:${request.socket.remotePort}`);
    heard.push(`${connections.sourceOf(request)} ${await text(request)}`);
    response.writeHead(204).end();
  });
  const connections = bySourceAddress(server, systemClock);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    connections.cutAll();
  });
  const radio = await openRadio(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, probe);
  for (const round of [1, 2])
    for (const sim of ['127.1.0.7', '127.1.0.8'])
      expect(await radio.post(sim, Buffer.from(`round ${round}`))).toBe(204);
  expect(heard).toEqual(['127.1.0.7 round 1', '127.1.0.8 round 1', '127.1.0.7 round 2', '127.1.0.8 round 2']);
  expect(peers.size).toBe(2);
  radio.close();
});
