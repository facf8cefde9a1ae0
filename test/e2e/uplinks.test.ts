import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startAgent, startPipeline, until } from '../rig/index.ts';

const READINGS = 20;

it('counts every reading once that came by TCP, UDP or the unified endpoint, whose answers change meanwhile', async () => {
  const pipeline = await startPipeline({ faults: { refuse: 0.2 } });
  const { api, funnel, directory } = pipeline;
  const uplinks = [
    { url: `tcp://127.0.0.1:${funnel.port}`, localAddress: '127.1.0.21' },
    { url: `udp://127.0.0.1:${funnel.port}`, localAddress: '127.1.0.22' },
    { url: `http://127.0.0.1:${funnel.unifiedPort}`, entry: 'unified', localAddress: '127.1.0.23' },
  ];
  const agents = uplinks.map((uplink) =>
    startAgent(join(directory, uplink.localAddress), {
      region: '13',
      uplink: { ...uplink, batchAgeMs: 100, retryFirstMs: 20, retryMostMs: 100 },
      clock: { trusted: 'always' },
      sensors: { system: { intervalMs: 200 } },
    }),
  );
  const received = async () => {
    const devices = await api.devices();
    return devices.length < agents.length ? 0 : Math.min(...devices.map(({ streams }) => streams[0]!.received));
  };
  await until('readings of each agent', async () => (await received()) > 0, 60_000);
  funnel.others.harvest = true;
  const before = await received();
  await until('more of them', async () => (await received()) >= before + READINGS, 60_000);
  funnel.faults.refuse = 0; // an agent that ends tries each post once
  await Promise.all(agents.map((agent) => agent.stop()));
  await pipeline.settled();

  expect(funnel.stats.refused.unavailable).toBeGreaterThan(0);
  const devices = await api.devices();
  expect(devices).toHaveLength(agents.length);
  for (const { streams } of devices) {
    expect(streams).toMatchObject([{ missing: [], lost: 0, held: 0 }]);
    expect(streams[0]!.through).toBe(streams[0]!.received);
  }
});
