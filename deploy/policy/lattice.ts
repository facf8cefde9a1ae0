/**
 * How a parameter of the base gets stricter, and only so: `max` downwards, `min` upwards, `allowed` by fewer, `required`
 * and `forbidden` by more, `enforced` by true.
 */
export const LATTICES = ['max', 'min', 'allowed', 'required', 'forbidden', 'enforced'] as const;

export type Lattice = (typeof LATTICES)[number];

export type ParameterValue = number | boolean | readonly string[];

/** Whether `value` has the type that the lattice orders. */
export function isOf(lattice: Lattice, value: unknown): value is ParameterValue {
  switch (lattice) {
    case 'max':
    case 'min':
      return typeof value === 'number' && Number.isFinite(value);
    case 'enforced':
      return typeof value === 'boolean';
    default:
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
}

/** What a value of the lattice is, for a sentence. */
export function typeOf(lattice: Lattice): string {
  if (lattice === 'enforced') return 'true or false';
  return lattice === 'max' || lattice === 'min' ? 'a number' : 'a list of texts';
}

/** The strictest of both: the meet of two values in their lattice. */
export function meet(lattice: Lattice, one: ParameterValue, other: ParameterValue): ParameterValue {
  switch (lattice) {
    case 'max':
      return Math.min(one as number, other as number);
    case 'min':
      return Math.max(one as number, other as number);
    case 'enforced':
      return (one as boolean) || (other as boolean);
    case 'allowed':
      return texts(one).filter((each) => texts(other).includes(each));
    default:
      return [...new Set([...texts(one), ...texts(other)])].sort();
  }
}

/** Whether `value` allows nothing that `than` does not: it is the meet of the two. */
export function isAtLeastAsStrict(lattice: Lattice, value: ParameterValue, than: ParameterValue): boolean {
  const strictest = meet(lattice, value, than);
  return Array.isArray(strictest) ? sameMembers(strictest, texts(value)) : strictest === value;
}

/** How a team may move a value, for a sentence. */
export function strictness(lattice: Lattice): string {
  const ways: Readonly<Record<Lattice, string>> = {
    max: 'a team may only lower it',
    min: 'a team may only raise it',
    allowed: 'a team may only take from it',
    required: 'a team may only add to it',
    forbidden: 'a team may only add to it',
    enforced: 'a team may only turn it on',
  };
  return ways[lattice];
}

function texts(value: ParameterValue): readonly string[] {
  return value as readonly string[];
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  return one.every((each) => other.includes(each)) && other.every((each) => one.includes(each));
}
