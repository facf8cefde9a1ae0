import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  EventHubProducerClient,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { onTestFinished } from 'vitest';
import type { PolicyName } from './keys.ts';
import { type EventHubs, type EventHubsOptions, startEventHubs } from './server.ts';

/** A refusal should be seen at once, not after the SDK has tried four times. */
export const NO_RETRIES = { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } };

const DAY_MS = 86_400_000;

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'event-hubs-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A stand-in for one test: hub `telemetry` with four partitions, groups `$Default` and `dashboard`. */
export async function startRig(options: Partial<EventHubsOptions> = {}): Promise<EventHubs> {
  const eventHubs = await startEventHubs({
    port: 0,
    dataDirectory: options.dataDirectory ?? (await temporaryDirectory()),
    hubs: [{ name: 'telemetry', partitionCount: 4, consumerGroups: ['dashboard'] }],
    retention: { maxAgeMs: DAY_MS, maxBytes: 2 ** 30 },
    ...options,
  });
  onTestFinished(() => eventHubs.stop());
  return eventHubs;
}

export function producerOf(
  eventHubs: EventHubs,
  policy: PolicyName = 'send',
  hub = 'telemetry',
): EventHubProducerClient {
  const producer = new EventHubProducerClient(eventHubs.connectionString(policy, hub), NO_RETRIES);
  onTestFinished(() => producer.close());
  return producer;
}

export function consumerOf(
  eventHubs: EventHubs,
  {
    policy = 'listen',
    hub = 'telemetry',
    group = '$Default',
  }: { policy?: PolicyName; hub?: string; group?: string } = {},
  options: EventHubConsumerClientOptions = NO_RETRIES,
): EventHubConsumerClient {
  const consumer = new EventHubConsumerClient(group, eventHubs.connectionString(policy, hub), options);
  onTestFinished(() => consumer.close());
  return consumer;
}

/** Reads `count` events of a partition from `startPosition`; rejects with the error that the SDK reports. */
export async function readEvents(
  consumer: EventHubConsumerClient,
  partitionId: string,
  startPosition: EventPosition,
  count: number,
  options: SubscribeOptions = {},
): Promise<ReceivedEventData[]> {
  const received: ReceivedEventData[] = [];
  let subscription: { close(): Promise<void> } | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      subscription = consumer.subscribe(
        partitionId,
        {
          processEvents: async (events) => {
            received.push(...events);
            if (received.length >= count) resolve();
          },
          processError: async (error) => reject(error),
        },
        { startPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1, ...options },
      );
    });
  } finally {
    await subscription?.close();
  }
  return received;
}

/** What `attempt` was rejected with: the SDK's code, and its sentence. */
export async function refusalOf(attempt: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
  try {
    await attempt;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return { code, message };
  }
  throw new Error('It was not refused.');
}

/** A shared access signature, made as the service's documentation says. */
export function sasToken(parts: { resource: string; policy: string; key: string; expiresAt: number }): string {
  const resource = encodeURIComponent(parts.resource);
  const expiry = Math.floor(parts.expiresAt / 1000);
  const signature = createHmac('sha256', parts.key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${parts.policy}`;
}

/** Waits until `condition` holds; for real sockets and processes only. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Still not so after ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
