import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetDevice } from '@tashika/cloud/api/fleet';
import { RAUC_TOOLS } from '@tashika/edge/update/testing';
import { expect, it } from 'vitest';
import { buildAgentImage, haveCommand, startUpdatingScene, type UpdatingScene, until } from '../rig/index.ts';

const REGION = '39';
const missing = RAUC_TOOLS.filter((name) => !haveCommand(name));

it.skipIf(missing.length > 0)(
  'an image is rolled out from its build to the readings that tell it; an agent that never has a post answered is taken back and halts its rollout; each reading of all of them is counted once',
  async () => {
    const scene = await startUpdatingScene({ sim: '127.1.9.1', region: REGION, version: '1.0.0' });
    const { fleet, images, slots, pipeline } = scene;
    buildAgentImage(images, slots, '2.0.0', scene.agentOf('2.0.0'));
    buildAgentImage(images, slots, '3.0.0', scene.agentOf('3.0.0', muteUntilItDies(scene)));
    expect(await fleet('import', images)).toMatchObject({
      code: 0,
      answer: { images: ['agent/2.0.0', 'agent/3.0.0'].map((image) => ({ image, imported: true })) },
    });
    expect(await fleet('promote', 'agent/2.0.0', 'canary')).toMatchObject({ code: 0 });
    const { controllerId, ...known } = await scene.device();
    expect(known).toMatchObject({ board: 'tashika-test', agentVersion: '1.0.0', imsiProved: true, region: REGION });
    expect(known.history).toMatchObject([{ event: 'registered', to: known.imsi }]);

    await scene.rollOut('good', 'agent/2.0.0');
    expect(await scene.ended('good')).toMatchObject({ code: 0, answer: { state: 'completed', byState: { kept: 1 } } });
    expect(await scene.device()).toMatchObject({
      agentVersion: '2.0.0',
      rollouts: [{ rollout: 'good', state: 'kept' }],
      actions: [{ outcome: 'success', detail: 'agent/2.0.0 has stored a reading and had a post answered.' }],
    });

    await scene.rollOut('bad', 'agent/3.0.0');
    // Its updater and its readings both say that it fell back, and either may be first.
    expect(await scene.ended('bad')).toMatchObject({
      code: 3,
      answer: {
        state: 'rolled-back',
        reason: expect.stringMatching(
          /^1 of 1 in wave 1 did not come to the image; (no device tells the image any more|1 device still tells the image: see what each says)$/,
        ),
        byState: { 'fell-back': 1 },
        failing: { signal: 'installation', devices: [controllerId] },
      },
    });
    const { answer: fellBack } = await fleet<FleetDevice>('device', controllerId);
    expect(fellBack?.rollouts[0]).toMatchObject({
      ...{ rollout: 'bad', state: 'fell-back', previousVersion: '2.0.0' },
      detail: expect.stringMatching(/it never had a post answered|^its readings tell 2.0.0 again, after 3.0.0$/),
    });
    await until('the updater to have said why', async () => (await scene.device()).actions[0]?.outcome !== null);
    expect((await scene.device()).actions[0]).toMatchObject({
      outcome: 'failure',
      detail: expect.stringMatching(/^The device fell back: it never had a post answered\. .*its one try/),
    });
    const told = async () => {
      const { 'agent/version': version, 'agent/starts': starts } = (await pipeline.api.devices())[0]?.lastValues ?? {};
      return String([version?.value, starts?.value]);
    };
    await until('2.0.0 to tell its fourth start', async () => (await told()) === '2.0.0,4', 60_000);

    expect(await scene.agent.stop()).toBe(0);
    expect(await scene.updater.stop()).toBe(0);
    await pipeline.settled();
    const [device, ...others] = await pipeline.api.devices();
    expect(others).toEqual([]);
    expect(device?.streams).toMatchObject([{ missing: [], lost: 0, held: 0 }]);
    const [stream] = device!.streams;
    expect(stream!.received).toBe(stream!.through);
    const counted = (await pipeline.api.windows(`?region=${REGION}`)).reduce((sum, { readings }) => sum + readings, 0);
    expect(counted).toBe(stream!.received);
    expect(scene.agent.started).toEqual(['A', 'B', 'A', 'B']);
    expect((await pipeline.api.deadLetters()).deadLetters).toEqual([]);
  },
);

/** Stores readings, sends none, and dies once the updater has seen that it stored: the one that comes back sends them. */
function muteUntilItDies({ updaterState }: UpdatingScene): (agent: string) => void {
  return (agent) => {
    const file = join(agent, 'uplink/uplink.js');
    const seen = `/"stored":true/.test(fileSystem.readFileSync(${JSON.stringify(updaterState)}, 'utf8'))`;
    const dies = `Uplink.prototype.start = () => setInterval(() => ${seen} && process.kill(process.pid, 'SIGKILL'), 100);`;
    writeFileSync(file, `import * as fileSystem from 'node:fs';\n${readFileSync(file, 'utf8')}\n${dies}\n`);
  };
}
