import { expect, it } from 'vitest';
import { committedSchemas } from './providers.ts';
import { typesInUse } from './types-in-use.ts';

it('the committed schemas are those of the types in use (npm run terraform:schemas writes them)', () => {
  const schemas = Object.values(committedSchemas());
  const committed = [
    ...schemas.flatMap(({ data_source_schemas }) => Object.keys(data_source_schemas).map((type) => `data ${type}`)),
    ...schemas.flatMap(({ resource_schemas }) => Object.keys(resource_schemas).map((type) => `resource ${type}`)),
  ];
  expect(committed.sort()).toEqual(typesInUse().map(({ kind, type }) => `${kind} ${type}`));
});
