/**
 * Text as PostgreSQL can store it: it has no place for U+0000, and JSON none for half a surrogate pair.
 * Both become U+FFFD. Text longer than `limit` characters is cut and says so by an ellipsis.
 */
export function storable(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what PostgreSQL refuses
  return cut.replace(/\u0000|\p{Surrogate}/gu, '\ufffd');
}
