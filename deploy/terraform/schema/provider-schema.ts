/**
 * A provider's schema in the form that `terraform providers schema -json` prints, so that a dump made where the real
 * provider is at hand may take the place of ours.
 */
export interface ProviderSchema {
  readonly provider: { readonly version: number; readonly block: Block };
  readonly resource_schemas: Readonly<Record<string, ResourceSchema>>;
  readonly data_source_schemas: Readonly<Record<string, ResourceSchema>>;
}

export interface ResourceSchema {
  readonly version: number;
  readonly block: Block;
}

export interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, NestedBlock>>;
}

/** One of Terraform's types, such as `"string"`, `["map","string"]` or `["object",{"name":"string"}]`. */
export type ValueType = string | readonly [string, ValueType | Readonly<Record<string, ValueType>>];

export interface Attribute {
  readonly type: ValueType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  /** Handed to the provider and kept nowhere: neither in a plan nor in a state. */
  readonly write_only?: boolean;
}

export interface NestedBlock {
  readonly nesting_mode: 'single' | 'list' | 'set' | 'map';
  readonly block: Block;
  readonly min_items?: number;
  readonly max_items?: number;
}

/** What a file of `terraform providers schema -json` holds, by the providers' addresses. */
export interface SchemaDump {
  readonly format_version: string;
  readonly provider_schemas: Readonly<Record<string, ProviderSchema>>;
}
