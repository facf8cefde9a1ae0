import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  clearOfTheWindowsEnd,
  haveCommand,
  startAgent,
  startPipeline,
  temporaryDirectory,
  theNextWindow,
  until,
  WindowSums,
} from '../rig/index.ts';

const READINGS_PER_LINE = 3;
/** What the agent says of itself when it starts: its version, and how often it was started. */
const READINGS_AT_START = 2;
const WINDOW_MS = 20_000;
const log = readFileSync(new URL('recorded/machine.log', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

it.skipIf(!haveCommand('socat'))(
  'counts every line of a recorded log, replayed over a real tty, in the window in which it came',
  async () => {
    const tty = await startPtyPair();
    const pipeline = await startPipeline({ cloudEnv: { TASHIKA_CLOUD_WINDOWS_LENGTH_MS: String(WINDOW_MS) } });
    const agent = startAgent(join(pipeline.directory, 'agent'), {
      region: '大分県',
      uplink: { url: `http://127.0.0.1:${pipeline.funnel.httpPort}`, localAddress: '127.1.0.7', batchAgeMs: 200 },
      clock: { trusted: 'always' },
      sensors: {
        system: { enabled: false },
        serial: [
          {
            name: 'machine',
            path: tty.agentEnd,
            format: 'json',
            fields: [{ field: 'load' }, { field: 'memory', unit: '/' }, { field: 'switches' }],
          },
        ],
      },
    });
    await agent.printed(/sensor running/);
    const line = createWriteStream(tty.deviceEnd);
    onTestFinished(() => void line.destroy());
    await counted(pipeline.api, READINGS_AT_START);
    const replayed = new WindowSums(WINDOW_MS);
    for (const { windowEnd, readings } of await pipeline.api.windows('?region=44'))
      replayed.took('44', Date.parse(windowEnd), readings);
    const replay = async (lines: readonly string[]) => {
      for (const each of lines) {
        line.write(`${each}
`);
        replayed.took('44', Date.now(), READINGS_PER_LINE);
      }
      await counted(pipeline.api, replayed.total);
    };

    // Half of the log in this window and half in the next.
    await clearOfTheWindowsEnd(WINDOW_MS / 2, WINDOW_MS);
    await replay(log.slice(0, log.length / 2));
    await theNextWindow(WINDOW_MS);
    await replay(log.slice(log.length / 2));

    const windows = await pipeline.api.windows('?region=44');
    expect(WindowSums.of(windows).toJSON()).toEqual(replayed.toJSON());
    expect(windows.length).toBeGreaterThanOrEqual(2);
    const [device] = await pipeline.api.devices();
    const received = READINGS_AT_START + log.length * READINGS_PER_LINE;
    expect(device?.streams).toMatchObject([{ received, missing: [], lost: 0 }]);
    // Lines of one read have the same millisecond, so which of them is the latest nobody can say.
    expect(log.slice(-200).map((each) => JSON.parse(each).switches)).toContain(
      device?.lastValues['machine/switches']?.value,
    );
    expect(device?.lastValues['machine/memory']?.unit).toBe('/');
  },
);

function counted(api: { windows(query: string): Promise<readonly { readings: number }[]> }, total: number) {
  return until(`${total} readings counted`, async () => {
    const readings = (await api.windows('?region=44')).reduce((sum, each) => sum + each.readings, 0);
    return readings >= total;
  });
}

/** Two ends of a serial line: what is written into one comes out of the other. */
async function startPtyPair(): Promise<{ agentEnd: string; deviceEnd: string }> {
  const directory = temporaryDirectory();
  const [agentEnd, deviceEnd] = [join(directory, 'agent-end'), join(directory, 'device-end')];
  const socat: ChildProcess = spawn(
    'socat',
    ['-d', '-d', ...[agentEnd, deviceEnd].map((link) => `pty,raw,echo=0,link=${link}`)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onTestFinished(() => void socat.kill('SIGKILL'));
  let said = '';
  socat.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('socat to connect both ends', () => said.includes('starting data transfer loop'));
  return { agentEnd, deviceEnd };
}
