import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';

// The bare SDK reading a hub from its start and doing nothing with it: what every consumer could reach at most.
// Arguments: connection string, hub, number of events. Prints one JSON line.

const [connectionString, hub, expectedText] = process.argv.slice(2) as [string, string, string];
const expected = Number(expectedText);
const client = new EventHubConsumerClient('$Default', connectionString, hub);

let events = 0;
let first: { readonly at: number; readonly cpu: number; readonly events: number } | undefined;
await new Promise<void>((resolve, reject) => {
  client.subscribe(
    {
      processEvents: async (batch) => {
        events += batch.length;
        if (events > 0) first ??= { at: performance.now(), cpu: cpuSeconds(), events };
        if (events >= expected) resolve();
      },
      processError: async (error) => reject(error),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 1_000, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
  );
});
// As for the worker: from the first batch on, without the start of the program.
const drained = events - first!.events;
console.log(
  JSON.stringify({
    eventsPerSecond: drained / ((performance.now() - first!.at) / 1_000),
    eventsPerCpuSecond: drained / (cpuSeconds() - first!.cpu),
  }),
);
await client.close();
process.exit(0);

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
