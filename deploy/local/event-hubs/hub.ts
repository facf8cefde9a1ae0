import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { type LogRecovery, PartitionLog, type PartitionLogOptions } from './log/index.ts';
import { partitionOfKey } from './partition-key.ts';

/** A hub to serve. */
export interface HubOptions {
  readonly name: string;
  readonly partitionCount: number;
  /** `$Default` is always there. */
  readonly consumerGroups?: readonly string[];
}

export interface HubRecovery {
  readonly hub: string;
  readonly partition: string;
  readonly recovery: LogRecovery;
}

const DEFAULT_CONSUMER_GROUP = '$Default';
const MAX_PARTITIONS = 32;
/** Event Hubs' rule for the name of a hub. */
const HUB_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/;

/** A hub: its partitions' logs and its consumer groups. */
export class Hub {
  readonly name: string;
  readonly createdAt: Timestamp;
  readonly partitions: readonly PartitionLog[];
  readonly #consumerGroups: ReadonlySet<string>;
  #turn = 0;

  constructor(options: HubOptions, createdAt: Timestamp, partitions: readonly PartitionLog[]) {
    this.name = options.name;
    this.createdAt = createdAt;
    this.partitions = partitions;
    const groups = [DEFAULT_CONSUMER_GROUP, ...(options.consumerGroups ?? [])];
    this.#consumerGroups = new Set(groups.map((group) => group.toLowerCase()));
  }

  /** True where the hub has this consumer group; names compare without case. */
  hasConsumerGroup(name: string): boolean {
    return this.#consumerGroups.has(name.toLowerCase());
  }

  /** The partition for events with this key; without a key, each in turn. */
  choosePartition(key: string | undefined): PartitionLog {
    const count = this.partitions.length;
    const index = key === undefined ? this.#turn++ % count : partitionOfKey(key, count);
    return this.partitions[index]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.partitions.map((partition) => partition.close()));
  }
}

/**
 * Opens a hub in `directory`, or makes it.
 *
 * @throws TashikaError CONFIG_INVALID for a name or number that Event Hubs doesn't take, or for another number of
 * partitions than the hub was made with
 */
export async function openHub(
  options: HubOptions,
  directory: string,
  log: Omit<PartitionLogOptions, 'directory' | 'onDamage'> & {
    readonly onDamage?: (partition: string, damage: LogRecovery['damage'][number]) => void;
  },
): Promise<{ hub: Hub; recovery: HubRecovery[] }> {
  const { name, partitionCount } = options;
  if (!HUB_NAME.test(name)) throw new TashikaError('CONFIG_INVALID', `'${name}' can't be the name of a hub.`);
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > MAX_PARTITIONS) {
    const range = `1 to ${MAX_PARTITIONS}`;
    throw new TashikaError(
      'CONFIG_INVALID',
      `Hub '${name}' can't have ${partitionCount} partitions; ${range} are allowed.`,
    );
  }
  const place = join(directory, name.toLowerCase());
  const createdAt = await made(options, place, log.clock.now());
  const { onDamage, ...shared } = log;
  const opened: { log: PartitionLog; recovery: LogRecovery }[] = [];
  try {
    for (let index = 0; index < partitionCount; index += 1) {
      const partition = String(index);
      const told = onDamage && { onDamage: (damage: LogRecovery['damage'][number]) => onDamage(partition, damage) };
      opened.push(await PartitionLog.open({ ...shared, ...told, directory: join(place, partition) }));
    }
  } catch (error) {
    await Promise.allSettled(opened.map((each) => each.log.close()));
    throw error;
  }
  return {
    hub: new Hub(
      options,
      createdAt,
      opened.map((each) => each.log),
    ),
    recovery: opened.map(({ recovery }, index) => ({ hub: name, partition: String(index), recovery })),
  };
}

/** When the hub was made; a new one is entered now. The number of partitions is fixed once it is made. */
async function made(options: HubOptions, place: string, now: Timestamp): Promise<Timestamp> {
  const path = join(place, 'hub.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    await mkdir(place, { recursive: true });
    const content = {
      name: options.name,
      partitionCount: options.partitionCount,
      createdAt: new Date(now).toISOString(),
    };
    // Renamed into place: a crash leaves all of it or nothing.
    await writeFile(`${path}.new`, `${JSON.stringify(content)}\n`);
    await rename(`${path}.new`, path);
    return now;
  }
  const { partitionCount, createdAt } = parseMade(text, path);
  if (partitionCount !== options.partitionCount) {
    throw new TashikaError(
      'CONFIG_INVALID',
      `Hub '${options.name}' was made with ${partitionCount} partitions, which is fixed; ${options.partitionCount} were asked for.`,
    );
  }
  return createdAt;
}

function parseMade(text: string, path: string): { readonly partitionCount: number; readonly createdAt: Timestamp } {
  const wrong = (cause?: unknown) =>
    new TashikaError(
      'CONFIG_INVALID',
      `${path} doesn't say how the hub was made; delete it to have it written anew (the events stay).`,
      { cause },
    );
  let content: { readonly partitionCount?: unknown; readonly createdAt?: unknown } | null;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw wrong(error);
  }
  const partitionCount = content?.partitionCount;
  const createdAt = Date.parse(String(content?.createdAt));
  if (typeof partitionCount !== 'number' || Number.isNaN(createdAt)) throw wrong();
  return { partitionCount, createdAt };
}
