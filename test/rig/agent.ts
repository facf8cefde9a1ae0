import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';

/** The real agent as a process, with a configuration file of its own; user data only where it says so. */
export function startAgent(directory: string, configuration: object): Program {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'agent.json');
  writeFileSync(
    file,
    JSON.stringify({ dataDirectory: join(directory, 'spool'), metadata: { userData: false }, ...configuration }),
  );
  return new Program('edge/dist/main.js', ['run', '--config', file]);
}
