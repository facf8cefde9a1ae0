import { createServer } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { EdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/**
 * Whether the health server could have its port, without which no agent starts. A running agent has it already.
 *
 * @param agent who is at work in the data directory; undefined if nobody is
 */
export async function checkHealth(
  { host, port }: EdgeConfiguration['health'],
  agent: string | undefined,
): Promise<readonly CheckLine[]> {
  if (port === undefined) return [];
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'health', verdict, detail }];
  if (agent !== undefined) return line('ok', `Port ${port} of ${host} is left to the agent at work, ${agent}.`);
  try {
    await bound(host, port);
    return line('ok', `Port ${port} of ${host} is free.`);
  } catch (error) {
    const reason = messageOf(error);
    return line('fail', `The agent can't have port ${port} of ${host} (${reason}). Set health.port to another.`);
  }
}

function bound(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
