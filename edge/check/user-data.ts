import { messageOf } from '@tashika/shared/errors';
import { configurationOf, type EdgeConfiguration, type LocalSettings } from '../config/index.ts';
import { askMetadata } from '../metadata/index.ts';
import {
  hashOf,
  judge,
  keptUserData,
  MOST_USER_DATA_BYTES,
  NOTHING_KNOWN,
  type UserDataRecord,
} from '../provisioning/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** The configuration that an agent would be started with now, and what was found of its group's user data. */
export interface FoundConfiguration {
  readonly configuration: EdgeConfiguration;
  readonly groupRegion: string | undefined;
  /** The user data in it. */
  readonly userData: object;
  readonly lines: readonly CheckLine[];
}

/**
 * Finds the configuration as an agent does.
 *
 * @throws TashikaError `CONFIG_INVALID` where the device's own settings are wrong
 */
export async function findConfiguration(local: LocalSettings): Promise<FoundConfiguration> {
  const base = configurationOf(local);
  const own: FoundConfiguration = { configuration: base, groupRegion: undefined, userData: {}, lines: [] };
  if (!base.metadata.userData) return own;
  const kept = await keptIn(base.dataDirectory);
  const served = await ask(base);
  const [verdict, detail] = judged(served, kept, local);
  const used = served.text && judge(served.text, local).ok ? served.text : kept.record.accepted;
  const found = used === undefined ? undefined : judge(used, local);
  const lines: CheckLine[] = [{ subject: 'user data', verdict, detail }];
  if (used === undefined || !found?.ok) return { ...own, lines };
  return { ...found, userData: JSON.parse(used) as object, lines };
}

/** What the agent remembers, as far as this user may look. */
type Kept = { readonly record: UserDataRecord; readonly trouble?: string };

async function keptIn(dataDirectory: string): Promise<Kept> {
  try {
    return { record: await keptUserData(dataDirectory) };
  } catch (error) {
    return { record: NOTHING_KNOWN, trouble: messageOf(error) };
  }
}

type Served = { readonly text: string | undefined; readonly trouble?: string };

async function ask({ metadata, uplink }: EdgeConfiguration): Promise<Served> {
  try {
    const link = { ...metadata, localAddress: uplink.localAddress };
    return { text: await askMetadata(link, '/v1/userdata', new AbortController().signal, MOST_USER_DATA_BYTES) };
  } catch (error) {
    return { text: undefined, trouble: messageOf(error) };
  }
}

function judged(served: Served, kept: Kept, local: LocalSettings): readonly [CheckLine['verdict'], string] {
  const { accepted, failed } = kept.record;
  const hidden = `can't be seen (${kept.trouble}). Run the check as the agent's user, or as root.`;
  const before =
    accepted === undefined ? 'None are known from before.' : `The last good ones, ${hashOf(accepted)}, stay.`;
  const last = kept.trouble === undefined ? before : `What the agent has from before ${hidden}`;
  const { text, trouble } = served;
  if (trouble !== undefined) return ['warn', `${trouble} ${last}`];
  if (!text) return ['ok', `The SIM's group has none. ${last}`];
  const hash = hashOf(text);
  const judgement = judge(text, local);
  if (!judgement.ok)
    return ['fail', `${hash} can't be used: ${judgement.reason} ${last} Correct the group's user data.`];
  if (failed?.hash === hash)
    return ['fail', `No agent could run with ${hash}: ${failed.reason} ${last} Correct the group's user data.`];
  if (kept.trouble !== undefined) return ['warn', `${hash}, valid. Whether the agent has accepted them ${hidden}`];
  if (accepted === text) return ['ok', `${hash}, valid, and accepted by the agent.`];
  return ['ok', `${hash}, valid. The agent here has not accepted them yet.`];
}
