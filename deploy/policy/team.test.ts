import { isTashikaError } from '@tashika/shared/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Base, loadBase } from './base.ts';
import { BASE } from './place.ts';
import { loadTeam } from './team.ts';
import { haveOpa, SHELL } from './testing/opa.ts';
import { teamFolder } from './testing/team-folder.ts';

const OWN = 'package tashika.team.field\n\n';
const HEAD = 'deny contains "no" if';

describe.skipIf(!haveOpa())("a team's folder", () => {
  let base: Base;
  beforeAll(async () => {
    base = await loadBase(BASE, SHELL);
  });

  async function refusal(files: Readonly<Record<string, string>>) {
    const directory = await teamFolder(files);
    const error: unknown = await loadTeam(directory, base, SHELL).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (!isTashikaError(error)) throw error ?? new Error('It was taken.');
    return `${error.code} ${error.message.replaceAll(`${directory}/`, '')}`;
  }

  it('is taken when it adds denials, tightens parameters, and has tests and words', async () => {
    const directory = await teamFolder({
      'rules.rego': `${OWN}import input.resource_changes as changes\n\nforbidden := {"azurerm_storage_account"}\n\nis_forbidden(type) if type in forbidden\n\n${HEAD} {\n  some change in changes\n  is_forbidden(change.type)\n  data.tashika.team.field.forbidden\n}\n`,
      'rules_test.rego':
        'package tashika.team.field_test\n\ntest_it if data.tashika.team.field.deny with input as {}\n',
      'parameters.json':
        '{"max_replicas": 2, "required_tags": ["project", "team", "environment", "cost-centre", "managed-by", "owner"]}',
      'README.md': 'Ours.',
    });
    const team = await loadTeam(directory, base, SHELL);
    expect([team.modules.length, team.tests.length]).toEqual([1, 1]);
    expect(team.parameters).toMatchObject({
      max_replicas: 2,
      max_throughput_units: base.parameters.max_throughput_units!.value,
    });
    expect(team.parameters.required_tags).toContain('owner');
  });

  it.each([
    [
      'a rule in a package of the base',
      'package tashika.base.terraform\n\ndeny := set()\n',
      'a.rego:3: rule deny: it is in package tashika.base.terraform',
    ],
    [
      'a helper of the base',
      'package tashika.base.terraform\n\nresources := set()\n',
      'a.rego:3: rule resources: it is in package tashika.base.terraform',
    ],
    [
      'the merge',
      'package tashika.merge\n\nviolations := set()\n',
      'a.rego:3: rule violations: it is in package tashika.merge',
    ],
    [
      'the merge, otherwise spelt',
      'package tashika["merge"]\n\nis_excused(_) if true\n',
      'a.rego:3: rule is_excused: it is in package tashika.merge',
    ],
    ['all teams', 'package tashika.team\n\ndeny := set()\n', 'a.rego:3: rule deny: it is in package tashika.team;'],
    [
      'a package within a team',
      'package tashika.team.field.base\n\ndeny contains "x"\n',
      'a.rego:3: rule deny: it is in package tashika.team.field.base',
    ],
    ['allow', `${OWN}allow if true\n`, 'a.rego:3: rule allow: the name allow is the base'],
    ['a default', `${OWN}default deny := set()\n`, 'a.rego:3: rule deny: deny is a set that rules add to'],
    ['deny as a whole', `${OWN}deny := {"x"}\n`, 'a.rego:3: rule deny: deny is a set that rules add to'],
    ['deny as a function', `${OWN}deny(x) := x\n`, 'a.rego:3: rule deny: deny is a set that rules add to'],
    ['deny as an object', `${OWN}deny[x] := true if x := "a"\n`, 'rule deny'],
    [
      'what lies under deny',
      `${OWN}deny.field contains "x"\n`,
      'a.rego:3: rule deny.field: deny is a set that rules add to',
    ],
    [
      'with',
      `${OWN}${HEAD} {\n  input.x with input as {}\n}\n`,
      'a.rego:4: rule deny: `with` would have rules judge by something else.',
    ],
    [
      'with, inside of a comprehension',
      `${OWN}${HEAD} {\n  count([1 | input.x with input as {}]) > 0\n}\n`,
      'a.rego:4: rule deny: `with`',
    ],
    [
      'an import of the base',
      `${OWN}import data.tashika.base.terraform\n\n${HEAD} terraform.deny\n`,
      'a.rego:3: it reads data.tashika.base.terraform',
    ],
    [
      'a look at the base',
      `${OWN}${HEAD} {\n  data.tashika.base.terraform.deny\n}\n`,
      'a.rego:4: rule deny: it reads data.tashika.base.terraform.deny',
    ],
    [
      'a look at the check',
      `${OWN}${HEAD} data.tashika.check.now\n`,
      'a.rego:3: rule deny: it reads data.tashika.check.now',
    ],
    [
      'a look by a name that is made up at run time',
      `${OWN}${HEAD} data.tashika[input.x].deny\n`,
      'a.rego:3: rule deny: it reads data.tashika[…]',
    ],
    ['all of data', `${OWN}${HEAD} walk(data)\n`, 'a.rego:3: rule deny: it reads data;'],
    ['the network', `${OWN}${HEAD} http.send({"url": "http://x"})\n`, 'a.rego:3: rule deny: it calls http.send'],
    ['the process', `${OWN}secret := opa.runtime().env\n`, 'a.rego:3: rule secret: it calls opa.runtime'],
    [
      'the process, within a call',
      `${OWN}secret := object.get(opa.runtime(), ["env", "HOME"], "")\n`,
      'rule secret: it calls opa.runtime',
    ],
    [
      'data behind another name',
      `${OWN}all := data\n\n${HEAD} all.tashika.check\n`,
      'a.rego:3: rule all: it reads data;',
    ],
    ['the time', `${OWN}${HEAD} time.now_ns() > 1\n`, 'a.rego:3: rule deny: it calls time.now_ns'],
  ])('is refused for %s, with file, line and rule', async (_what, text, said) => {
    expect(await refusal({ 'a.rego': text })).toContain(said);
    expect(await refusal({ 'a.rego': text })).toMatch(/^POLICY_LOOSENED /);
  });

  it('is refused for a parameter that would loosen, with the rule that goes by it', async () => {
    expect(await refusal({ 'parameters.json': '{"max_replicas": 99}' })).toBe(
      'POLICY_LOOSENED parameters.json: parameter max_replicas (of rule terraform.replicas-are-bounded) would be loosened from 32 to 99; a team may only lower it.',
    );
  });

  it.each([
    ['exceptions.json', 'exceptions live in the base'],
    ['data.json', "a team's folder holds .rego files and parameters.json."],
    ['data.yaml', "a team's folder holds .rego files and parameters.json."],
  ])('is refused for %s', async (name, said) => {
    expect(await refusal({ [name]: '{}' })).toContain(said);
  });

  it('is refused for all that is wrong at once', async () => {
    const said = await refusal({
      'a.rego': `${OWN}allow if true\n`,
      'b.rego': `${OWN}allowed if true\n`,
      'parameters.json': '{"max_replicas": 99}',
    });
    expect(said.split('\n')).toHaveLength(4);
  });

  it('with a syntax error is told by file and line', async () => {
    expect(await refusal({ 'a.rego': `${OWN}${HEAD} {\n  x := \n}\n` })).toBe(
      'POLICY_INVALID a.rego:5: unexpected } token',
    );
  });

  it('with parameters that are no JSON is told by the file', async () => {
    expect(await refusal({ 'parameters.json': '{' })).toMatch(/^POLICY_INVALID parameters\.json is not JSON/);
  });

  it('that is not there is told', async () => {
    await expect(loadTeam('/nowhere', base, SHELL)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });
});
