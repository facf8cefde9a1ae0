import { isTashikaError } from '@tashika/shared/errors';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Base, loadBase } from './base.ts';
import type { Exception } from './exceptions.ts';
import { type Case, decide } from './judge.ts';
import { type ParameterValues, tighten, valuesOf } from './parameters.ts';
import { BASE } from './place.ts';
import { loadTeam, type Team } from './team.ts';
import { documents } from './testing/documents.ts';
import { haveOpa, SHELL } from './testing/opa.ts';
import { teamFolder } from './testing/team-folder.ts';
import { teamModules } from './testing/team-modules.ts';

const SEED = Number(process.env.TASHIKA_TEST_SEED ?? 20_260_601);
const NOW = '2026-06-01T12:00:00Z';
const DOCUMENTS = 300;
const TEAMS = 40;
/** Teams that judge at once, in one run of opa with all documents. */
const TEAMS_AT_ONCE = 20;

type Decision = Awaited<ReturnType<typeof decide>>[number];

/** What a violation is about; how it is told may change with a parameter. */
function keysOf({ violations }: Pick<Decision, 'violations'>): ReadonlySet<string> {
  return new Set(violations.map(({ rule, resource }) => `${rule} at ${resource}`));
}

function missingIn(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...other].filter((each) => !one.has(each));
}

describe.skipIf(!haveOpa())(`random documents and random teams (seed ${SEED})`, () => {
  let base: Base;
  let judged: readonly {
    readonly kind: string;
    readonly document: unknown;
    readonly exceptions: readonly Exception[];
  }[];
  let byBase: readonly Decision[];

  function cases(team: ParameterValues, of = valuesOf(base.parameters)): readonly Case[] {
    return judged.map(({ kind, document, exceptions }) => ({
      document,
      check: { kind, now: NOW, parameters: { base: of, team }, exceptions },
    }));
  }

  beforeAll(async () => {
    base = await loadBase(BASE, SHELL);
    judged = fc.sample(documents(base.rules.map(({ id }) => id)), { numRuns: DOCUMENTS, seed: SEED });
    byBase = await decide(cases(valuesOf(base.parameters)), base.modules, SHELL);
  });

  it('are denied and allowed, excused and not, so that there is something to lose', () => {
    const denied = byBase.filter(({ violations }) => violations.length > 0).length;
    expect(denied).toBeGreaterThan(DOCUMENTS / 4);
    expect(DOCUMENTS - denied).toBeGreaterThan(DOCUMENTS / 10);
    expect(byBase.filter(({ excused }) => excused.length > 0).length).toBeGreaterThan(DOCUMENTS / 20);
    expect(byBase.filter(({ expired }) => expired.length > 0).length).toBeGreaterThan(DOCUMENTS / 20);
  });

  it('lose no denial of the base to any team that is taken', async () => {
    const folders = await Promise.all(
      fc
        .sample(teamModules, { numRuns: TEAMS, seed: SEED })
        .map(({ rego }, number) => teamFolder({ 'rules.rego': rego.replaceAll('TEAM', `t${number}`) })),
    );
    const taken: Team[] = [];
    const refused: string[] = [];
    for (const folder of folders) {
      await loadTeam(folder, base, SHELL).then(
        (team) => taken.push(team),
        (error: unknown) => {
          if (!isTashikaError(error, 'POLICY_LOOSENED')) throw error;
          refused.push(error.message);
        },
      );
    }
    expect(Math.min(taken.length, refused.length)).toBeGreaterThan(TEAMS / 10);
    let added = 0;
    for (let first = 0; first < taken.length; first += TEAMS_AT_ONCE) {
      const modules = taken.slice(first, first + TEAMS_AT_ONCE).flatMap((team) => team.modules);
      const merged = await decide(cases(valuesOf(base.parameters)), [...base.modules, ...modules], SHELL);
      for (const [index, decision] of merged.entries()) {
        expect(missingIn(keysOf(decision), keysOf(byBase[index]!)), JSON.stringify(judged[index])).toEqual([]);
        if (decision.violations.length > byBase[index]!.violations.length) added++;
      }
    }
    expect(added).toBeGreaterThan(DOCUMENTS / 10);
  });

  it("lose no denial of the base to any team's parameters, taken or not", async () => {
    const values = fc.oneof(
      fc.integer({ min: -1, max: 2_000_000 }),
      fc.boolean(),
      fc.array(fc.constantFrom('1.0', 'westeurope', 'Owner', 'team')),
    );
    const wild = fc.record(Object.fromEntries(Object.keys(base.parameters).map((name) => [name, fc.option(values)])));
    for (const parameters of fc.sample(wild, { numRuns: 2, seed: SEED })) {
      const merged = await decide(cases(parameters as ParameterValues), base.modules, SHELL);
      for (const [index, decision] of merged.entries())
        expect(missingIn(keysOf(decision), keysOf(byBase[index]!)), JSON.stringify(judged[index])).toEqual([]);
    }
  });

  it('are denied by each rule no less when a parameter is tightened, even by that parameter alone', async () => {
    const tightened = {
      max_throughput_units: 1,
      max_replicas: 1,
      max_monthly_budget: 10,
      max_removals: 0,
      max_sims_changed: 0,
      max_task_cpu_mhz: 100,
      max_task_memory_mb: 128,
      allowed_nomad_drivers: ['podman'],
      allowed_vault_roles: ['tashika-api'],
      allowed_host_networks: [],
      min_backup_days: 30,
      min_event_retention_hours: 72,
      allowed_tls_versions: ['1.3'],
      allowed_locations: [],
      allowed_roles: ['AcrPull'],
      allowed_destination_domains: [],
      geo_redundant_backup_required: true,
    };
    const { values, refusals } = tighten(base.parameters, tightened);
    expect(refusals).toEqual([]);
    const alone = await decide(cases(values, values), base.modules, SHELL);
    for (const [index, decision] of alone.entries())
      expect(missingIn(keysOf(decision), keysOf(byBase[index]!)), JSON.stringify(judged[index])).toEqual([]);
    expect(
      alone.filter((decision, index) => decision.violations.length > byBase[index]!.violations.length).length,
    ).toBeGreaterThan(0);
  });
});
