import type { Attribute, Block, NestedBlock, ProviderSchema, ResourceSchema } from './provider-schema.ts';

/** The schema as `GetSchema` answers it. */
export function wireSchema(schema: ProviderSchema): object {
  return {
    provider: wireResource(schema.provider),
    resource_schemas: mapped(schema.resource_schemas, wireResource),
    data_source_schemas: mapped(schema.data_source_schemas, wireResource),
  };
}

function mapped<From, To>(record: Readonly<Record<string, From>>, to: (from: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));
}

function wireResource({ version, block }: ResourceSchema): object {
  return { version, block: wireBlock(block) };
}

function wireBlock(block: Block): object {
  return {
    attributes: Object.entries(block.attributes ?? {}).map(wireAttribute),
    block_types: Object.entries(block.block_types ?? {}).map(wireNestedBlock),
  };
}

function wireAttribute([name, { type, ...rest }]: [string, Attribute]): object {
  return { name, type: Buffer.from(JSON.stringify(type)), ...rest };
}

function wireNestedBlock([name, nested]: [string, NestedBlock]): object {
  const { nesting_mode, block, min_items, max_items } = nested;
  return { type_name: name, block: wireBlock(block), nesting: nesting_mode.toUpperCase(), min_items, max_items };
}
