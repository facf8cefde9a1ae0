import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assertPortsFree } from './ports.ts';

async function busyTcp(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function busyUdp(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return socket.address().port;
}

async function freeTcp(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the ports of npm start', () => {
  it('are free again after the look', async () => {
    const ports = [{ number: await freeTcp(), variable: 'A', protocols: ['tcp', 'udp'] }] as const;
    await assertPortsFree(ports);
    await assertPortsFree(ports);
  });

  it('are refused by name when one is in use, by TCP or by UDP', async () => {
    for (const [number, protocols] of [
      [await busyTcp(), ['tcp']],
      [await busyUdp(), ['tcp', 'udp']],
    ] as const)
      await expect(assertPortsFree([{ number, variable: 'TASHIKA_FUNNEL_PORT', protocols }])).rejects.toMatchObject({
        code: 'PORT_BUSY',
        message: `Port ${number} is in use. Set TASHIKA_FUNNEL_PORT to another one.`,
      });
  });

  it('are refused when two settings name the same', async () => {
    const number = await freeTcp();
    await expect(
      assertPortsFree([
        { number, variable: 'ONE', protocols: ['tcp'] },
        { number, variable: 'OTHER', protocols: ['tcp'] },
      ]),
    ).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining('OTHER') });
  });
});
