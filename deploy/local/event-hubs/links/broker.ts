import type { Clock } from '@tashika/shared/time';
import {
  type AmqpConnection,
  AmqpFault,
  type Application,
  Condition,
  type Link,
  type ReceivingLink,
  type SendingLink,
} from '../amqp/index.ts';
import { GrantedClaims, type Identities } from '../authorization/index.ts';
import type { Hub } from '../hub.ts';
import type { KeyRing } from '../keys.ts';
import { claimsNode } from './claims-node.ts';
import { Consumers } from './consumers.ts';
import { type Node, resolveNode } from './entity.ts';
import { ingest } from './ingest.ts';
import { managementNode } from './management-node.ts';
import { Reader } from './reader.ts';
import type { RequestReplyNode } from './request-reply.ts';
import { runtimeMetrics } from './runtime-information.ts';
import { findStart, readStartPosition } from './start-position.ts';

export interface BrokerOptions {
  /** By name in lower case. */
  readonly hubs: ReadonlyMap<string, Hub>;
  readonly keys: KeyRing;
  /** Whose bearer tokens are taken; nobody's, if absent. */
  readonly identities?: Identities | undefined;
  readonly clock: Clock;
  /** Told each time that a token, or a use of what it was to allow, is refused. */
  readonly onRefused: () => void;
}

const EPOCH = 'com.microsoft:epoch';
const RECEIVER_NAME = 'com.microsoft:receiver-name';
const RUNTIME_METRICS = 'com.microsoft:enable-receiver-runtime-metric';

/** What every connection serves: claims, management, ingest and reading, over the same hubs and consumers. */
export function createBroker(options: BrokerOptions): (connection: AmqpConnection) => Application {
  const consumers = new Consumers();
  return (connection) => new Door(connection, options, consumers);
}

/** One connection's door to the hubs: what it may do depends on the tokens it brought. */
class Door implements Application {
  readonly #connection: AmqpConnection;
  readonly #options: BrokerOptions;
  readonly #consumers: Consumers;
  readonly #claims: GrantedClaims;
  readonly #nodes: Readonly<Record<'$cbs' | '$management', RequestReplyNode>>;

  constructor(connection: AmqpConnection, options: BrokerOptions, consumers: Consumers) {
    const { hubs, keys, identities, clock, onRefused } = options;
    this.#connection = connection;
    this.#options = options;
    this.#consumers = consumers;
    this.#claims = new GrantedClaims(clock, onRefused);
    this.#nodes = {
      $cbs: claimsNode(this.#claims, { keys, identities, clock, onRefused }),
      $management: managementNode(hubs, this.#claims),
    };
  }

  admit(link: Link): () => void {
    const address = link.kind === 'sending' ? link.source.address : link.targetAddress;
    const node = resolveNode(address, this.#options.hubs);
    if (node.kind === '$cbs' || node.kind === '$management') {
      const requests = this.#nodes[node.kind];
      return link.kind === 'sending' ? () => requests.attachReplies(link) : () => requests.attachRequests(link);
    }
    return link.kind === 'sending' ? this.#admitReader(link, node) : this.#admitSender(link, node);
  }

  #admitSender(link: ReceivingLink, node: Node): () => void {
    if (node.kind !== 'hub') throw new AmqpFault(Condition.notAllowed, 'A consumer group takes no events.');
    const authorize = () => this.#claims.require(link.targetAddress!, 'Send');
    authorize();
    const { hub, partition } = node;
    return () => ingest({ link, hub, partition, authorize, faultOf: (error) => this.#connection.faultOf(error) });
  }

  #admitReader(link: SendingLink, node: Node): () => void {
    if (node.kind !== 'consumerGroup')
      throw new AmqpFault(Condition.notAllowed, 'Events are read from a consumer group.');
    const { hub, group, partition, partitionId } = node;
    const { clock } = this.#options;
    const authorize = () => this.#claims.require(link.source.address!, 'Listen');
    authorize();
    const position = readStartPosition(link.source.filters);
    const leave = this.#consumers.admit(`${hub.name}/${group}/${partitionId}`, {
      epoch: epochOf(link),
      name: String(link.properties[RECEIVER_NAME] ?? link.name),
      disconnect: (fault) => link.close(fault),
    });
    return () => {
      const reader = new Reader({
        link,
        partition,
        start: () => findStart(partition, position),
        authorize,
        metrics: link.desiredCapabilities.includes(RUNTIME_METRICS)
          ? (current) => runtimeMetrics(current, clock)
          : undefined,
        fail: (error) => link.close(this.#connection.faultOf(error)),
      });
      link.onDetached = () => {
        leave();
        reader.stop();
      };
    };
  }
}

function epochOf(link: SendingLink): number | undefined {
  const epoch = link.properties[EPOCH];
  return epoch === undefined || epoch === null ? undefined : Number(epoch);
}
