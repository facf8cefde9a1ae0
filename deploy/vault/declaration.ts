import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { AuditDevice, Declaration, Declared, Fields } from './declared.ts';
import { filledIn, type References, settingAt } from './placeholder.ts';
import type { VaultSite } from './settings.ts';

/** The reviewed files: beside this module's source, also when it runs from the build. */
export const REVIEWED = fileURLToPath(
  new URL(import.meta.url.endsWith('.js') ? '../../vault/' : './', import.meta.url),
);

const fields = Type.Record(Type.String(), Type.Unknown());
const closed = { additionalProperties: false } as const;

const objectOfMount = Type.Object(
  {
    path: Type.String({ minLength: 1 }),
    when: Type.Optional(Type.String({ minLength: 1 })),
    read: Type.Optional(Type.String({ minLength: 1 })),
    fixed: Type.Optional(fields),
    body: Type.Optional(fields),
    update: Type.Optional(Type.String({ minLength: 1 })),
    first: Type.Optional(Type.Record(Type.String(), Type.String())),
    afterwards: Type.Optional(Type.String({ minLength: 1 })),
  },
  closed,
);

/** A file of `engines/` or `auth/`. */
const mountFile = Type.Object(
  {
    path: Type.String({ minLength: 1 }),
    type: Type.String({ minLength: 1 }),
    description: Type.String({ minLength: 1 }),
    when: Type.Optional(Type.String({ minLength: 1 })),
    options: Type.Optional(fields),
    tune: Type.Optional(fields),
    objects: Type.Array(objectOfMount),
  },
  closed,
);

type MountFile = Static<typeof mountFile>;
type Kind = 'engines' | 'auth';

/** Lists whose `tashika-…` entries come from these files alone. */
const LISTS = [
  { path: 'sys/policies/acl' },
  { path: 'database/roles' },
  { path: 'transit/keys' },
  { path: 'pki/roles' },
  { path: 'auth/approle/role' },
  { path: 'auth/jwt/role' },
] as const;

/**
 * What Vault is to have at a site, out of the reviewed files.
 *
 * @throws TashikaError CONFIG_INVALID for a file that can't be read, a field that is not known, a reference to nothing
 */
export function declarationOf(site: VaultSite, directory = REVIEWED): Declaration {
  const mounts = [...mountsIn('engines', site, directory), ...mountsIn('auth', site, directory)];
  const things = [
    ...policiesIn(directory),
    ...mounts.map(({ mount }) => mount),
    ...mounts.flatMap(({ objects }) => objects),
  ];
  const mounted = new Set(mounts.map(({ prefix }) => prefix));
  const lists = LISTS.filter(
    ({ path }) => path.startsWith('sys/') || mounted.has(path.slice(0, path.lastIndexOf('/'))),
  );
  return { audit: auditOf(site), things, lists };
}

function policiesIn(directory: string): readonly Declared[] {
  return filesOf(join(directory, 'policies'), '.hcl').map((file) => {
    const path = `sys/policies/acl/${basename(file, '.hcl')}`;
    return { path, read: path, fixed: {}, body: { policy: readFileSync(file, 'utf8').trim() } };
  });
}

interface Mounted {
  /** What its objects' paths begin with, without a slash at the end. */
  readonly prefix: string;
  readonly mount: Declared;
  readonly objects: readonly Declared[];
}

function mountsIn(kind: Kind, site: VaultSite, directory: string): readonly Mounted[] {
  return filesOf(join(directory, kind), '.json').flatMap((file) => {
    const name = `${kind}/${basename(file)}`;
    const content = mountFileOf(file, name);
    if (!applies(content.when, site)) return [];
    const prefix = kind === 'auth' ? `auth/${content.path}` : content.path;
    const objects = content.objects
      .filter(({ when }) => applies(when, site))
      .map((each) => objectOf(each, prefix, site, { settings: site, directory, file: name }));
    return [{ prefix, mount: mountOf(kind, content), objects }];
  });
}

function applies(when: string | undefined, site: VaultSite): boolean {
  return when === undefined || settingAt(site, when) !== undefined;
}

function mountOf(kind: Kind, { path, type, description, options, tune = {} }: MountFile): Declared {
  const root = kind === 'auth' ? 'sys/auth' : 'sys/mounts';
  return {
    path: `${root}/${path}`,
    read: root,
    within: `${path}/`,
    fixed: { type, ...(options && { options }) },
    body: { description, ...tune },
    creation: { type, description, config: tune, ...(options && { options }) },
    update: `${root}/${path}/tune`,
    ...(kind === 'auth' && { sudo: true }),
  };
}

function objectOf(
  { path, read, fixed = {}, body = {}, update, first, afterwards }: MountFile['objects'][number],
  prefix: string,
  site: VaultSite,
  references: References,
): Declared {
  const secrets = Object.entries(first ?? {}).map(
    ([field, setting]) => [field, () => secretAt(site, setting)] as const,
  );
  return {
    path: `${prefix}/${path}`,
    read: `${prefix}/${read ?? path}`,
    fixed: filledIn(fixed, references) as Fields,
    body: filledIn(body, references) as Fields,
    ...(update !== undefined && { update: `${prefix}/${update}` }),
    ...(secrets.length > 0 && { first: Object.fromEntries(secrets) }),
    ...(afterwards !== undefined && { afterwards: `${prefix}/${afterwards}` }),
  };
}

/** @throws TashikaError CONFIG_INVALID where it is not given */
function secretAt(site: VaultSite, setting: string): string {
  const value = settingAt(site, setting);
  if (typeof value === 'string') return value;
  const name = `TASHIKA_VAULT_${setting.replaceAll('.', '_').toUpperCase()}`;
  throw new TashikaError('CONFIG_INVALID', `${setting} is missing, which the first apply needs: set ${name}.`);
}

function auditOf({ audit: { file, stdout, socket } }: VaultSite): readonly AuditDevice[] {
  return [
    ...(file === undefined ? [] : [{ path: 'tashika-file', type: 'file', options: { file_path: file } } as const]),
    ...(stdout ? [{ path: 'tashika-stdout', type: 'file', options: { file_path: 'stdout' } } as const] : []),
    ...(socket === undefined
      ? []
      : [{ path: 'tashika-socket', type: 'socket', options: { address: socket, socket_type: 'tcp' } } as const]),
  ];
}

function filesOf(directory: string, ending: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));
}

function mountFileOf(file: string, name: string): MountFile {
  const content = parsed(file, name);
  const [problem] = Value.Errors(mountFile, content);
  if (problem === undefined) return content as MountFile;
  const unknown =
    problem.keyword === 'additionalProperties' ? ` (${problem.params.additionalProperties.join(', ')})` : '';
  throw new TashikaError('CONFIG_INVALID', `${name}${problem.instancePath} ${problem.message}${unknown}.`);
}

function parsed(file: string, name: string): unknown {
  try {
    return parseJsonText(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new TashikaError('CONFIG_INVALID', `${name} is not JSON (${messageOf(cause)}).`, { cause });
  }
}
