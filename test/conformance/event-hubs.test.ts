import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { partitionOfKey, startEventHubs } from '@tashika/deploy/local/event-hubs';
import { expect, it, onTestFinished } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'event-hubs-python.py');
const PYTHON = 'python3';

/** True where Python's client is installed. In CI it has to be: there its absence fails the test. */
function hasPythonClient(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import azure.eventhub'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI === 'true') return true;
    process.stderr.write('Skipped: Python’s azure-eventhub is not installed (pip install azure-eventhub).\n');
    return false;
  }
}

it.skipIf(!hasPythonClient())(
  'Python’s azure-eventhub sends to the Event Hubs stand-in and reads from it',
  async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'event-hubs-'));
    const eventHubs = await startEventHubs({
      port: 0,
      dataDirectory,
      hubs: [{ name: 'telemetry', partitionCount: 4, consumerGroups: ['dashboard'] }],
      retention: { maxAgeMs: 3_600_000, maxBytes: 2 ** 30 },
    });
    onTestFinished(async () => {
      await eventHubs.stop();
      await rm(dataDirectory, { recursive: true });
    });
    const strings = [
      eventHubs.connectionString('send', 'telemetry'),
      eventHubs.connectionString('listen', 'telemetry'),
    ];

    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, ...strings], { timeout: 120_000 });

    const seen = JSON.parse(stdout);
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const partition = String(partitionOfKey('京都', 4));
    expect(seen).toEqual({
      'connection string': ['telemetry', 'send', `sb://127.0.0.1:${eventHubs.port}/`],
      information: { hub: 'telemetry', partitions: expect.arrayContaining([[partition, false, 0, 9]]) },
      'batch limit': 1024 * 1024,
      numbers: all,
      'sequence numbers': all,
      keys: ['京都'],
      first: ['m-0', 'ä', 0, '0'],
      'last enqueued': 9,
      large: 900_000,
      positions: {
        'sequence number': [6, 7, 8, 9],
        'sequence number, inclusive': [5, 6, 7, 8, 9],
        offset: [6, 7, 8, 9],
        'offset, inclusive': [5, 6, 7, 8, 9],
        time: all,
      },
      'send with a Listen key': expect.stringMatching(/'Send' claim.*amqp:unauthorized-access/s),
      partition,
    });
  },
  150_000,
);
