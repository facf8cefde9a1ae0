import { AmqpFault, Condition } from '../amqp/index.ts';
import type { GrantedClaims } from '../authorization/index.ts';
import type { Hub } from '../hub.ts';
import { notFound, partitionOf } from './entity.ts';
import { type Reply, type Request, RequestReplyNode } from './request-reply.ts';
import { describeHub, describePartition } from './runtime-information.ts';

const STATUS: Readonly<Record<string, number>> = {
  [Condition.notFound]: 404,
  [Condition.unauthorizedAccess]: 401,
};

/** `$management`: tells what hubs and partitions are like. */
export function managementNode(hubs: ReadonlyMap<string, Hub>, claims: GrantedClaims): RequestReplyNode {
  return new RequestReplyNode((request) => {
    try {
      return { status: 200, description: 'OK', body: read(request, hubs, claims) };
    } catch (error) {
      if (!(error instanceof AmqpFault)) throw error;
      return refuse(error);
    }
  });
}

function read({ properties }: Request, hubs: ReadonlyMap<string, Hub>, claims: GrantedClaims): unknown {
  const name = String(properties.name);
  const hub = hubs.get(name.toLowerCase());
  if (!hub) throw notFound(name);
  claims.require(`${name}/$management`, 'Listen', 'Send', 'Manage');
  if (properties.operation === 'READ' && properties.type === 'com.microsoft:eventhub') return describeHub(hub);
  if (properties.operation === 'READ' && properties.type === 'com.microsoft:partition') {
    const id = String(properties.partition);
    return describePartition(hub, id, partitionOf(hub, id));
  }
  const asked = `${String(properties.operation)} of ${String(properties.type)}`;
  throw new AmqpFault(Condition.notImplemented, `${asked} is not known.`);
}

function refuse(fault: AmqpFault): Reply {
  return { status: STATUS[fault.condition] ?? 400, description: fault.description, condition: fault.condition };
}
