/** One step of the schema. Steps run in order, once each, inside one transaction; a landed step is never edited. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}
