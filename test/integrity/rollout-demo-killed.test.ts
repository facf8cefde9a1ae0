import type { Rollout } from '@tashika/cloud/api/fleet';
import { expect, it } from 'vitest';
import { elsewhere, Program, temporaryDirectory } from '../rig/index.ts';

const MAIN = 'deploy/dist/local/main.js';
/** Each step takes half a minute at most; a busy machine may take longer. */
const WITHIN_MS = 120_000;

it('npm start -- --rollout demo: a bad image is halted by its own readings and rolled back, also when all is killed on the way', async () => {
  const env = await elsewhere(temporaryDirectory());
  const api = `http://127.0.0.1:${env.TASHIKA_API_PORT}`;
  const first = new Program(MAIN, ['--rollout', 'demo'], env);
  await first.printed(/100 devices run agent 1\.4\.0/, WITHIN_MS);
  await first.printed(/Wave 1: 10 devices are offered agent\/1\.5\.0/, WITHIN_MS);
  const [, address] = await first.printed(/Watch: (\S+)/);
  expect(address).toBe(`${api}/#/fleet/demo-1`);
  await first.kill9();

  const second = new Program(MAIN, ['--rollout', 'demo'], env);
  await second.printed(/Goes on with demo-1, which the last run left running/, WITHIN_MS);
  await second.printed(/HALTED by the signal "\w+" with 10 of \d+ devices touched/, WITHIN_MS);
  await second.printed(/Rolled back: 10 devices run 1\.4\.0 again/, WITHIN_MS);

  const rollout = (await (await fetch(`${api}/api/fleet/rollouts/demo-1`)).json()) as Rollout;
  expect(rollout).toMatchObject({ state: 'rolled-back', wave: 1, touched: 10 });
  expect(await second.stop('SIGINT')).toBe(0);
});
