import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CloudConfiguration, cloudRules, cloudSchema } from '@tashika/cloud/config';
import { loadConfiguration } from '@tashika/shared/config';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadVaultSite } from '../../vault/settings.ts';
import { stacks } from '../directories.ts';
import { committedSchemas } from '../schema/providers.ts';
import { hasTerraform } from '../testing/has-terraform.ts';
import { EXAMPLE_ACCOUNT } from './example.ts';
import { type Planned, type PlannedValues, resourcesIn } from './plan.ts';
import { planJson, type Rehearsal, type RehearsalOptions, rehearse, SIGNED_IN } from './preview.ts';

const PASSWORD = 'the-password-of-nobody-at-all';
const names = stacks().map((directory) => directory.replace('stacks/', ''));

/** What the resources of a type are planned to be, as far as a test looks into it. */
function valuesOf<Values>(resources: readonly Planned[], type: string): readonly Values[] {
  return resources.filter((each) => each.type === type).map(({ values }) => values as Values);
}

interface App {
  readonly name: string;
  readonly ingress: readonly { readonly allow_insecure_connections: boolean }[];
  readonly template: readonly [
    {
      readonly max_replicas: number;
      readonly container: readonly {
        readonly name: string;
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string; readonly value: string }[];
      }[];
      readonly custom_scale_rule: readonly { readonly custom_rule_type: string }[];
    },
  ];
}

interface Budget {
  readonly amount: number;
  readonly notification: readonly {
    readonly enabled: boolean;
    readonly threshold: number;
    readonly contact_emails: readonly string[];
  }[];
}

const appsIn = (resources: readonly Planned[]) => valuesOf<App>(resources, 'azurerm_container_app');

describe.skipIf(!hasTerraform())('a plan of', () => {
  describe.each(names)('%s', (stack) => {
    let json: string;
    let resources: readonly Planned[];
    beforeAll(async () => {
      json = await rehearse(stack, planJson, { password: PASSWORD });
      resources = resourcesIn((JSON.parse(json) as { planned_values: PlannedValues }).planned_values);
    });

    it('gives no key more than one right', () => {
      const rules = valuesOf<{ name: string; send: boolean; listen: boolean; manage: boolean }>(
        resources,
        'azurerm_eventhub_authorization_rule',
      );
      const rights = rules.map(({ name, send, listen, manage }) => [name, { send, listen, manage }]);
      expect(Object.fromEntries(rights)).toEqual({
        'soracom-send': { send: true, listen: false, manage: false },
      });
    });

    it('gives identities the right to read the hub, and the scaler its empty container', () => {
      const roles = valuesOf<{ role_definition_name: string }>(resources, 'azurerm_role_assignment').map(
        ({ role_definition_name }) => role_definition_name,
      );
      expect(roles.sort()).toEqual(['Azure Event Hubs Data Receiver', 'Storage Blob Data Reader']);
    });

    it('takes nothing older than TLS 1.2', () => {
      const [namespace] = valuesOf<{ minimum_tls_version: string }>(resources, 'azurerm_eventhub_namespace');
      const [storage] = valuesOf<{ min_tls_version: string }>(resources, 'azurerm_storage_account');
      expect([namespace!.minimum_tls_version, storage!.min_tls_version]).toEqual(['1.2', 'TLS1_2']);
      const settings = valuesOf<{ name: string; value: string }>(
        resources,
        'azurerm_postgresql_flexible_server_configuration',
      );
      expect(Object.fromEntries(settings.map(({ name, value }) => [name, value]))).toEqual({
        require_secure_transport: 'on',
        ssl_min_protocol_version: 'TLSv1.2',
      });
      for (const { ingress } of appsIn(resources))
        for (const { allow_insecure_connections } of ingress) expect(allow_insecure_connections).toBe(false);
    });

    it('tags all that takes tags', () => {
      const schemas = Object.values(committedSchemas()).flatMap((each) => Object.entries(each.resource_schemas));
      const taggable = new Set(schemas.filter(([, { block }]) => block.attributes?.tags).map(([type]) => type));
      const tagged = resources.filter(({ type }) => taggable.has(type));
      expect(tagged.length).toBeGreaterThan(10);
      const tags = { project: 'tashika', team: 'telemetry', environment: stack, 'cost-centre': 'CC-1000' };
      for (const { address, values } of tagged)
        expect({ address, tags: values.tags }).toEqual({ address, tags: { ...tags, 'managed-by': 'terraform' } });
    });

    it('tells somebody before the budget is spent', () => {
      const [budget] = valuesOf<Budget>(resources, 'azurerm_consumption_budget_resource_group');
      expect(budget!.amount).toBeGreaterThan(0);
      expect(budget!.notification.some(({ threshold, enabled }) => enabled && threshold < 100)).toBe(true);
      for (const { contact_emails } of budget!.notification) expect(contact_emails).toEqual(['duty@example.com']);
    });

    it('runs no more workers than there are partitions', () => {
      const [hub] = valuesOf<{ partition_count: number }>(resources, 'azurerm_eventhub');
      const worker = appsIn(resources).find(({ name }) => name.endsWith('-worker'))!;
      expect(worker.template[0].custom_scale_rule).toMatchObject([{ custom_rule_type: 'azure-eventhub' }]);
      expect(worker.template[0].max_replicas).toBeLessThanOrEqual(hub!.partition_count);
    });

    it('holds no password', () => {
      expect(json).not.toContain(PASSWORD);
    });
  });
});

describe.skipIf(!hasTerraform())('a stack', () => {
  const state = async ({ terraform }: Rehearsal) => {
    const { stdout } = await terraform('show', '-json');
    return { text: stdout, resources: resourcesIn((JSON.parse(stdout) as { values: PlannedValues }).values) };
  };
  const apply = ({ terraform }: Rehearsal) => terraform('apply', '-auto-approve', '-input=false', '-no-color');
  const refusal = async (options: RehearsalOptions) => {
    const { code, stderr } = await rehearse(
      'prod',
      ({ terraform }) => terraform('plan', '-input=false', '-no-color'),
      options,
    );
    expect(code).toBe(1);
    return stderr.replace(/[\s│╷╵]+/g, ' ');
  };

  /** The keys that there are, how the API is told to read, and where in Vault the worker's key is. */
  const readingOf = async (rehearsal: Rehearsal) => {
    const { resources } = await state(rehearsal);
    const rules = valuesOf<{ name: string }>(resources, 'azurerm_eventhub_authorization_rule');
    const { stdout: paths } = await rehearsal.terraform('output', '-json', 'secret_paths');
    const { listen } = JSON.parse(paths) as { listen: string | null };
    return { keys: rules.map(({ name }) => name).sort(), api: settingsIn(resources).api!.eventHubs.auth, listen };
  };

  it('that was half applied is gone on with, keeps no password, and then has nothing left to change', async () => {
    const refused = new Map([['azurerm_container_app', 'Azure has no capacity left.']]);
    await rehearse(
      'dev',
      async (rehearsal) => {
        const half = await apply(rehearsal);
        expect([half.code, half.stderr]).toEqual([1, expect.stringContaining('Azure has no capacity left.')]);
        expect((await state(rehearsal)).resources.length).toBeGreaterThan(20);

        refused.clear();
        const rest = await apply(rehearsal);
        expect([rest.code, rest.stderr]).toEqual([0, '']);
        expect(rest.stdout).toMatch(/Apply complete! Resources: [1-9] added, 0 changed, 0 destroyed\./);
        const after = await state(rehearsal);
        expect(after.text).not.toContain(PASSWORD);
        expect(await readingOf(rehearsal)).toEqual({ keys: ['soracom-send'], api: 'connection-string', listen: null });
        const { worker } = settingsIn(after.resources);
        expect(worker!.eventHubs).toMatchObject({
          auth: 'managed-identity',
          fullyQualifiedNamespace: expect.stringMatching(/^evhns-tashika-dev-.*\.servicebus\.windows\.net$/),
          azureClientId: expect.any(String),
        });
        const { stdout: site } = await rehearsal.terraform('output', '-json', 'vault_site');
        await expectSiteOfVault(rehearsal.directory, JSON.parse(site) as object);

        const again = await rehearsal.terraform('plan', '-input=false', '-no-color', '-detailed-exitcode');
        expect([again.code, again.stderr]).toEqual([0, '']);
      },
      { answers: { ...SIGNED_IN, refused }, password: PASSWORD },
    );
  });

  it('is not planned in another subscription', async () => {
    const elsewhere = { ...EXAMPLE_ACCOUNT, subscription_id: '00000000-0000-4000-8000-00000000000f' };
    expect(await refusal({ answers: { dataSources: { azurerm_client_config: elsewhere } } })).toContain(
      'You are at subscription 00000000-0000-4000-8000-00000000000f, this stack belongs to 00000000-0000-4000-8000-000000000001. Nothing was changed.',
    );
  });

  it('has a worker that reads by a key in Vault where it is asked for', async () => {
    await rehearse(
      'dev',
      async (rehearsal) => {
        const { code, stderr } = await apply(rehearsal);
        expect([code, stderr]).toEqual([0, '']);
        const { worker } = settingsIn((await state(rehearsal)).resources);
        expect(worker!.eventHubs.auth).toBe('connection-string');
        expect(await readingOf(rehearsal)).toEqual({
          keys: ['soracom-send', 'worker-listen'],
          api: 'connection-string',
          listen: worker!.secrets.vault.eventHubs,
        });
      },
      { variables: { worker_auth: 'sas' }, password: PASSWORD },
    );
  });

  it('names the variable that is out of range, and what it may be', async () => {
    const program = { image: 'registry.example.com/tashika-cloud:latest', revision: 'v1' };
    expect(await refusal({ variables: { program, team: 'Telemetry' } })).toMatch(
      /var\.team .*The team has 2 to 30 lower case letters.*The image is named by its digest/,
    );
  });
});

/** `tashika vault` takes what a stack says of itself, once the site adds what no stack knows. */
async function expectSiteOfVault(directory: string, site: object): Promise<void> {
  const file = join(directory, 'site.json');
  await writeFile(file, JSON.stringify({ ...site, domain: 'tashika.example', audit: { stdout: true } }));
  expect(loadVaultSite(file, {})).toMatchObject({
    site: 'dev',
    postgresql: { user: 'tashika_vault', database: 'tashika', sslMode: 'verify-full' },
    jwt: { subjects: { worker: expect.any(String), api: expect.any(String) } },
  });
}

/** What the programs take from what their containers are told: every name is a setting, every value one that it may have. */
function settingsIn(resources: readonly Planned[]): Readonly<Record<string, CloudConfiguration>> {
  const containers = appsIn(resources).flatMap(({ template }) => template[0].container);
  const programs = containers.filter(({ name }) => name !== 'gate');
  const settings = programs.map(({ args, env }) => {
    const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const given = { schema: cloudSchema, prefix: 'TASHIKA_CLOUD', env: variables, rules: cloudRules };
    return [args[0]!, loadConfiguration(given)] as const;
  });
  expect(settings.map(([program, { secrets }]) => [program, secrets.source]).sort()).toEqual([
    ['api', 'vault'],
    ['worker', 'vault'],
  ]);
  return Object.fromEntries(settings);
}
