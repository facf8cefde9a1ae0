import type { Clock } from '@tashika/shared/time';
import { message, types } from '../amqp/index.ts';
import type { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/index.ts';

/** What a hub tells of itself: the body of `$management`'s answer. */
export function describeHub(hub: Hub): Record<string, unknown> {
  return {
    name: hub.name,
    type: 'com.microsoft:eventhub',
    created_at: types.wrap_timestamp(hub.createdAt),
    partition_count: types.wrap_int(hub.partitions.length),
    partition_ids: types.wrap_array(
      hub.partitions.map((_, index) => String(index)),
      0xa1,
    ),
    georeplication_factor: types.wrap_int(1),
  };
}

/** What a partition tells of itself. */
export function describePartition(hub: Hub, id: string, partition: PartitionLog): Record<string, unknown> {
  const last = lastEnqueued(partition);
  return {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: id,
    begin_sequence_number: types.wrap_long(partition.beginSequenceNumber),
    last_enqueued_sequence_number: last.sequenceNumber,
    last_enqueued_offset: last.offset,
    last_enqueued_time_utc: last.enqueuedTime,
    is_partition_empty: partition.isEmpty,
  };
}

/** Delivery annotations for readers that track the partition's last event. */
export function runtimeMetrics(partition: PartitionLog, clock: Clock): Buffer {
  const last = lastEnqueued(partition);
  return message.encode({
    delivery_annotations: {
      last_enqueued_sequence_number: last.sequenceNumber,
      last_enqueued_offset: last.offset,
      last_enqueued_time_utc: last.enqueuedTime,
      runtime_info_retrieval_time_utc: types.wrap_timestamp(clock.now()),
    },
    // No body section: the annotations stand before the stored message.
    body: { collect_sections: () => undefined },
  });
}

/** A partition that never had an event says -1. */
function lastEnqueued(partition: PartitionLog) {
  const last = partition.lastEnqueued;
  return {
    sequenceNumber: types.wrap_long(partition.lastSequenceNumber),
    offset: String(last?.offset ?? -1),
    enqueuedTime: types.wrap_timestamp(last?.enqueuedTime ?? 0),
  };
}
