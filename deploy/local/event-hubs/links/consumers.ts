import { AmqpFault, Condition } from '../amqp/index.ts';

/** A reader of a partition, as the others of its consumer group see it. */
export interface Consumer {
  /** Absent for a reader that doesn't claim the partition for itself. */
  readonly epoch: number | undefined;
  readonly name: string;
  /** The partition was taken by another. */
  disconnect(fault: AmqpFault): void;
}

/** Event Hubs' own limit of readers without an epoch. */
const MAX_SHARED = 5;

/**
 * The readers of each partition in each consumer group. One with an epoch has the partition for itself:
 * it drives out those without one and those with a lower or equal one, and is itself refused while a
 * higher one reads. Source: learn.microsoft.com/azure/event-hubs/event-hubs-event-processor-host (epoch).
 */
export class Consumers {
  readonly #byPlace = new Map<string, Set<Consumer>>();

  /**
   * Lets `consumer` in and drives out whom it replaces; returns what takes it off the list.
   *
   * @throws AmqpFault amqp:link:stolen; amqp:resource-limit-exceeded
   */
  admit(place: string, consumer: Consumer): () => void {
    const present = this.#byPlace.get(place) ?? new Set();
    this.#byPlace.set(place, present);
    const { epoch, name } = consumer;
    const highest = Math.max(...[...present].map((each) => each.epoch ?? Number.NEGATIVE_INFINITY));
    if (highest > (epoch ?? Number.NEGATIVE_INFINITY)) {
      const who = epoch === undefined ? 'a receiver without an epoch' : `receiver '${name}' with epoch '${epoch}'`;
      throw new AmqpFault(
        Condition.linkStolen,
        `At least one receiver for the endpoint is created with epoch of '${highest}', and so ${who} is not allowed to reconnect. Make sure you are reconnecting with increasing epoch value if you want to reconnect.`,
      );
    }
    if (epoch === undefined && present.size >= MAX_SHARED) {
      throw new AmqpFault(
        Condition.resourceLimitExceeded,
        `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${MAX_SHARED}.`,
      );
    }
    if (epoch !== undefined) {
      for (const each of present) {
        const theirs = each.epoch === undefined ? 'without an epoch' : `with epoch '${each.epoch}'`;
        each.disconnect(
          new AmqpFault(
            Condition.linkStolen,
            `New receiver '${name}' with higher epoch of '${epoch}' is created hence current receiver '${each.name}' ${theirs} is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`,
          ),
        );
      }
      present.clear();
    }
    present.add(consumer);
    return () => {
      present.delete(consumer);
    };
  }
}
