/** A Rego module as `opa parse --format json --json-include locations` and `rego.parse_module` tell it. */
export interface RegoModule {
  readonly package: { readonly path: readonly Term[] };
  readonly imports?: readonly { readonly path: Term; readonly location?: Location }[];
  readonly rules?: readonly Rule[];
}

export interface Rule {
  readonly default?: boolean;
  readonly head: {
    readonly name?: string;
    readonly ref?: readonly Term[];
    /** What a set contains, or the key of an object. */
    readonly key?: Term;
    readonly value?: Term;
    /** Of a function. */
    readonly args?: readonly Term[];
    readonly location?: Location;
  };
  readonly location?: Location;
  readonly annotations?: readonly Annotations[];
}

/** What a rule's METADATA says. */
export interface Annotations {
  readonly scope: string;
  readonly title?: string;
  readonly description?: string;
  readonly custom?: Readonly<Record<string, unknown>>;
}

export interface Term {
  readonly type: string;
  readonly value: unknown;
  readonly location?: Location;
}

export interface Location {
  readonly row: number;
}

/** What the walk meets: any object of the tree. */
export type Node = Readonly<Record<string, unknown>>;

/** Every object in `part` of a tree, and the line that it is on or within; of a reference not the name that it begins with. */
export function* nodesOf(part: unknown, line = 0): Generator<{ readonly node: Node; readonly line: number }> {
  if (Array.isArray(part)) {
    for (const each of part) yield* nodesOf(each, line);
  } else if (typeof part === 'object' && part !== null) {
    const node = part as Node;
    const here = (node.location as Location | undefined)?.row ?? line;
    yield { node, line: here };
    const reference = referenceOf(node);
    if (reference) yield* nodesOf(reference[0]?.type === 'var' ? reference.slice(1) : reference, here);
    else for (const [name, inner] of Object.entries(node)) if (name !== 'location') yield* nodesOf(inner, here);
  }
}

/** `data.tashika.team` of a reference's terms; a term that is no constant ends it with `[…]`. */
export function pathOf(terms: readonly Term[]): string {
  const [first, ...rest] = terms;
  const constants: string[] = [String(first?.value)];
  for (const { type, value } of rest) {
    if (type !== 'string') return `${constants.join('.')}[…]`;
    constants.push(String(value));
  }
  return constants.join('.');
}

/** The terms of a reference, if it is one. */
export function referenceOf(node: Node): readonly Term[] | undefined {
  return node.type === 'ref' && Array.isArray(node.value) ? (node.value as readonly Term[]) : undefined;
}
