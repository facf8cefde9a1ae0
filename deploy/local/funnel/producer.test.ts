import type { EventHubProducerClient } from '@azure/event-hubs';
import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRig } from '../event-hubs/rig.ts';
import type { Outlet } from './outlet.ts';
import { Producer } from './producer.ts';

it('finishes what is under way with the former key before it lets go of that client', async () => {
  const eventHubs = await startRig();
  const outletOf = (slot: 'primary' | 'secondary'): Outlet => ({
    hub: 'telemetry',
    connectionString: eventHubs.connectionString('send', undefined, slot),
  });
  let outlet = outletOf('primary');
  const producer = new Producer(() => outlet, systemClock);
  onTestFinished(() => producer.close());
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const clients: EventHubProducerClient[] = [];
  const underWay = producer.use(async (client) => {
    clients.push(client);
    await gate;
    await client.sendBatch([{ body: 1 }]);
  });
  const closing = vi.spyOn(clients[0]!, 'close');

  outlet = outletOf('secondary');
  await producer.use(async (client) => {
    clients.push(client);
    await client.sendBatch([{ body: 2 }]);
  });
  expect(clients[1]).not.toBe(clients[0]);
  expect(closing).not.toHaveBeenCalled();
  goOn();
  await underWay;
  expect(closing).toHaveBeenCalledTimes(1);

  await producer.use(async (client) => expect(client).toBe(clients[1]));
});

it('says what is missing where there is nothing to sign with, and goes on when there is', async () => {
  const eventHubs = await startRig();
  let outlet: Outlet | undefined;
  const producer = new Producer(() => {
    if (!outlet) throw new Error('There are no Azure credentials "azure-eh".');
    return outlet;
  }, systemClock);
  onTestFinished(() => producer.close());
  const send = () => producer.use((client) => client.sendBatch([{ body: 1 }]));
  await expect(send()).rejects.toThrow('azure-eh');
  outlet = { hub: 'telemetry', connectionString: eventHubs.connectionString('send') };
  await send();
});
