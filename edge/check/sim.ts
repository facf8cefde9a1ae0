import { messageOf } from '@tashika/shared/errors';
import type { EdgeConfiguration } from '../config/index.ts';
import { askMetadata } from '../metadata/index.ts';
import type { CheckLine } from '../sensors/index.ts';

const RECORD_BYTES = 65_536;

/** Which SIM it is, and its group: what the link knows of it, because it is the link. */
export async function checkSim({
  metadata,
  uplink,
}: Pick<EdgeConfiguration, 'metadata' | 'uplink'>): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'sim', verdict, detail }];
  try {
    const link = { ...metadata, localAddress: uplink.localAddress };
    const text = await askMetadata(link, '/v1/subscriber', new AbortController().signal, RECORD_BYTES);
    const record: unknown = JSON.parse(text ?? 'null');
    if (typeof record !== 'object' || record === null) return line('warn', 'The metadata service knows of no SIM.');
    return describe(record as Record<string, unknown>, line);
  } catch (error) {
    return line('warn', `${messageOf(error)} Metadata must be switched on for the SIM's group to see more.`);
  }
}

function describe(
  { imsi, simId, groupId, tags, status }: Record<string, unknown>,
  line: (verdict: CheckLine['verdict'], detail: string) => CheckLine[],
): CheckLine[] {
  const tagged = Object.entries((tags ?? {}) as Record<string, unknown>).map(([name, value]) => `${name}=${value}`);
  const found = [
    `IMSI ${imsi ?? 'unknown'}`,
    ...(simId ? [`SIM ${simId}`] : []),
    ...(status ? [`${status}`] : []),
    `tags ${tagged.length > 0 ? tagged.join(', ') : 'none'}`,
  ].join(', ');
  if (!groupId) return line('fail', `${found}; in no group. Put it into one that has Funnel switched on.`);
  return line('ok', `${found}; group ${groupId}.`);
}
