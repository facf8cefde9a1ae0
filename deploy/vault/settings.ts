import { loadConfiguration, readConfigurationFile } from '@tashika/shared/config';
import { TashikaError } from '@tashika/shared/errors';
import Type, { type Static } from 'typebox';

const HOST_NAME = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$';

const postgresql = Type.Object(
  {
    host: Type.String({ minLength: 1, description: 'Where Vault reaches the PostgreSQL server.' }),
    port: Type.Integer({ minimum: 1, maximum: 65535, default: 5432, description: 'Its port.' }),
    database: Type.String({ minLength: 1, default: 'tashika', description: "The store's database." }),
    sslMode: Type.Union(
      [Type.Literal('verify-full'), Type.Literal('verify-ca'), Type.Literal('require'), Type.Literal('disable')],
      { default: 'verify-full', description: '`disable` for a server on the same machine alone.' },
    ),
    user: Type.String({ minLength: 1, default: 'tashika_vault', description: 'Who Vault is there.' }),
    password: Type.Optional(
      Type.String({
        minLength: 1,
        secret: true,
        description: 'Its first password, in the environment alone; needed once, for Vault replaces it at once.',
      }),
    ),
  },
  { description: 'The server whose users Vault makes; without it there is no database engine.' },
);

const subject = (role: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `Who \`tashika-${role}\` is: the JWT's \`sub\`.` }));

const jwt = Type.Object(
  {
    oidcDiscoveryUrl: Type.Optional(
      Type.String({ minLength: 1, description: "Where the issuer's keys are found; this or `publicKeys`." }),
    ),
    publicKeys: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: "The issuer's keys, as PEM; this or the URL." }),
    ),
    issuer: Type.String({ minLength: 1, description: "The JWT's `iss`." }),
    audience: Type.String({ minLength: 1, description: "The JWT's `aud`." }),
    subjects: Type.Object(
      {
        worker: subject('worker'),
        api: subject('api'),
        soracom: subject('soracom'),
        rotation: subject('rotation'),
        approver: subject('approver'),
      },
      { description: 'A role without its subject is not made.' },
    ),
  },
  { description: 'How a platform vouches for its programs; without it there is no login by JWT.' },
);

const audit = Type.Object(
  {
    file: Type.Optional(
      Type.String({ minLength: 1, description: 'File on the server that each request is written to.' }),
    ),
    stdout: Type.Boolean({ default: false, description: "Each request to the server's standard output too." }),
    socket: Type.Optional(
      Type.String({ minLength: 1, description: '`host:port` that each request is sent to, by TCP.' }),
    ),
  },
  { description: 'What every request is told to. One of them at least.' },
);

/** What of Vault's configuration differs from one place to the next. */
export const vaultSiteSchema = Type.Object({
  site: Type.String({
    pattern: '^[a-z0-9-]{1,40}$',
    says: 'small letters, digits and hyphens, 40 at most, such as prod',
    description:
      'Name of the site, `prod`. The first `apply` notes it in Vault; with another one that Vault is refused.',
  }),
  domain: Type.String({
    pattern: HOST_NAME,
    says: 'a host name in small letters, such as tashika.internal',
    description: 'Service certificates are for names below it.',
  }),
  publicUrl: Type.Optional(
    Type.String({ minLength: 1, description: "Vault's address as those see it who check a certificate." }),
  ),
  postgresql: Type.Optional(postgresql),
  jwt: Type.Optional(jwt),
  audit,
});

export type VaultSite = Static<typeof vaultSiteSchema>;

function siteRules({ audit, jwt }: VaultSite): readonly string[] {
  const problems: string[] = [];
  if (audit.file === undefined && audit.socket === undefined && !audit.stdout)
    problems.push('audit names no device: set audit.file, audit.socket or audit.stdout.');
  if (jwt && (jwt.oidcDiscoveryUrl === undefined) === (jwt.publicKeys === undefined))
    problems.push('jwt needs one of jwt.oidcDiscoveryUrl and jwt.publicKeys.');
  return problems;
}

/**
 * The settings of a site, from its file and from `TASHIKA_VAULT_…`.
 *
 * @throws TashikaError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function loadVaultSite(file: string | undefined, env: Readonly<Record<string, string | undefined>>): VaultSite {
  if (file !== undefined) refuseSecrets(file);
  return loadConfiguration({ schema: vaultSiteSchema, prefix: 'TASHIKA_VAULT', file, env, rules: siteRules });
}

function refuseSecrets(file: string): void {
  const { postgresql } = readConfigurationFile(file) as { postgresql?: { password?: unknown } };
  if (postgresql?.password === undefined) return;
  throw new TashikaError(
    'CONFIG_INVALID',
    `${file} holds postgresql.password, and a secret has no place in a file that is reviewed: take it out, and set TASHIKA_VAULT_POSTGRESQL_PASSWORD for the first \`apply\`.`,
  );
}
