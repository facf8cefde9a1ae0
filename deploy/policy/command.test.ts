import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TestClock } from '@tashika/shared/time';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CommandArguments, CommandContext } from '../command/index.ts';
import { type Base, loadBase } from './base.ts';
import { policyGroup } from './command.ts';
import { readDocument } from './document.ts';
import { judge } from './judge.ts';
import { OPA_VERSION } from './opa.ts';
import { runTests } from './opa-tests.ts';
import { BASE } from './place.ts';
import { reportOf } from './report.ts';
import { haveOpa, SHELL } from './testing/opa.ts';
import { teamFolder } from './testing/team-folder.ts';

const NOW = Date.UTC(2026, 5, 30, 12);
const PLAN = { format_version: '1.2', terraform_version: '1.11.4', resource_changes: [] as unknown[] };

function storage(name: string, planned: object): unknown {
  return {
    address: `azurerm_storage_account.${name}`,
    mode: 'managed',
    type: 'azurerm_storage_account',
    change: { actions: ['create'], after: { min_tls_version: 'TLS1_2', ...planned } },
  };
}

async function run(name: string, args: CommandArguments, over: Partial<CommandContext> = {}) {
  const printed: string[] = [];
  let answer: unknown;
  const context: CommandContext = {
    env: process.env,
    cwd: '/',
    json: true,
    stdin: Readable.from([]),
    clock: new TestClock(NOW),
    signal: new AbortController().signal,
    print: (text) => printed.push(text),
    answer: (value) => {
      answer = value;
    },
    progress: () => {},
    confirm: () => Promise.reject(new Error('It asked.')),
    ...over,
  };
  const code = await policyGroup.commands.find((command) => command.name === name)!.run(args, context);
  return { code, out: printed.join('\n'), answer };
}

async function fileWith(content: unknown): Promise<string> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return join(await teamFolder({ 'input.json': text }), 'input.json');
}

/** Nothing is on standard input, and paths begin where nothing is. */
const SOURCE = { cwd: '/nowhere', stdin: Readable.from([]) };

describe('what is to be judged', () => {
  it.each([
    [PLAN, 'terraform'],
    [{ operatorId: 'OP0012345678', coverage: 'jp', actions: [], leftovers: [] }, 'soracom'],
    [{ format: 'tashika-soracom-plan-1', digest: 'x', plan: { actions: [] } }, 'soracom'],
    [{ Job: { ID: 'x', TaskGroups: [] } }, 'nomad'],
    [{ ID: 'x', TaskGroups: [] }, 'nomad'],
    [{ job: { x: [{}] } }, 'nomad'],
  ])('%j is known as %s', async (content, kind) => {
    expect((await readDocument(await fileWith(content), SOURCE)).kind).toBe(kind);
  });

  it.each([
    ['{', undefined, /input\.json is no JSON \(line 1, column \d+\)\. .* terraform show -json PLAN/],
    ['{"plan": 1}', undefined, /input\.json is neither a Terraform plan nor a SORACOM plan nor a Nomad job\./],
    ['null', undefined, /is neither/],
    ['[]', undefined, /is neither/],
    [JSON.stringify(PLAN), 'nomad' as const, /input\.json is a Terraform plan, not a Nomad job\./],
  ])('%s is refused (as %s)', async (text, kind, said) => {
    await expect(readDocument(await fileWith(text), SOURCE, kind)).rejects.toMatchObject({
      code: 'POLICY_INPUT_INVALID',
      message: expect.stringMatching(said),
    });
  });

  it('may come by standard input', async () => {
    const stdin = Readable.from([JSON.stringify(PLAN)]);
    expect(await readDocument('-', { cwd: '/', stdin })).toEqual({
      file: 'standard input',
      kind: 'terraform',
      content: PLAN,
    });
  });

  it('that is not there is told', async () => {
    await expect(readDocument('absent.json', SOURCE)).rejects.toMatchObject({ code: 'POLICY_INPUT_INVALID' });
  });
});

it('README and CI name the release of opa that the program names', async () => {
  for (const file of ['README.md', '../../.ci/run'])
    expect(await readFile(new URL(file, import.meta.url), 'utf8')).toContain(
      `github.com/open-policy-agent/opa@${OPA_VERSION}`,
    );
});

it('without opa on the PATH it is said how to get it', async () => {
  await expect(run('explain', {}, { env: { PATH: '/nowhere' } })).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: expect.stringMatching(/^opa is not on the PATH\. Get it: go install .*opa@v1\.\d+\.\d+/),
  });
});

describe.skipIf(!haveOpa())('tashika policy', () => {
  let base: Base;
  beforeAll(async () => {
    base = await loadBase(BASE, SHELL);
  });

  it('has rules whose tests all pass', async () => {
    const results = await runTests(base, undefined, SHELL);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.length).toBeGreaterThan(base.rules.length);
  });

  it('has rules whose ids are their own', () => {
    const ids = base.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no parameter that no rule goes by', () => {
    const used = new Set(base.rules.flatMap(({ parameters }) => parameters));
    expect(Object.keys(base.parameters).filter((name) => !used.has(name))).toEqual([]);
  });

  it('check ends with 0 where nothing is denied, and with 3 where something is', async () => {
    const good = await fileWith({ ...PLAN, resource_changes: [storage('a', {})] });
    const bad = await fileWith({ ...PLAN, resource_changes: [storage('a', { min_tls_version: 'TLS1_0' })] });
    expect(await run('check', { input: [good] })).toMatchObject({ code: 0, answer: { allowed: true } });
    const { code, out, answer } = await run('check', { input: [good, bad] });
    expect([code, out.split('\n')]).toEqual([
      3,
      [
        `${good} (Terraform plan): allowed`,
        `${bad} (Terraform plan): denied, 1 violation`,
        '  terraform.tls-is-new (high) at azurerm_storage_account.a',
        '      TLS is new enough: `min_tls_version` is TLS1_0; allowed are 1.2, 1.3, TLS1_2, TLS1_3.',
        expect.stringContaining('      Set the attribute to one of the allowed versions'),
      ],
    ]);
    expect(answer).toMatchObject({
      allowed: false,
      documents: [
        { file: good, kind: 'terraform', allowed: true, violations: [] },
        {
          file: bad,
          allowed: false,
          violations: [{ rule: 'terraform.tls-is-new', resource: 'azurerm_storage_account.a' }],
        },
      ],
    });
  });

  it("check hears a team's denials and parameters too", async () => {
    const team = await teamFolder({
      'rules.rego':
        'package tashika.team.field\n\ndeny contains {"rule": "no-storage", "resource": change.address, "message": "We keep nothing."} if {\n\tsome change in input.resource_changes\n}\n',
      'parameters.json': '{"allowed_tls_versions": ["TLS1_3"]}',
    });
    const input = await fileWith({ ...PLAN, resource_changes: [storage('a', {})] });
    const { code, answer } = await run('check', { input: [input], team });
    expect(code).toBe(3);
    expect(answer).toMatchObject({
      documents: [{ violations: [{ rule: 'team.field.no-storage' }, { rule: 'terraform.tls-is-new' }] }],
    });
  });

  it("test runs a team's tests beside those of the base, and ends with 1 where one fails", async () => {
    const rules = 'package tashika.team.field\n\ndeny contains "no" if input.x\n';
    const tests = (word: string) =>
      `package tashika.team.field_test\n\ntest_denies if data.tashika.team.field.deny == {"${word}"} with input as {"x": 1}\n`;
    const good = await teamFolder({ 'rules.rego': rules, 'rules_test.rego': tests('no') });
    const bad = await teamFolder({ 'rules.rego': rules, 'rules_test.rego': tests('yes') });
    expect(await run('test', { team: good })).toMatchObject({ code: 0, answer: { failed: 0 } });
    const { code, out } = await run('test', { team: bad });
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^failed: data\.tashika\.team\.field_test\.test_denies \(.*rules_test\.rego:3\)\n\d+ passed, 1 failed$/,
      ),
    ]);
  });

  it('explain says what a rule wants, by which parameter, and how a team may move that', async () => {
    const { code, out, answer } = await run('explain', { rule: 'terraform.replicas-are-bounded' });
    expect(code).toBe(0);
    expect(out).toContain('terraform.replicas-are-bounded (medium): Replicas have a bound');
    expect(out).toContain('Parameter max_replicas: Replicas of a container app. It is 32; a team may only lower it.');
    expect(answer).toMatchObject({
      id: 'terraform.replicas-are-bounded',
      parameters: { max_replicas: { lattice: 'max' } },
    });
  });

  it('explain lists all rules where none is named, and the near ones of one that there is not', async () => {
    expect((await run('explain', {})).out.split('\n')).toHaveLength(base.rules.length);
    await expect(run('explain', { rule: 'nomad.tls' })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('There is no rule nomad.tls. There is terraform.tls-is-new.'),
    });
  });

  describe('an exception of the base', () => {
    const exception = {
      rule: 'terraform.tls-is-new',
      resource: 'azurerm_storage_account.old',
      owner: 'platform@example.com',
      reason: 'The old reader.',
      expires: '2026-06-30',
    };

    async function judged(now: number) {
      const content = { ...PLAN, resource_changes: [storage('old', { min_tls_version: 'TLS1_0' })] };
      const document = { file: 'plan.json', kind: 'terraform', content } as const;
      const [verdict] = await judge([document], { ...base, exceptions: [exception] }, undefined, now, SHELL);
      return reportOf(verdict!);
    }

    it('excuses on its last day, with its owner named', async () => {
      expect(await judged(NOW)).toBe(
        'plan.json (Terraform plan): allowed; 1 denial excused\n' +
          '  terraform.tls-is-new at azurerm_storage_account.old is excused until 2026-06-30 by platform@example.com: The old reader.',
      );
    });

    it('excuses nothing on the day after, and is told', async () => {
      const said = await judged(NOW + 86_400_000);
      expect(said).toMatch(/^plan\.json \(Terraform plan\): denied, 1 violation\n/);
      expect(said).toContain(
        'The exception from terraform.tls-is-new for azurerm_storage_account.old ended on 2026-06-30 and excuses nothing; platform@example.com answers for it.',
      );
    });
  });

  describe('a base that is not in order is told by file and line, and judges nothing', () => {
    async function baseWith(name: string, change: (text: string) => string) {
      const directory = await mkdtemp(join(tmpdir(), 'tashika-base-'));
      onTestFinished(() => rm(directory, { recursive: true }));
      await cp(BASE, directory, { recursive: true });
      await writeFile(join(directory, name), change(await readFile(join(directory, name), 'utf8')));
      return loadBase(directory, SHELL).then(
        () => 'It was taken.',
        (error: Error & { code: string }) => `${error.code} ${error.message.replaceAll(`${directory}/`, '')}`,
      );
    }

    it.each<[string, string, (text: string) => string, RegExp]>([
      [
        'a syntax error',
        'denial.rego',
        (text) => text.replace('{', '{{'),
        /^POLICY_INVALID (\n {2})?denial\.rego:\d+: /,
      ],
      [
        'a rule without an id',
        'nomad.rego',
        (text) => text.replace('#   id: nomad.job-is-whole\n', ''),
        /^POLICY_INVALID nomad\.rego:\d+: a deny rule without METADATA/,
      ],
      [
        'a rule without a remedy',
        'nomad.rego',
        (text) => text.replace(/# {3}remedy: Make.*\n/, ''),
        /^POLICY_INVALID nomad\.rego:\d+: nomad\.job-is-whole needs/,
      ],
      [
        'a rule by an unknown parameter',
        'nomad.rego',
        (text) => text.replace('[allowed_vault_roles]', '[roles]'),
        /^POLICY_INVALID nomad\.rego:\d+: nomad\.vault-role-is-allowed goes by the parameter roles/,
      ],
      [
        'parameters that are no JSON',
        'parameters.json',
        () => '{',
        /^POLICY_INVALID parameters\.json is not JSON \(line 1, column 2\)\.$/,
      ],
      [
        'an exception without an owner',
        'exceptions.json',
        () => JSON.stringify([{ rule: 'x' }]),
        /^POLICY_INVALID exceptions\.json: exception 1 lacks resource, owner/,
      ],
    ])('%s', async (_what, name, change, said) => {
      expect(await baseWith(name, change)).toMatch(said);
    });
  });
});
