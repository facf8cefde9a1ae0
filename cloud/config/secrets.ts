import Type, { type Static } from 'typebox';

const MOUNTED = { pattern: '^[^/\\s]+(/[^/\\s]+)+$', says: 'mount and name, such as kv/tashika/beam' };

const auth = Type.Object(
  {
    method: Type.Union([Type.Literal('approle'), Type.Literal('jwt'), Type.Literal('token')], {
      description:
        '`approle`: a role id and a secret id. `jwt`: a token of Kubernetes or Nomad in a file, or of an Azure managed identity. `token`: one that somebody made, which ends with its greatest age.',
      default: 'approle',
    }),
    mount: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Where the method is mounted, without `auth/`; the method's name, if absent.",
      }),
    ),
    role: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Role of a `jwt` login; by the command, if absent: `tashika-api` for `api`, else `tashika-worker`.',
      }),
    ),
    roleId: Type.Optional(Type.String({ minLength: 1, description: 'Role id of the AppRole.' })),
    secretId: Type.Optional(
      Type.String({ minLength: 1, secret: true, description: 'Secret id of the AppRole; or give its file.' }),
    ),
    secretIdFile: Type.Optional(
      Type.String({ minLength: 1, description: 'File with the secret id, read at each login.' }),
    ),
    secretIdWrapped: Type.Boolean({
      description:
        'What is given is a wrapping token, which opens once: the secret id in it is kept in memory. One that has been opened before stops the start, for somebody else may have it.',
      default: false,
    }),
    jwtFile: Type.Optional(Type.String({ minLength: 1, description: 'File with the JWT, read at each login.' })),
    azureResource: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Instead of a file, ask Azure for a token of this program's managed identity for this resource: the audience that the role is bound to.",
      }),
    ),
    azureClientId: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Client id of a user-assigned identity; the system-assigned one, if absent.',
      }),
    ),
    token: Type.Optional(Type.String({ minLength: 1, secret: true, description: 'The token of `token`.' })),
  },
  { description: 'How the program logs in to Vault.' },
);

const vault = Type.Object(
  {
    address: Type.Optional(
      Type.String({ minLength: 1, description: '`https://host:port`; plain `http` to this machine only.' }),
    ),
    namespace: Type.Optional(Type.String({ minLength: 1, description: 'Namespace, where Vault has any.' })),
    caFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: "PEM file of the authorities that Vault's certificate is trusted by; the system's, if absent.",
      }),
    ),
    watchMs: Type.Integer({
      minimum: 500,
      maximum: 3_600_000,
      unit: 'ms',
      description: 'How often a key is looked at for a newer version, a tenth more or less by chance.',
      default: 30_000,
    }),
    eventHubs: Type.String({
      ...MOUNTED,
      description:
        'Key-value secret with the `connectionString` of the Listen-only rule, for `worker` and `all`: mount and name, without `data`. Not read where `eventHubs.auth` is `managed-identity`.',
      default: 'kv/tashika/event-hubs/listen',
    }),
    database: Type.Optional(
      Type.String({
        ...MOUNTED,
        description:
          'Where PostgreSQL credentials are issued; by the command, if absent: `database/creds/tashika-api` for `api`, else `database/creds/tashika-worker`. Not asked for with PGlite.',
      }),
    ),
    beam: Type.String({
      ...MOUNTED,
      description:
        "Key-value secret with Beam's `preSharedKey`, and `previousPreSharedKey` while it is replaced, for `api` and `all`. While there is none, no device gets a receipt.",
      default: 'kv/tashika/beam',
    }),
    auth,
  },
  { description: 'What is used where `secrets.source` is `vault`.' },
);

/** Where the program has its secrets from. */
export const secrets = Type.Object({
  source: Type.Union([Type.Literal('environment'), Type.Literal('vault')], {
    description:
      '`environment`: secrets are settings like others. `vault`: connection string, PostgreSQL credentials and Beam keys come from Vault (or OpenBao), and change without a restart.',
    default: 'environment',
  }),
  vault,
});

export type SecretsConfiguration = Static<typeof secrets>;

interface Whole {
  readonly secrets: SecretsConfiguration;
  readonly eventHubs: { readonly auth: string; readonly connectionString?: string };
  readonly store: { readonly url: string };
  readonly beam: { readonly preSharedKey?: string; readonly previousPreSharedKey?: string };
}

const NAME = 'secrets.vault';

/** Rules between the secrets' settings and others; each sentence is a problem, and shows no secret. */
export function secretsRules(configuration: Whole): readonly string[] {
  const { source, vault } = configuration.secrets;
  if (source === 'vault') return [...addressRules(vault), ...authRules(vault.auth), ...twiceRules(configuration)];
  if (vault.address === undefined) return [];
  return [`${NAME}.address is set, and secrets.source is environment: set it to vault, or take the address away.`];
}

function addressRules({ address }: SecretsConfiguration['vault']): readonly string[] {
  if (address === undefined)
    return [`${NAME}.address is missing: with secrets.source vault it must be https://host:port.`];
  const problem = vaultAddressProblem(`${NAME}.address`, address);
  return problem === undefined ? [] : [problem];
}

/**
 * What is wrong with an address of Vault; a token must not cross a network in clear text.
 *
 * @param name of the setting
 */
export function vaultAddressProblem(name: string, address: string): string | undefined {
  if (!URL.canParse(address)) return `${name} is no URL: it must be https://host:port.`;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return `${name} must not hold a user or password.`;
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return undefined;
  return `${name} must be https://…, for tokens and secrets cross the network to it; http:// is for this machine only.`;
}

/** What each method takes; of those in one list exactly one. */
const TAKES = {
  approle: [['roleId'], ['secretId', 'secretIdFile']],
  jwt: [['jwtFile', 'azureResource']],
  token: [['token']],
} as const;

function authRules(given: SecretsConfiguration['vault']['auth']): readonly string[] {
  const { method } = given;
  return TAKES[method].flatMap((names: readonly (keyof typeof given)[]) => {
    const set = names.filter((name) => given[name] !== undefined);
    if (set.length === 1) return [];
    const all = names.map((name) => `${NAME}.auth.${name}`).join(' or ');
    if (set.length === 0) return [`${all} is missing: ${NAME}.auth.method ${method} needs it.`];
    return [`${all}: one of them is to be set, not both.`];
  });
}

/** A secret that is given twice would be taken from one place and believed to come from the other. */
function twiceRules({ secrets: { vault }, eventHubs, store, beam }: Whole): readonly string[] {
  const problems: string[] = [];
  const twice = (name: string, path: string) =>
    problems.push(`${name} is set, and secrets.source is vault: take it away; it is read from ${path}.`);
  if (eventHubs.connectionString !== undefined && eventHubs.auth === 'connection-string')
    twice('eventHubs.connectionString', vault.eventHubs);
  if (beam.preSharedKey !== undefined) twice('beam.preSharedKey', vault.beam);
  if (beam.previousPreSharedKey !== undefined) twice('beam.previousPreSharedKey', vault.beam);
  if (namesUser(store.url))
    problems.push(
      'store.url names a user, and secrets.source is vault: write postgres://host/database; user and password are issued by Vault.',
    );
  return problems;
}

function namesUser(url: string): boolean {
  if (!/^postgres(ql)?:/.test(url) || !URL.canParse(url)) return false;
  const { username, password, searchParams } = new URL(url);
  return username !== '' || password !== '' || searchParams.has('user') || searchParams.has('password');
}
