import type { Command } from '../../command/index.ts';
import { fileSchema } from '../declaration/index.ts';

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Print the JSON schema of the files, for an editor',
  async run(_, context) {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'SORACOM as files',
      ...fileSchema,
    };
    context.print(JSON.stringify(schema, undefined, 2));
    context.answer(schema);
    return 0;
  },
};
