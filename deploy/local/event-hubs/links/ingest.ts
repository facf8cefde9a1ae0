import { isTashikaError } from '@tashika/shared/errors';
import { AmqpFault, Condition, type Delivery, type ReceivingLink } from '../amqp/index.ts';
import type { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/index.ts';
import { readPublication } from './event-batch.ts';

/** Messages that a sender may have under way: with none left, the JavaScript SDK sleeps a second. */
const CREDIT = 1000;
/**
 * With this much waiting for the disk, a link gets no new credit, and its connection is not read either: the credit
 * that it has left may be for a gigabyte. To grant less at first would have the SDK sleep in every burst.
 */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export interface IngestOptions {
  readonly link: ReceivingLink;
  readonly hub: Hub;
  /** The partition that the link is bound to; absent where keys and turns decide. */
  readonly partition: PartitionLog | undefined;
  /** Throws once the sender may no longer send. */
  readonly authorize: () => void;
  /** Makes the fault that the peer is told of anything thrown. */
  readonly faultOf: (error: unknown) => AmqpFault;
}

/** Appends what a sender publishes. A message is accepted once its events are in the log, all of them, and not before. */
export function ingest({ link, hub, partition, authorize, faultOf }: IngestOptions): void {
  const { connection } = link.session;
  let waitingBytes = 0;
  let held = false;

  const append = async (delivery: Delivery): Promise<void> => {
    authorize();
    if (!delivery.encoded) throw tooLarge(delivery, link);
    const { partitionKey, events } = readPublication(delivery.encoded, delivery.format);
    if (events.length > 0) await (partition ?? hub.choosePartition(partitionKey)).append(events);
  };

  link.onMessage = (delivery) => {
    waitingBytes += delivery.bytes;
    if (!held && waitingBytes >= MAX_WAITING_BYTES) {
      held = true;
      connection.hold();
    }
    append(delivery)
      .then(
        () => delivery.accept(),
        (error: unknown) => delivery.reject(faultOf(asFault(error))),
      )
      .finally(() => {
        waitingBytes -= delivery.bytes;
        if (waitingBytes >= MAX_WAITING_BYTES) return;
        link.topUp(CREDIT);
        if (held) connection.release();
        held = false;
      });
  };
  link.topUp(CREDIT);
}

function tooLarge(delivery: Delivery, link: ReceivingLink): AmqpFault {
  const limit = link.session.connection.limits.maxMessageBytes;
  return new AmqpFault(
    Condition.messageSizeExceeded,
    `The received message (size:${delivery.bytes} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  );
}

/** A full disk passes: the sender is asked to try again. */
function asFault(error: unknown): unknown {
  if (!isTashikaError(error, 'DISK_FULL')) return error;
  return new AmqpFault(Condition.serverBusy, 'The disk is full: the events were not stored. Please retry later.');
}
