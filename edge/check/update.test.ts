import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadEdgeConfiguration } from '../config/index.ts';
import { startUpdateServer } from '../update/testing/update-server.ts';
import { UpdatingDevice } from '../update/testing/updating-device.ts';
import { checkUpdate } from './update.ts';

async function scene() {
  const server = await startUpdateServer();
  const device = new UpdatingDevice(server.url, { compatible: 'test-board', version: '2.0.0' });
  onTestFinished(async () => {
    device.remove();
    await server.close();
  });
  const conf = join(device.directory, 'system.conf');
  device.settings = {
    TASHIKA_EDGE_UPDATE_URL: server.url,
    TASHIKA_EDGE_UPDATE_AGENT_RAUC: conf,
    TASHIKA_EDGE_UPDATE_SYSTEM_RAUC: join(device.directory, 'absent'),
  };
  const check = async () => {
    const [line] = await checkUpdate(device.configuration);
    return [line?.verdict, line?.detail];
  };
  return { server, device, conf, check };
}

describe('the check of updates', () => {
  it('says what they would need where they are not configured', async () => {
    const [line] = await checkUpdate(loadEdgeConfiguration(undefined, {}));
    expect(line).toMatchObject({ verdict: 'ok', detail: expect.stringMatching(/^Not configured: .* Set update\.url/) });
  });

  it('finds what is lacking, one thing after the other, and in the end how the last update ended', async () => {
    const { server, device, conf, check } = await scene();
    expect(await check()).toEqual(['fail', expect.stringContaining('There are no slots to install into')]);
    writeFileSync(conf, '[system]\ncompatible=test-board\n');
    expect(await check()).toEqual(['warn', expect.stringMatching(/agent for test-board.*no agent says how it is/)]);
    server.offer = { id: '7', version: '2.0.0', bundle: Buffer.alloc(3_000, 1), sha256: 'ab'.repeat(32) };
    await device.update();
    const asked = server.requests.length;
    expect(await check()).toEqual([
      'ok',
      expect.stringMatching(
        /Nothing is under way\. The last one: failure, The bundle's SHA-256 .* knows this device, /,
      ),
    ]);
    expect(server.requests.slice(asked)).toEqual(['GET /tashika/*']);
    server.disturb = (_request, response) => {
      response.writeHead(401).end('{"detail":"Nobody knows you."}');
      return true;
    };
    expect(await check()).toEqual(['fail', expect.stringContaining('answers 401')]);
    await server.close();
    expect(await check()).toEqual(['fail', expect.stringContaining('does not answer')]);
  });
});
