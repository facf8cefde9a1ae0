import { AmqpFault, Condition } from '../amqp/index.ts';
import { parseEntityAddress } from '../authorization/index.ts';
import type { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/index.ts';

/** The node that a link is attached to. */
export type Node =
  | { readonly kind: '$cbs' }
  | { readonly kind: '$management' }
  | { readonly kind: 'hub'; readonly hub: Hub; readonly partition: PartitionLog | undefined }
  | {
      readonly kind: 'consumerGroup';
      readonly hub: Hub;
      readonly group: string;
      readonly partition: PartitionLog;
      readonly partitionId: string;
    };

/**
 * Finds what an address means: `$cbs`, `$management`, `hub[/Partitions/N]` to send to,
 * `hub/ConsumerGroups/G/Partitions/N` to read from. Case doesn't count.
 *
 * @throws AmqpFault amqp:not-found; com.microsoft:argument-out-of-range for a partition that the hub doesn't have
 */
export function resolveNode(address: string | null, hubs: ReadonlyMap<string, Hub>): Node {
  const { segments } = parseEntityAddress(address ?? '');
  const last = segments.at(-1);
  if (last === '$cbs') return { kind: '$cbs' };
  if (last === '$management') return { kind: '$management' };
  const hub = hubs.get(segments[0] ?? '');
  const rest = segments.slice(1);
  if (!hub) throw notFound(address);
  if (rest.length === 0) return { kind: 'hub', hub, partition: undefined };
  if (rest.length === 2 && rest[0] === 'partitions') {
    return { kind: 'hub', hub, partition: partitionOf(hub, rest[1]!) };
  }
  if (rest.length === 4 && rest[0] === 'consumergroups' && rest[2] === 'partitions' && hub.hasConsumerGroup(rest[1]!)) {
    const partitionId = rest[3]!;
    return { kind: 'consumerGroup', hub, group: rest[1]!, partition: partitionOf(hub, partitionId), partitionId };
  }
  throw notFound(address);
}

/**
 * A hub's partition by its id.
 *
 * @throws AmqpFault com.microsoft:argument-out-of-range
 */
export function partitionOf(hub: Hub, id: string): PartitionLog {
  const partition = /^(0|[1-9]\d*)$/.test(id) ? hub.partitions[Number(id)] : undefined;
  if (partition) return partition;
  throw new AmqpFault(
    Condition.argumentOutOfRange,
    `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${hub.partitions.length - 1}.`,
  );
}

export function notFound(address: string | null): AmqpFault {
  return new AmqpFault(Condition.notFound, `The messaging entity '${address ?? ''}' could not be found.`);
}
