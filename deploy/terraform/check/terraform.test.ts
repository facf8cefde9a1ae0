import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modules, stacks } from '../directories.ts';
import { TERRAFORM } from '../place.ts';
import { type Providers, serveProviders } from '../schema/providers.ts';
import { hasTerraform } from '../testing/has-terraform.ts';
import { check, unformatted } from './check.ts';

describe.skipIf(!hasTerraform())('the modules and stacks', () => {
  let providers: Providers;
  beforeAll(async () => {
    providers = await serveProviders();
  });
  afterAll(() => providers.close());

  it('are written as terraform fmt writes them', async () => {
    expect(await unformatted()).toEqual([]);
  });

  it.each(modules())('%s fits the schema, and its tests pass', async (directory) => {
    const { passed, problems } = await check(directory, providers);
    expect(problems).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });

  it.each(stacks())('%s fits the schema', async (directory) => {
    expect((await check(directory, providers)).problems).toEqual([]);
  });

  it('in three sizes differ in their sizes alone', () => {
    const [first, ...others] = stacks();
    for (const file of ['variables.tf', 'outputs.tf'])
      for (const other of others) expect(textOf(other, file)).toBe(textOf(first!, file));
    for (const other of others) {
      const [name, firstName] = [other, first!].map((directory) => directory.replace('stacks/', ''));
      expect(textOf(other, 'terraform.tf').replace(`tashika-${name}`, `tashika-${firstName}`)).toBe(
        textOf(first!, 'terraform.tf'),
      );
    }
  });

  it.each([
    ['an attribute', 'partition_count = var.partitions', 'partition_counts = var.partitions', 'partition_counts'],
    ['a block', 'retention_description {', 'retention_descriptions {', 'retention_descriptions'],
    ['what is written at all', 'partition_count = var.partitions', 'partition_count var.partitions', 'partition_count'],
    ['a type', 'retention_time_in_hours = var.retention_hours', 'retention_time_in_hours = "long"', 'number'],
    [
      'what an output hands on',
      'azurerm_eventhub.this.partition_count',
      'azurerm_eventhub.this.partitions',
      'partitions',
    ],
  ])('refuse a slip in %s, and name it', async (_, right, wrong, named) => {
    const copy = mkdtempSync(join(tmpdir(), 'tashika-slip-'));
    try {
      cpSync(join(TERRAFORM, 'modules/event-hubs'), join(copy, 'event-hubs'), { recursive: true });
      const file = ['main.tf', 'outputs.tf']
        .map((name) => join(copy, 'event-hubs', name))
        .find((name) => readFileSync(name, 'utf8').includes(right))!;
      writeFileSync(file, readFileSync(file, 'utf8').replace(right, wrong));
      const { problems } = await check('event-hubs', { root: copy, reattach: providers.reattach });
      expect(problems.join('\n')).toContain(named);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

function textOf(directory: string, file: string): string {
  return readFileSync(join(TERRAFORM, directory, file), 'utf8');
}
