import type { Parameter } from '../store/index.ts';

/** A WHERE clause that grows: only what was asked for is in it, so that the planner sees which index serves. */
export class Conditions {
  readonly parameters: Parameter[] = [];
  readonly #terms: string[] = [];

  /** Adds `term`, in which `?` stands for `value`; nothing where the value is undefined. */
  add(term: string, value: Parameter | undefined): this {
    if (value !== undefined) this.#terms.push(term.replace('?', this.next(value)));
    return this;
  }

  /** Adds a term that takes no value. */
  always(term: string): this {
    this.#terms.push(term);
    return this;
  }

  /** The placeholder of one more parameter, for the rest of the statement. */
  next(value: Parameter): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }

  get sql(): string {
    return this.#terms.length === 0 ? '' : `WHERE ${this.#terms.join(' AND ')}`;
  }
}
