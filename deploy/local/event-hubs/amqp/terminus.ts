import { composite, type Typed, types } from './codec.ts';

const SOURCE = 0x28;
const TARGET = 0x29;

/** Where messages come from: the fields of a source that mean something here. */
export interface Source {
  readonly address: string | null;
  /** Filters by name, unwrapped from their description. */
  readonly filters: Readonly<Record<string, unknown>>;
  readonly filterValue: Typed | null;
}

/** The source that a peer's attach names. */
export function readSource(value: Typed | null): Source {
  const fields = fieldsOf(value);
  const filterValue = fields[7] && fields[7].value !== null ? fields[7] : null;
  return { address: text(fields[0]), filters: readFilters(filterValue), filterValue };
}

/** The address of a target that a peer's attach names. */
export function readTargetAddress(value: Typed | null): string | null {
  return text(fieldsOf(value)[0]);
}

/** A source with every field written. */
export function sourceValue(source: { address: string | null; filterValue?: Typed | null }): Typed {
  return composite(SOURCE, [
    ...terminusFields(source.address),
    types.Null(),
    types.Null(),
    source.filterValue ?? types.Null(),
    types.Null(),
    types.Null(),
    types.Null(),
  ]);
}

/** A target with every field written. */
export function targetValue(address: string | null): Typed {
  return composite(TARGET, [...terminusFields(address), types.Null(), types.Null()]);
}

/** Address, durability, expiry policy, timeout, dynamic: what both kinds begin with, at their defaults. */
function terminusFields(address: string | null): Typed[] {
  return [
    address === null ? types.Null() : types.wrap_string(address),
    types.wrap_uint(0),
    types.wrap_symbol('session-end'),
    types.wrap_uint(0),
    types.wrap_boolean(false),
  ];
}

function fieldsOf(value: Typed | null): readonly Typed[] {
  return Array.isArray(value?.value) ? value.value : [];
}

function text(field: Typed | undefined): string | null {
  return typeof field?.value === 'string' ? field.value : null;
}

function readFilters(value: Typed | null): Record<string, unknown> {
  const pairs = (value?.value ?? []) as readonly Typed[];
  const filters: Record<string, unknown> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    filters[String(pairs[index]!.value)] = pairs[index + 1]!.value;
  }
  return filters;
}
