import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part.ts';

/** What the Event Hubs stand-in lets others do. */
export interface ConnectionStrings {
  readonly send: string;
  readonly listen: string;
}

/** Reads the connection strings that the stand-in prints once it listens. */
export async function printedBy(part: Part): Promise<ConnectionStrings> {
  const [send, listen] = await Promise.all([
    part.printed(/^Endpoint=.*SharedAccessKeyName=send/),
    part.printed(/^Endpoint=.*SharedAccessKeyName=listen/),
  ]);
  return { send, listen };
}

/** Keeps them where the owner of the data directory alone can read them; returns the path. */
export function keepConnectionStrings(data: string, { send, listen }: ConnectionStrings): string {
  const directory = join(data, 'event-hubs');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'connection-strings.txt');
  writeFileSync(file, `# Send only\n${send}\n# Listen only\n${listen}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // the file may be there from before
  return file;
}
