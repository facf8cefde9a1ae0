import type { EdgeConfiguration } from '../config/index.ts';
import { DdiClient } from './ddi.ts';
import { readState } from './state-file.ts';

/** What an updater in a directory is at, and how its last update ended, in words. */
export async function rememberedIn(
  directory: string,
): Promise<{ readonly work: string | undefined; readonly last: string | undefined }> {
  const { state } = await readState(directory);
  const { work, last } = state;
  return {
    work: work && `${work.deployment.kind}/${work.deployment.version}, ${work.stage.at}`,
    last: last && `${last.outcome}, ${last.detail}`,
  };
}

/**
 * Asks the server what an updater of this name would be told; nothing comes of it.
 *
 * @throws TashikaError `UPDATE_SERVER_UNREACHABLE`, `UPDATE_SERVER_REFUSED`, `CONFIG_UNREADABLE`
 */
export async function askServer(
  { update, uplink }: Pick<EdgeConfiguration, 'update' | 'uplink'>,
  url: string,
  controllerId: string,
): Promise<void> {
  const { localAddress } = uplink;
  const client = new DdiClient({ ...update, url, controllerId, localAddress, onBytes: () => undefined });
  try {
    await client.poll(new AbortController().signal);
  } finally {
    await client.close();
  }
}
