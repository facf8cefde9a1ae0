import type { Attribute, Block, NestedBlock, ResourceSchema, ValueType } from './provider-schema.ts';

/** A binding as npm has it: `lib/<resource>/index.js` and `index.d.ts`. */
export interface Binding {
  readonly js: string;
  readonly dts: string;
}

/**
 * Reads the schema of a resource, a data source or a provider out of its binding for the CDK, as the generator of
 * `cdktf` and `cdktn` writes it. For each struct there is
 * - a function `…ToHclTerraform` (for the whole, `synthesizeHclAttributes`) with type and kind of what may be given;
 * - an interface, in which what has to be given is not optional, and what may be given more than once is an array;
 * - a class with a comment over each attribute that is only handed out, and `new …List(this, "name", wrapsSet)` or
 *   `new …OutputReference(this, "name")` for what is nested.
 *
 * What a binding does not tell: descriptions, value checks, conflicts, which optional attributes the provider fills in
 * by itself (but for `id`), and which are sensitive or write-only. The latter two are known by their names.
 */
export function readBinding({ js, dts }: Binding): {
  readonly type: string | undefined;
  readonly schema: ResourceSchema;
} {
  const structs = new Structs(js, dts);
  return {
    type: /tfResourceType = ["'](\w+)["']/.exec(js)?.[1],
    schema: { version: 0, block: structs.block(structs.top) },
  };
}

/** What a provider marks as sensitive, by name; its binding does not tell. */
export function isSensitive(name: string): boolean {
  return /(^|_)(access_key|shared_key|policy_key|password|password_wo|connection_string|connection_string_alias|primary_key|secondary_key|data_json|data_json_wo)$/.test(
    name,
  );
}

/** What may be given. */
interface Argument {
  readonly name: string;
  readonly isBlock: boolean;
  /** `simple`, `list`, `set`, `map` or `struct`. */
  readonly kind: string;
  /** `string`, `numberList`, `EventhubTimeouts`, `EventhubRetentionDescriptionList`, … */
  readonly storage: string;
}

interface Use {
  readonly required: boolean;
  readonly many: boolean;
}

interface Nested {
  readonly struct: string;
  readonly many: boolean;
  readonly set: boolean;
}

class Structs {
  readonly top: string;
  private readonly given: ReadonlyMap<string, readonly Argument[]>;
  private readonly interfaces: ReadonlyMap<string, ReadonlyMap<string, Use>>;
  private readonly classes: ReadonlyMap<string, string>;

  constructor(js: string, dts: string) {
    this.top = /^class (\w+) extends \S+\.Terraform(?:Resource|DataSource|Provider)\b/m.exec(js)?.[1] ?? '';
    this.given = argumentsByStruct(js, this.top);
    this.interfaces = usesByInterface(dts);
    this.classes = classesByStruct(js);
  }

  block(struct: string): Block {
    const attributes: Record<string, Attribute> = {};
    const block_types: Record<string, NestedBlock> = {};
    const uses = this.interfaces.get(struct === this.top ? `${struct}Config` : struct);
    for (const argument of this.given.get(struct) ?? []) {
      const { name, isBlock } = argument;
      const { required, many } = uses?.get(name) ?? { required: false, many: false };
      if (isBlock) block_types[name] = this.nestedBlock(argument, required, many);
      else if (name !== 'alias')
        attributes[name] = {
          type: typeOfArgument(argument),
          ...(required ? { required: true } : { optional: true }),
          ...(name === 'id' && !required && { computed: true }),
          ...(isSensitive(name) && { sensitive: true }),
          ...(name.endsWith('_wo') && { write_only: true }),
        };
    }
    for (const [name, type] of this.handedOut(struct))
      if (!(name in attributes) && !(name in block_types))
        attributes[name] = { type, computed: true, ...(isSensitive(name) && { sensitive: true }) };
    return {
      ...(Object.keys(attributes).length > 0 && { attributes: sorted(attributes) }),
      ...(Object.keys(block_types).length > 0 && { block_types: sorted(block_types) }),
    };
  }

  private nestedBlock({ kind, storage }: Argument, required: boolean, many: boolean): NestedBlock {
    const block = this.block(storage.replace(/List$/, ''));
    if (kind === 'struct') return { nesting_mode: 'single', block };
    return {
      nesting_mode: kind === 'set' ? 'set' : 'list',
      block,
      ...(required && { min_items: 1 }),
      ...(!many && { max_items: 1 }),
    };
  }

  /** What the struct's class only hands out, and its type. */
  private handedOut(struct: string): readonly (readonly [string, ValueType])[] {
    const text = this.classes.get(struct) ?? '';
    const nested = nestedIn(text);
    return [...text.matchAll(/^ +\/\/ (\w+) - computed: true, optional: false, required: false$/gm)].map(
      ({ 1: name, index }) => {
        const inner = nested.get(name!);
        return [name!, inner ? this.typeOfNested(inner) : typeOfGetter(text.slice(index))];
      },
    );
  }

  private typeOfNested({ struct, set }: Nested): ValueType {
    return [set ? 'set' : 'list', ['object', Object.fromEntries(this.handedOut(struct))]];
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ARGUMENT =
  /^\s+(\w+): \{\n\s+value: .*\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",$/gm;

function argumentsByStruct(js: string, top: string): ReadonlyMap<string, readonly Argument[]> {
  const read = (text: string) =>
    [...text.matchAll(ARGUMENT)].map(
      ([, name, isBlock, kind, storage]): Argument => ({
        name: name!,
        isBlock: isBlock === 'true',
        kind: kind!,
        storage: storage!,
      }),
    );
  const found = new Map<string, readonly Argument[]>();
  for (const part of js.split('\nfunction ').slice(1)) {
    const name = /^(\w+)ToHclTerraform\(/.exec(part)?.[1];
    if (name !== undefined) found.set(name.slice(0, 1).toUpperCase() + name.slice(1), read(part.split('\n}\n')[0]!));
  }
  const whole = js.lastIndexOf('synthesizeHclAttributes()');
  if (whole >= 0) found.set(top, read(js.slice(whole)));
  return found;
}

function usesByInterface(dts: string): ReadonlyMap<string, ReadonlyMap<string, Use>> {
  return new Map(
    dts
      .split('export interface ')
      .slice(1)
      .map((part) => [
        /^\w+/.exec(part)![0],
        new Map(
          [...part.split('\n}')[0]!.matchAll(/\{@link \S+#(\w+) [^}]*\}[\s\S]*?readonly \w+(\??): (.+)$/gm)].map(
            ([, name, optional, type]) => [name!, { required: optional === '', many: type!.includes('[]') }] as const,
          ),
        ),
      ]),
  );
}

function classesByStruct(js: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of js.split('\nclass ').slice(1)) {
    const [, name, base] = /^(\w+) extends \S+?\.(\w+)/.exec(part) ?? [];
    if (name !== undefined && base !== 'ComplexList') found.set(name.replace(/OutputReference$/, ''), part);
  }
  return found;
}

function nestedIn(text: string): ReadonlyMap<string, Nested> {
  return new Map(
    [...text.matchAll(/new (\w+?)(OutputReference|List|Map)\(this, "(\w+)"(?:, (true|false))?\)/g)].map(
      ([, struct, kind, name, set]) =>
        [name!, { struct: struct!, many: kind !== 'OutputReference', set: set === 'true' }] as const,
    ),
  );
}

const SCALARS: Readonly<Record<string, ValueType>> = { string: 'string', number: 'number', boolean: 'bool' };

function typeOfArgument({ kind, storage }: Argument): ValueType {
  const [, scalar, collection] = /^(string|number|boolean)(List|Map)?$/.exec(storage) ?? [];
  if (scalar === undefined) return 'dynamic';
  const of = SCALARS[scalar]!;
  if (kind === 'simple') return of;
  return [kind === 'map' || collection === 'Map' ? 'map' : kind === 'set' ? 'set' : 'list', of];
}

/** The type of what a class hands out, by the getter after its comment: `return this.getStringAttribute('…')`. */
function typeOfGetter(text: string): ValueType {
  const [, set, scalar, collection] =
    /return (\S*tolist\()?this\.get(String|Number|Boolean)?(List|Map)?Attribute\(/.exec(text.slice(0, 400)) ?? [];
  const of = SCALARS[(scalar ?? 'string').toLowerCase()]!;
  if (collection === undefined) return of;
  return [collection === 'Map' ? 'map' : set ? 'set' : 'list', of];
}
