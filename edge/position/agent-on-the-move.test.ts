import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../agent.ts';
import { loadEdgeConfiguration } from '../config/index.ts';
import { checksum } from '../sensors/serial/nmea.ts';
import { PtyPair } from '../sensors/testing/pty-pair.ts';
import { requiredTool } from '../sensors/testing/required-tool.ts';
import { startFickleLink } from '../uplink/testing/fickle-link.ts';

/** A place as a receiver with a fix says it. */
function rmc(latitude: number, longitude: number): string {
  const cell = (degrees: number, digits: number) => {
    const whole = Math.trunc(degrees);
    return String(whole).padStart(digits, '0') + ((degrees - whole) * 60).toFixed(4).padStart(7, '0');
  };
  const body = `GNRMC,123519,A,${cell(latitude, 2)},N,${cell(longitude, 3)},E,40.0,,010126,,,A`;
  return `$${body}*${checksum(body).toString(16).padStart(2, '0')}\r\n`;
}

it('what a vehicle measures is posted to the prefecture where it was, and to its own region before the first fix', async (context) => {
  const pair = new PtyPair(requiredTool('socat', context));
  onTestFinished(() => pair[Symbol.asyncDispose]());
  await pair.plug();
  const directory = await mkdtemp(join(tmpdir(), 'tashika-move-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const link = await startFickleLink();
  onTestFinished(() => link.close());

  const serial = [{ name: 'gps', path: pair.agent, format: 'nmea', position: true }];
  const configuration = loadEdgeConfiguration(undefined, {
    TASHIKA_EDGE_REGION: '北海道',
    TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'data'),
    TASHIKA_EDGE_UPLINK_URL: link.url,
    TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '50',
    TASHIKA_EDGE_SPOOL_FSYNC_MS: '20',
    TASHIKA_EDGE_SENSORS_SYSTEM_INTERVAL_MS: '100',
    TASHIKA_EDGE_SENSORS_SERIAL: JSON.stringify(serial),
  });
  const agent = await startAgent(configuration, { logger: pino({ level: 'silent' }) });
  onTestFinished(() => agent.stop(AbortSignal.timeout(5_000)));

  const posted = async (pref: string) =>
    expect.poll(() => link.posts.some((post) => post.pref === pref), { timeout: 20_000 }).toBe(true);
  await posted('01');
  await pair.say(rmc(34.6864, 135.52));
  await posted('27');
  await pair.say(rmc(35.0214, 135.7556));
  await posted('26');
  expect(agent.figures.region).toBe('26');
  const seen = link.posts.map(({ pref }) => pref).filter((pref, index, all) => pref !== all[index - 1]);
  expect(seen).toEqual(['01', '27', '26']);
});
