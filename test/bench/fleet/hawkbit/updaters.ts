import { type Ask, Updater } from '@tashika/deploy/local/updating-fleet';
import { messageOf } from '@tashika/shared/errors';
import { Pool } from 'undici';
import { withToken } from '../poll-load.ts';
import type { KnownDevices, MeasuredServer } from './measured.ts';

/** Updaters that ask at the same time. */
const AT_ONCE = 32;
/** How often each of them asks. */
const ROUND_MS = 1_000;
/** A rollout takes no longer. */
const MOST_MS = 600_000;
/** An action that was ended meanwhile, or a server that can't answer now: the updater asks again at its time. */
const ASKS_AGAIN = / was answered (404|410|429|503): /;
/** After the end of a rollout they go on asking for so many rounds: what is still offered counts. */
const ROUNDS_AFTER = 5;

/**
 * Lets devices ask a server, again and again, until `isOver` and a little longer: they download, check, install, and
 * report what came of it, as the DDI API wants it.
 *
 * @param install throws where the installation fails
 * @returns how many have begun to install something
 */
export async function updateUntil(
  { base, tenant }: MeasuredServer,
  { prefix, count }: KnownDevices,
  install: () => void,
  isOver: () => Promise<boolean>,
): Promise<number> {
  const pool = new Pool(base, { connections: AT_ONCE });
  const touched = new Set<number>();
  const updaters = Array.from({ length: count }, (_, device) => {
    const identity = {
      ...{ tenant, controllerId: `${prefix}-${device}`, attributes: () => ({ board: 'bench' }) },
      install() {
        touched.add(device);
        install();
      },
    };
    return new Updater(identity, lineOf(pool, device));
  });
  const end = performance.now() + MOST_MS;
  try {
    for (let after = 0; after < ROUNDS_AFTER; ) {
      if (performance.now() > end) throw new Error(`The rollout was not over after ${MOST_MS / 1_000} s.`);
      const next = updaters.values();
      const oneAfterAnother = async () => {
        for (const updater of next) {
          try {
            await updater.poll();
          } catch (error) {
            if (!ASKS_AGAIN.test(messageOf(error))) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother));
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
      if (after > 0 || (await isOver())) after++;
    }
  } finally {
    await pool.close();
  }
  return touched.size;
}

function lineOf(pool: Pool, device: number): Ask {
  return async (method, path, content) => {
    const { statusCode, body } = await pool.request({
      ...{ method, path },
      headers: { ...withToken(device), ...(content && { 'content-type': 'application/json' }) },
      ...(content && { body: JSON.stringify(content) }),
    });
    return { status: statusCode, body: Buffer.from(await body.arrayBuffer()) };
  };
}
