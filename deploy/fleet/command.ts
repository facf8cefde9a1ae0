import type { CommandGroup } from '../command/index.ts';
import { auditCommand, deviceCommand, versionsCommand } from './device-commands.ts';
import { imageCommand, imagesCommand, importCommand, promoteCommand, revokeCommand } from './image-commands.ts';
import { rolloutCommand } from './rollout-command.ts';

/** `tashika fleet …` */
export const fleetGroup: CommandGroup = {
  name: 'fleet',
  summary: 'Images for the fleet, and rolling them out in waves that halt themselves',
  commands: [
    importCommand,
    imagesCommand,
    imageCommand,
    promoteCommand,
    revokeCommand,
    rolloutCommand,
    auditCommand,
    versionsCommand,
    deviceCommand,
  ],
};
