import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAtLeastAsStrict, isOf, LATTICES, type Lattice, meet, type ParameterValue } from './lattice.ts';
import { parseParameters, tighten } from './parameters.ts';

const SEED = 20_260_601;

function valueFor(lattice: Lattice): fc.Arbitrary<ParameterValue> {
  if (lattice === 'max' || lattice === 'min') return fc.integer({ min: -5, max: 5 });
  if (lattice === 'enforced') return fc.boolean();
  return fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
}

/** As sets, for the order in a list says nothing. */
function plain(value: ParameterValue): unknown {
  return Array.isArray(value) ? [...value].sort() : value;
}

describe.each(LATTICES)('the lattice %s', (lattice) => {
  const value = valueFor(lattice);

  it('has a meet that does not ask for order or number', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(plain(meet(lattice, a, b))).toEqual(plain(meet(lattice, b, a)));
        expect(plain(meet(lattice, meet(lattice, a, b), c))).toEqual(plain(meet(lattice, a, meet(lattice, b, c))));
        expect(plain(meet(lattice, a, a))).toEqual(plain(a));
      }),
      { seed: SEED },
    );
  });

  it('has a meet that is at least as strict as both', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const strictest = meet(lattice, a, b);
        expect([isAtLeastAsStrict(lattice, strictest, a), isAtLeastAsStrict(lattice, strictest, b)]).toEqual([
          true,
          true,
        ]);
      }),
      { seed: SEED },
    );
  });

  it('takes a team where it is at least as strict, and keeps the base where it is not', () => {
    fc.assert(
      fc.property(value, fc.oneof(value, fc.anything()), (base, team) => {
        const { values, refusals } = tighten({ x: { lattice, value: base, title: 'X' } }, { x: team });
        const strict = isOf(lattice, team) && isAtLeastAsStrict(lattice, team, base);
        expect(refusals.map(({ name }) => name)).toEqual(strict ? [] : ['x']);
        expect(plain(values.x!)).toEqual(plain(strict ? meet(lattice, base, team) : base));
      }),
      { seed: SEED },
    );
  });
});

describe.each([
  ['max', 10, 9, 11],
  ['min', 10, 11, 9],
  ['allowed', ['a', 'b'], ['a'], ['a', 'c']],
  ['required', ['a'], ['a', 'b'], ['b']],
  ['forbidden', ['a'], ['a', 'b'], []],
  ['enforced', false, true, undefined],
  ['enforced', true, true, false],
] as const)('a parameter of the lattice %s at %j', (lattice, base, stricter, looser) => {
  it(`may become ${JSON.stringify(stricter)}${looser === undefined ? '' : ` and not ${JSON.stringify(looser)}`}`, () => {
    expect(isAtLeastAsStrict(lattice, stricter, base)).toBe(true);
    if (looser !== undefined) expect(isAtLeastAsStrict(lattice, looser, base)).toBe(false);
  });
});

describe('parameters of a team', () => {
  const base = { max_replicas: { lattice: 'max', value: 10, title: 'Replicas' } } as const;

  it.each([
    [{ max_replicas: 11 }, 'max_replicas', 'would be loosened from 10 to 11; a team may only lower it.'],
    [{ max_replicas: '9' }, 'max_replicas', 'takes a number, found "9".'],
    [{ max_replicas: null }, 'max_replicas', 'takes a number, found null.'],
    [{ max_nodes: 1 }, 'max_nodes', 'is none; there are max_replicas.'],
    [{ constructor: 1 }, 'constructor', 'is none; there are max_replicas.'],
  ])('are refused: %j', (team, name, what) => {
    expect(tighten(base, team)).toEqual({ values: { max_replicas: 10 }, refusals: [{ name, what }] });
  });
});

it('parameters of the base that can not be ordered are named', () => {
  expect(
    parseParameters({
      a: { lattice: 'max', value: 'x', title: 'A' },
      b: { lattice: 'most', value: 1, title: 'B' },
      c: { lattice: 'min', value: 1 },
    }).wrong,
  ).toEqual([
    'a is of the lattice max and takes a number.',
    'b has no lattice; there are max, min, allowed, required, forbidden, enforced.',
    'c has no title.',
  ]);
});
