import fc from 'fast-check';
import type { Exception } from '../exceptions.ts';

/** A value that an attribute may have, absent and of the wrong type among them. */
function attribute(...values: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, null, '', 'x', 0, -1, {}, []) },
  );
}

const flag = attribute(true, false, false);
const tags = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constant({
      'cost-centre': '1',
      environment: 'dev',
      'managed-by': 'terraform',
      project: 'p',
      team: 't',
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({}, { team: 't' }, undefined, null) },
);
const location = attribute('japaneast', 'Japan West', 'japaneast', 'westeurope');

/** Resources by their type: for each attribute what it may be planned as. */
const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  azurerm_eventhub_authorization_rule: { send: flag, listen: flag, manage: attribute(false, false, false, true) },
  azurerm_eventhub_namespace_authorization_rule: { send: flag, listen: flag },
  azurerm_eventhub_namespace: {
    minimum_tls_version: attribute('1.2', '1.2', '1.0'),
    location,
    tags,
    capacity: attribute(1, 2, 10, 11),
    maximum_throughput_units: attribute(null, 10, 20),
  },
  azurerm_eventhub: {
    name: fc.constant('telemetry'),
    partition_count: attribute(2, 4, 32),
    retention_description: attribute([{ retention_time_in_hours: 24 }], [{ retention_time_in_hours: 1 }], []),
    message_retention: attribute(1, 7),
  },
  azurerm_container_app: {
    tags,
    template: attribute(
      ...[1, 4, 40].map((replicas) => [
        {
          max_replicas: replicas,
          container: [
            { name: 'worker', image: 'r/tashika:1.0.0', env: [{ name: 'KEY', value: replicas === 40 ? 'x' : '' }] },
          ],
          custom_scale_rule: [{ custom_rule_type: 'azure-eventhub', metadata: { eventHubName: 'telemetry' } }],
        },
      ]),
      [{ max_replicas: 1, container: [{ name: 'api', image: 'r/tashika:latest' }] }],
    ),
  },
  azurerm_role_assignment: {
    role_definition_name: attribute('Azure Event Hubs Data Receiver', 'AcrPull', 'Owner'),
    scope: attribute('/subscriptions/s/resourceGroups/g', '/subscriptions/s'),
  },
  azurerm_postgresql_flexible_server: {
    location,
    tags,
    public_network_access_enabled: attribute(false, false, true),
    backup_retention_days: attribute(7, 35, 3),
    geo_redundant_backup_enabled: flag,
  },
  azurerm_consumption_budget_resource_group: {
    amount: attribute(1_000, 100_000, 5_000_000),
    notification: attribute([{ enabled: true }], [{ enabled: true }], [{ enabled: false }]),
  },
  azurerm_monitor_diagnostic_setting: {},
  azurerm_resource_group: { location, tags },
};

const actions = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(['create'], ['update'], ['no-op']) },
  { weight: 1, arbitrary: fc.constantFrom(['delete'], ['delete', 'create'], ['read']) },
);

const change = fc.constantFrom(...Object.keys(ATTRIBUTES)).chain((type) =>
  fc.record({
    address: fc.constantFrom('a', 'b', 'c').map((name) => `${type}.${name}`),
    mode: fc.constantFrom('managed', 'managed', 'managed', 'data'),
    type: fc.constant(type),
    change: fc.record({
      actions,
      after: fc.record(ATTRIBUTES[type]!),
      after_unknown: fc.oneof(
        { weight: 6, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.constantFrom<object>({ listen: true }, { tags: true }, { location: true }) },
      ),
    }),
  }),
);

const terraform = fc
  .record({
    resource_changes: fc.array(change, { maxLength: 5 }),
    errored: fc.constantFrom(undefined, false, false, false, true),
  })
  .map((document) => ({ kind: 'terraform', document }));

const action = fc.oneof(
  fc.record({
    do: fc.constantFrom('configure-group'),
    group: fc.constantFrom('field', 'lab'),
    namespace: fc.constantFrom('SoracomFunnel', 'SoracomAir', 'SoracomBeam'),
    values: fc.record({
      contentType: attribute('json', 'json', 'text'),
      destination: attribute(
        { resourceUrl: 'https://n.servicebus.windows.net/h/messages' },
        { resourceUrl: 'https://example.com/h/messages', payloadsOnly: true },
      ),
      metadata: attribute({ enabled: true, readonly: true }, { enabled: true }, { enabled: false }),
    }),
  }),
  fc.record({
    do: fc.constant('create-credential'),
    credential: fc.constant('send'),
    fields: fc.constantFrom<unknown>({ policyName: 'send', key: { env: 'KEY' } }, { key: 'abc' }),
  }),
  fc.record({ do: fc.constantFrom('release-sim', 'move-sim'), sim: fc.constantFrom('1', '2') }),
);

const soracom = fc.array(action, { maxLength: 4 }).map((acts) => ({ kind: 'soracom', document: { actions: acts } }));

const task = fc.record({
  Name: fc.constantFrom('worker', 'gate'),
  Driver: attribute('docker', 'docker', 'raw_exec'),
  User: attribute('65532', '65532', 'root'),
  Config: attribute(
    ...['r/tashika:1.0.0', 'r/tashika:1.0.0', 'r/tashika:latest'].map((image) => ({
      image,
      readonly_rootfs: true,
      cap_drop: ['all'],
    })),
    { image: 'r/tashika:1.0.0', privileged: true },
  ),
  Env: attribute({ HOST: 'x' }, { HOST: 'x' }, { PASSWORD: 'x' }),
  Vault: attribute(null, { Role: 'tashika-worker' }, { Role: 'root' }),
  Resources: attribute({ CPU: 500, MemoryMB: 256 }, { CPU: 500, MemoryMB: 256, MemoryMaxMB: 8192 }),
});

const nomad = fc
  .record({
    Name: fc.constant('group'),
    Update: attribute({ Canary: 1, AutoRevert: true }, { Canary: 1, AutoRevert: true }, { Canary: 0 }),
    Networks: attribute(null, [{ DynamicPorts: [{ Label: 'http', HostNetwork: 'loopback' }] }]),
    Tasks: fc.uniqueArray(task, { maxLength: 2, selector: ({ Name }) => Name }),
  })
  .map((group) => ({ kind: 'nomad', document: { Job: { ID: 'job', TaskGroups: [group] } } }));

function exceptions(
  rules: readonly string[],
  { kind, document }: { kind: string; document: unknown },
): fc.Arbitrary<Exception[]> {
  const named = [...JSON.stringify(document).matchAll(/"(address|group)":"([^"]+)"/g)];
  const resources =
    kind === 'nomad'
      ? ['job.group.worker', 'job.group']
      : named.map(([, key, name]) => (key === 'group' ? `group:${name}` : name!));
  if (resources.length === 0) return fc.constant([]);
  return fc.array(
    fc.record({
      rule: fc.constantFrom(...rules.filter((rule) => rule.startsWith(`${kind}.`))),
      resource: fc.constantFrom(...resources),
      owner: fc.constant('platform'),
      reason: fc.constant('because'),
      expires: fc.constantFrom('2026-05-31', '2026-06-01', '2026-12-31'),
    }),
    { maxLength: 12 },
  );
}

/** Documents of every kind, good and bad, each with exceptions about it. `rules` are the ids of the base's rules. */
export function documents(rules: readonly string[]) {
  return fc
    .oneof({ weight: 3, arbitrary: terraform }, { weight: 1, arbitrary: soracom }, { weight: 1, arbitrary: nomad })
    .chain((judged) => exceptions(rules, judged).map((excepting) => ({ ...judged, exceptions: excepting })));
}
