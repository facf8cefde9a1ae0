import type { CommandGroup } from '../command/index.ts';
import { applyCommand } from './commands/apply.ts';
import { approveCommand } from './commands/approve.ts';
import { importCommand } from './commands/import.ts';
import { driftCommand, planCommand } from './commands/plan.ts';
import { schemaCommand } from './commands/schema.ts';

/** `tashika soracom …` */
export const soracomGroup: CommandGroup = {
  name: 'soracom',
  summary: "Bring SORACOM's groups, credentials and SIMs to what files say",
  commands: [planCommand, applyCommand, approveCommand, driftCommand, importCommand, schemaCommand],
};
