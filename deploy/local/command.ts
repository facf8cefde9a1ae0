import type { Command, CommandGroup } from '../command/index.ts';

/**
 * A command that becomes another program of ours: same process, so signals, exit code and terminal are the program's.
 *
 * @param load imports the program, which reads `process.argv` and ends the process
 */
function program(name: string, summary: string, load: () => Promise<unknown>): Command {
  return {
    name,
    summary,
    handsOn: true,
    async run(args) {
      process.argv.splice(2, Number.POSITIVE_INFINITY, ...(args['--'] as readonly string[]));
      await load();
      return new Promise<never>(() => {});
    },
  };
}

export const runGroup: CommandGroup = {
  name: 'run',
  summary: 'Run Tashika on this machine, whole or one stand-in alone',
  commands: [
    program(
      'local',
      'Everything: stand-ins, cloud, dashboard, an agent, a fleet (what npm start runs); its --help lists the flags',
      () => import('./main.ts'),
    ),
    program(
      'event-hubs',
      'The Event Hubs stand-in alone, for SDKs of any language; its --help lists the flags',
      () => import('./event-hubs/main.ts'),
    ),
    program(
      'soracom-api',
      "The stand-in of SORACOM's configuration API alone, for tashika soracom and soracom-cli; its --help lists the flags",
      () => import('./soracom-api/main.ts'),
    ),
  ],
};
