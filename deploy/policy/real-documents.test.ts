import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from '@cdktn/hcl2json';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Rig } from '../soracom/testing/rig.ts';
import { planJson, rehearse } from '../terraform/preview/preview.ts';
import { hasTerraform } from '../terraform/testing/has-terraform.ts';
import { type Base, loadBase } from './base.ts';
import { type Kind, kindOf } from './document.ts';
import { judge } from './judge.ts';
import { BASE } from './place.ts';
import { haveOpa, SHELL } from './testing/opa.ts';

const NOW = Date.UTC(2026, 5, 1);

/** Files of the checkout's `deploy`, for the source alone: tests are not run from the build. */
const deployed = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

describe.skipIf(!haveOpa())('the base', () => {
  let base: Base;
  beforeAll(async () => {
    base = await loadBase(BASE, SHELL);
  });

  async function denials(kind: Kind, ...contents: readonly unknown[]) {
    expect(contents.map(kindOf)).toEqual(contents.map(() => kind));
    const documents = contents.map((content, index) => ({ file: String(index), kind, content }));
    const verdicts = await judge(documents, base, undefined, NOW, SHELL);
    return verdicts.flatMap(({ violations }) => violations.map(({ rule, resource }) => `${rule} at ${resource}`));
  }

  it.skipIf(!hasTerraform())('allows the stack for production as Terraform plans it', async () => {
    expect(await denials('terraform', JSON.parse(await rehearse('prod', planJson)))).toEqual([]);
  });

  it('allows the job files for Nomad', async () => {
    const files = ['worker', 'api'].map((name) => deployed(`nomad/${name}.nomad.hcl`));
    const jobs = await Promise.all(files.map((file) => parse(file, readFileSync(file, 'utf8'))));
    expect(await denials('nomad', ...jobs)).toEqual([]);
  });

  it('allows what is planned of the example for production in an empty account of SORACOM', async () => {
    const sims = readFileSync(deployed('soracom/example-production/sims.csv'), 'utf8').match(/\b\d{15}\b/g)!;
    const rig = await Rig.start({ sims: sims.map((imsi) => ({ sim: { imsi, imei: imsi } })) });
    onTestFinished(() => rig.close());
    const { answer, error } = await rig.run('plan', {
      directory: deployed('soracom/example-production'),
      'without-secrets': true,
    });
    expect(error).toBeUndefined();
    expect(answer.actions.length).toBeGreaterThan(3);
    expect(await denials('soracom', answer)).toEqual([]);
  });
});
