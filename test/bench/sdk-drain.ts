import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';

// The bare SDK reading a hub from its start and doing nothing with it: what every consumer could reach at most.
// Arguments: connection string, hub, number of events. Prints one JSON line.

const [connectionString, hub, expectedText] = process.argv.slice(2) as [string, string, string];
const expected = Number(expectedText);
const client = new EventHubConsumerClient('$Default', connectionString, hub);

let events = 0;
let first = 0;
await new Promise<void>((resolve, reject) => {
  client.subscribe(
    {
      processEvents: async (batch) => {
        if (batch.length > 0 && first === 0) first = performance.now();
        events += batch.length;
        if (events >= expected) resolve();
      },
      processError: async (error) => reject(error),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 1_000, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
  );
});
const seconds = (performance.now() - first) / 1_000;
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({ eventsPerSecond: events / seconds, eventsPerCpuSecond: events / ((user + system) / 1e6) }),
);
await client.close();
process.exit(0);
