import Type from 'typebox';

/** Becomes the first part of every sensor's name, so it keeps to SenML's letters (RFC 8428, section 4.5.1). */
export const name = Type.String({
  description: 'Name of the source, unique among the sensors; the names of its readings begin with it.',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  says: 'a name of at most 64 letters of a to z, digits and . _ -, the first a letter or a digit',
});

export const unit = Type.Optional(
  Type.String({
    description: "Unit of the readings, from SenML's registry: `Cel`, `%RH`, `hPa`, `V`, `/` …",
    pattern: '^[!-~]{1,32}$',
    says: 'a unit of at most 32 ASCII characters without a space',
  }),
);

export const fieldSchema = Type.Object({
  field: Type.String({
    description:
      "The device's own name of the field: a JSON key (nested: `outdoor/temp`), a CSV column, a pattern's group, a frame's field.",
    minLength: 1,
  }),
  sensor: Type.Optional(
    Type.String({ description: "Name of the reading after the source's; the field's own if left out.", minLength: 1 }),
  ),
  unit,
});

export const fields = Type.Array(fieldSchema, {
  description: 'The fields that are readings, with their units. Empty: all of them.',
  default: [],
});

/** A choice among words. */
export function oneOf<const T extends string>(
  words: readonly T[],
  options: { readonly description: string; readonly default?: NoInfer<T> },
): Type.TUnsafe<T> & { readonly description: string } {
  const literals = words.map((word) => Type.Literal(word));
  return { ...Type.Unsafe<T>(Type.Union(literals, options)), description: options.description };
}
