import { availableParallelism, loadavg, uptime } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startAgent, startPipeline, until } from '../rig/index.ts';

it("brings this machine's own readings from the real agent to its prefecture's window", async () => {
  const pipeline = await startPipeline();
  const agent = startAgent(join(pipeline.directory, 'agent'), {
    region: '香川県',
    uplink: { url: `http://127.0.0.1:${pipeline.funnel.httpPort}`, localAddress: '127.1.3.37', batchAgeMs: 200 },
    sensors: { system: { intervalMs: 200 } },
  });

  const device = await until('the agent among the devices', async () => {
    const [first] = await pipeline.api.devices();
    return first && (first.streams[0]?.received ?? 0) >= 20 && first;
  });
  expect(device.imsi).toBe('295000000066341'); // 127.1.3.37: 1·65536 + 3·256 + 37
  expect(device.region).toBe('37');

  // The values are this machine's, with SenML's units.
  const values = Object.fromEntries(
    Object.entries(device.lastValues).map(([name, each]) => [name.split('/').at(-1)!, each]),
  );
  const named = (pattern: RegExp) => Object.entries(values).find(([name]) => pattern.test(name))?.[1];
  expect(Math.abs(Number(named(/uptime/)?.value) - uptime())).toBeLessThan(60);
  expect(named(/uptime/)?.unit).toBe('s');
  // The load is per processor.
  expect(Math.abs(Number(named(/load/)?.value) - loadavg()[0]! / availableParallelism())).toBeLessThan(2);
  expect(named(/memory/)).toBeDefined();

  // A clean stop leaves nothing behind: all that was taken is counted.
  expect(await agent.stop()).toBe(0);
  await until('the stream to be whole', async () => {
    const [stopped] = await pipeline.api.devices();
    const stream = stopped?.streams[0];
    if (!stream) return false;
    const counted = (await pipeline.api.windows('?region=37')).reduce((sum, { readings }) => sum + readings, 0);
    return (
      stopped.completeness === 1 &&
      stream.held === 0 &&
      stream.received === stream.through &&
      counted === stream.received
    );
  });
});
