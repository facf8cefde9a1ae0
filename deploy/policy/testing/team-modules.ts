import fc from 'fast-check';

/** Conditions that are true, false, undefined, and that fail as they run. */
const condition = fc.constantFrom(
  'change.change.after.capacity > 1',
  'not change.change.after.tags',
  'count(change.change.actions) > 1',
  'to_number(change.address) == 1',
  'change.change.after.capacity / 0 > 1',
  'change.type == "azurerm_eventhub"',
  'startswith(change.address, "azurerm_")',
  'object.get(change.change.after, ["template", 0, "max_replicas"], 0) > 1',
  'false',
);

const said = fc.constantFrom(
  '{"rule": "own", "resource": change.address, "message": "no"}',
  '{"rule": "terraform.tls-is-new", "resource": change.address}',
  'change.address',
  'null',
  '7',
  '[change]',
  '{"violations": set()}',
);

const denial = fc
  .tuple(said, fc.array(condition, { minLength: 1, maxLength: 2 }))
  .map(
    ([value, conditions]) =>
      `deny contains ${value} if {\n\tsome change in input.resource_changes\n\t${conditions.join('\n\t')}\n}`,
  );

/** Rules beside `deny`, with names that the base uses in its own packages. */
const beside = fc.constantFrom(
  'resources := set()',
  'is_excused(_) if true',
  'base_denials := set()',
  'good(_) if true',
  'denial := {"of": 1}',
  'parameters := {"max_replicas": 1000}',
  'input_is_fine if input',
);

/** Attempts to have the base allow more. */
const attempt = fc.constantFrom(
  'allow if true',
  'deny := set()',
  'default deny := set()',
  'violations := set()',
  'excused contains "all"',
  'exceptions := [{"rule": "terraform.tls-is-new"}]',
  'x if data.tashika.base.terraform.deny with input as {}',
  'x if data.tashika.merge.violations',
  'deny.all contains "x"',
  'deny[x] := "y" if x := "x"',
);

const packages = fc.oneof(
  { weight: 9, arbitrary: fc.constant('tashika.team.TEAM') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'tashika.base.terraform',
      'tashika.merge',
      'tashika.check',
      'tashika.team',
      'tashika.parameters',
    ),
  },
);

/**
 * Modules of teams, honest and not; what begins with `TEAM` is to be replaced by the team's name.
 */
export const teamModules = fc
  .record({
    name: packages,
    denials: fc.array(denial, { minLength: 1, maxLength: 3 }),
    besides: fc.uniqueArray(beside, { maxLength: 2 }),
    attempts: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.uniqueArray(attempt, { minLength: 1, maxLength: 2 }) },
    ),
  })
  .map(({ name, denials, besides, attempts }) => ({
    rego: `package ${name}\n\n${[...denials, ...besides, ...attempts].join('\n\n')}\n`,
  }));
