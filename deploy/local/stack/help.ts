import { leavesOf } from '@tashika/shared/config';
import { LOCAL_PREFIX, localSchema } from '../config/index.ts';
import { FLAGS } from './arguments.ts';

/** What `npm start -- --help` prints. */
export function helpText(): string {
  const settings = leavesOf(localSchema, LOCAL_PREFIX).flatMap(({ path, environment, schema }) => {
    const flag = FLAGS.find((each) => each.path === path);
    const name = flag ? `--${flag.name} ${flag.takes === 'a number' ? 'N' : 'WORD'}, or ${environment}` : environment;
    const standard = schema.default === undefined ? 'none' : schema.default;
    return [`  ${name}`, `      ${schema.description} Standard: ${standard}.`];
  });
  return [
    'npm start -- [flags]',
    '',
    "Builds Tashika and runs it whole on this machine: stand-ins for Event Hubs and for SORACOM's Funnel, Beam, metadata",
    'and API, the cloud program on embedded PostgreSQL, one real agent that reads this machine, and a simulated fleet.',
    'Ctrl-C drains and stops everything; a second one stops at once. What was counted is kept for the next run.',
    '',
    'Flags, and the variables that say the same:',
    '',
    ...settings,
    '  --help',
    '      Prints this.',
    '',
    "The Event Hubs stand-in's Send-only and Listen-only connection strings are written to",
    'connection-strings.txt in the folder event-hubs of the data directory, readable by you alone; an SDK of any',
    "language works with them while Tashika runs. soracom.env in its folder soracom has what a client of SORACOM's API",
    'needs: the address, an auth key. Logs are in its folder logs, one file a program.',
    '',
    'TASHIKA_CLOUD_… and TASHIKA_EDGE_… are handed on to the cloud program and the agent: see cloud/CONFIGURATION.md',
    'and edge/CONFIGURATION.md. deploy/local/CONFIGURATION.md holds the settings above with their ranges.',
    '',
  ].join('\n');
}
