import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { checkHealth } from './health.ts';

const host = '127.0.0.1';

it('tells a port that another program has, unless that is the agent', async () => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await checkHealth({ host, port }, undefined)).toMatchObject([
    { subject: 'health', verdict: 'fail', detail: expect.stringContaining('Set health.port to another.') },
  ]);
  expect(await checkHealth({ host, port }, 'process 7')).toMatchObject([{ verdict: 'ok' }]);
  server.close();
  await once(server, 'close');
  expect(await checkHealth({ host, port }, undefined)).toMatchObject([{ verdict: 'ok' }]);
  expect(await checkHealth({ host }, undefined)).toEqual([]);
});
