import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { type Asked, parseCommandLine } from '../command/command-line.ts';
import type { CommandContext, CommandGroup } from '../command/index.ts';
import { catalogue } from './catalogue/index.ts';
import { catalogueGroup, terraformGroup } from './command.ts';
import { hasTerraform } from './testing/has-terraform.ts';

async function run(group: CommandGroup, ...args: string[]): Promise<{ text: string; answer: unknown }> {
  const asked: Asked = parseCommandLine([group.name, ...args], { version: '0', groups: [group], group, width: 100 });
  if (!('command' in asked)) throw new Error(asked.text);
  const told = { text: '', answer: undefined as unknown };
  const context: CommandContext = {
    env: {},
    cwd: '/',
    json: asked.json,
    stdin: Readable.from([]),
    clock: new TestClock(),
    signal: new AbortController().signal,
    print: (text) => {
      told.text += `${text}\n`;
    },
    answer: (value) => {
      told.answer = value;
    },
    progress: () => {},
    confirm: async () => false,
  };
  expect(await asked.command.run(asked.args, context)).toBe(0);
  return told;
}

describe('tashika catalogue', () => {
  it.each([[[]], [['show']], [['--json']]])('with %j has every module', async (args) => {
    const { text, answer } = await run(catalogueGroup, ...args);
    for (const { name } of catalogue()) expect(text).toContain(`\n## ${name}\n`);
    expect(answer).toEqual({ modules: catalogue() });
  });

  it('prints one module', async () => {
    const { text, answer } = await run(catalogueGroup, 'show', 'worker');
    expect(text).not.toContain('## event-hubs');
    expect(answer).toMatchObject({ modules: [{ name: 'worker' }] });
  });

  it('names the modules that there are when asked for another one', async () => {
    await expect(run(catalogueGroup, 'show', 'wroker')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('There is no module wroker. The catalogue has account, budget,'),
    });
  });
});

it.each([
  [['check', 'modules/wroker'], 'There is no module or stack modules/wroker. There are modules/account,'],
  [['preview', 'production', '--out', 'plans'], 'There is no stack production. There are dev, prod, staging.'],
])('tashika terraform %j is refused before anything is served', async (args, sentence) => {
  await expect(run(terraformGroup, ...args)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(sentence),
  });
});

it('tashika terraform preview says where it can write nothing, before anything is planned', async () => {
  await expect(run(terraformGroup, 'preview', 'dev', '--out', '/dev/null')).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: expect.stringMatching(/^The plan can't be written to \/dev\/null\/dev: ENOTDIR/),
  });
});

describe.skipIf(!hasTerraform())('tashika terraform', () => {
  it('check counts the tests that passed', async () => {
    const { text, answer } = await run(terraformGroup, 'check', 'modules/naming-tags', 'modules/budget');
    expect(answer).toEqual({
      directories: ['modules/naming-tags', 'modules/budget'],
      passed: expect.any(Number),
      problems: [],
    });
    expect(text).toMatch(/^2 directories, [1-9]\d* tests passed, 0 problems\.\n$/);
  });

  it('preview writes the plan of a stack', async () => {
    const out = mkdtempSync(join(tmpdir(), 'tashika-plans-'));
    try {
      const { answer } = await run(terraformGroup, 'preview', 'dev', '--out', out);
      const file = join(out, 'dev/plan.json');
      expect(answer).toEqual({ files: [file] });
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        errored: false,
        resource_changes: expect.any(Array),
      });
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
