/**
 * Whether readings of a name are sealed.
 *
 * @param fields names of readings; one that ends with `*` stands for all that begin so
 */
export function coveredBy(fields: readonly string[]): (name: string) => boolean {
  const exact = new Set(fields.filter((field) => !field.endsWith('*')));
  const beginnings = fields.filter((field) => field.endsWith('*')).map((field) => field.slice(0, -1));
  return (name) => exact.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
