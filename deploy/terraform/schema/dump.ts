/**
 * Writes `schema/schemas.json`: the schemas of the types in use, out of the providers' bindings for the CDK, which are
 * fetched from npm into a temporary directory. `npm run terraform:schemas` runs it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TERRAFORM } from '../place.ts';
import { readBinding } from './bindings.ts';
import type { ProviderSchema, ResourceSchema, SchemaDump } from './provider-schema.ts';
import { type TypeInUse, typesInUse } from './types-in-use.ts';

interface Package {
  readonly name: string;
  readonly version: string;
  /** The provider's address. */
  readonly address: string;
}

/** The bindings, by the first word of their types. Versions 16.1.0 and 15.6.1 are azurerm 4.73 and vault 5.6. */
const BINDINGS: Readonly<Record<string, Package>> = {
  azurerm: {
    name: '@cdktn/provider-azurerm',
    version: '16.1.0',
    address: 'registry.terraform.io/hashicorp/azurerm',
  },
  vault: { name: '@cdktf/provider-vault', version: '15.6.1', address: 'registry.terraform.io/hashicorp/vault' },
};

function providerSchema(prefix: string, library: string, types: readonly TypeInUse[]): ProviderSchema {
  const read = (folder: string) =>
    readBinding({
      js: readFileSync(join(library, folder, 'index.js'), 'utf8'),
      dts: readFileSync(join(library, folder, 'index.d.ts'), 'utf8'),
    });
  const ofKind = (kind: TypeInUse['kind']): Record<string, ResourceSchema> =>
    Object.fromEntries(
      types
        .filter((each) => each.kind === kind)
        .map(({ type }) => {
          const name = type.slice(prefix.length + 1).replaceAll('_', '-');
          const binding = read(kind === 'data' ? `data-${prefix}-${name}` : name);
          if (binding.type !== type) throw new Error(`The binding of ${type} says that it is of ${binding.type}.`);
          return [type, binding.schema];
        }),
    );
  return {
    provider: read('provider').schema,
    resource_schemas: ofKind('resource'),
    data_source_schemas: ofKind('data'),
  };
}

function dump(): SchemaDump {
  const types = typesInUse();
  const unknown = types.find(({ type }) => !(type.split('_')[0]! in BINDINGS));
  if (unknown) throw new Error(`No binding is known for ${unknown.type}.`);
  const directory = mkdtempSync(join(tmpdir(), 'tashika-schemas-'));
  try {
    const packages = Object.values(BINDINGS).map((binding) => `${binding.name}@${binding.version}`);
    const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--omit=peer'];
    execFileSync('npm', ['install', '--prefix', directory, ...options, ...packages], { stdio: 'inherit' });
    const schemas = Object.entries(BINDINGS).map(([prefix, binding]) => {
      const library = join(directory, 'node_modules', binding.name, 'lib');
      const own = types.filter(({ type }) => type.startsWith(`${prefix}_`));
      return [binding.address, providerSchema(prefix, library, own)];
    });
    return { format_version: '1.0', provider_schemas: Object.fromEntries(schemas) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

writeFileSync(join(TERRAFORM, 'schema/schemas.json'), `${JSON.stringify(dump(), null, 1)}\n`);
