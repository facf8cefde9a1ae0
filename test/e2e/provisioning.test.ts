import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMetadata } from '@tashika/deploy/local/metadata';
import { expect, it, onTestFinished } from 'vitest';
import { Program, startAgent, startPipeline, until } from '../rig/index.ts';

const hashOf = (userData: string) => createHash('sha256').update(userData).digest('hex').slice(0, 12);
const every = (intervalMs: number) =>
  JSON.stringify({ sensors: { system: { intervalMs } }, clock: { trusted: 'always' } });

it("configures a device without a file to edit, and loses nothing when its group's user data change", async () => {
  let userData = every(100);
  const metadata = await startMetadata({ tagsOf: () => ({ pref: '37' }), userData: () => userData });
  onTestFinished(() => metadata.stop());
  const pipeline = await startPipeline();
  const directory = join(pipeline.directory, 'agent');
  const settings = {
    metadata: { url: `http://127.0.0.1:${metadata.port}`, askEveryMs: 200 },
    uplink: { url: `http://127.0.0.1:${pipeline.funnel.httpPort}`, localAddress: '127.1.3.37', batchAgeMs: 100 },
  };

  // The field engineer's look before the agent is started. Its message arrives, and is not counted anywhere.
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'check.json'),
    JSON.stringify({ ...settings, dataDirectory: join(directory, 'spool') }),
  );
  const checkWith = (...args: string[]) => new Program('edge/dist/main.js', ['check', '--config', ...args]);
  const check = checkWith(join(directory, 'check.json'), '--json');
  expect([await check.exited(), check.errors]).toEqual([0, '']);
  const looked = JSON.parse(check.output) as { checks: { subject: string; detail: string }[] };
  const detailOf = (name: string) => looked.checks.find(({ subject }) => subject === name)?.detail;
  expect(detailOf('user data')).toContain(`${hashOf(userData)}, valid.`);
  expect(detailOf('sim')).toContain('IMSI 295000000066341');
  expect(detailOf('link')).toContain('took a test message');
  await pipeline.settled();
  expect(await pipeline.api.devices()).toMatchObject([{ imsi: '295000000066341', region: '37', streams: [] }]);
  expect(await pipeline.api.windows('?region=37')).toEqual([]);
  expect(await pipeline.api.metric('tashika_events_total')).toBe(1);

  const agent = startAgent(directory, settings);
  const told = async () => (await pipeline.api.devices())[0]?.lastValues['agent/configuration']?.value;
  await until('the first configuration to be told', async () => (await told()) === hashOf(userData));

  // A fleet converges: what each device runs with can be seen in the cloud.
  userData = every(150);
  await until('the second configuration to be told', async () => (await told()) === hashOf(userData));

  const accepted = userData;
  userData = '{"sensors":{"system":{"intervalMs":150}},"dataDirectory":"/tmp/elsewhere"}';
  const refused = `${hashOf(accepted)}; refused ${hashOf(userData)}: dataDirectory can only be set on the device itself, not by user data.`;
  await until('the refusal to be told', async () => (await told()) === refused);

  userData = every(120);
  await until('the third configuration to be told', async () => (await told()) === hashOf(userData));
  const beside = checkWith(join(directory, 'agent.json'));
  await beside.printed(/took a test message/);
  await beside.exited();
  expect(await agent.stop()).toBe(0);
  // The check's message came before what the agent said last, and is no stream of its own.
  await until('the stream to be whole', async () => {
    const [device] = await pipeline.api.devices();
    const counted = (await pipeline.api.windows('?region=37')).reduce((sum, { readings }) => sum + readings, 0);
    const [stream, ...others] = device?.streams ?? [];
    return (
      device?.region === '37' &&
      others.length === 0 &&
      stream?.held === 0 &&
      stream.lost === 0 &&
      stream.missingReadings === 0 &&
      stream.received === stream.through &&
      counted === stream.received
    );
  });
});
