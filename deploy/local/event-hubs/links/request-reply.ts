import { messageOf } from '@tashika/shared/errors';
import {
  AmqpFault,
  Condition,
  type Delivery,
  message,
  type ReceivingLink,
  type SendingLink,
  types,
} from '../amqp/index.ts';

/** A request to `$cbs` or `$management`. */
export interface Request {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** The answer to a request. */
export interface Reply {
  /** As in HTTP: 2xx is success. */
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

interface DecodedRequest {
  readonly message_id?: unknown;
  readonly reply_to?: unknown;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

const REQUEST_CREDIT = 100;

/**
 * A node that answers requests. A request names the link for its answer by `reply_to`, which is the
 * link's name or its target; a client that keeps several nodes on one session may leave it out, and then
 * the answer goes to its link from this same node, never to another.
 */
export class RequestReplyNode {
  readonly #answer: (request: Request) => Reply;
  readonly #replyLinks = new Set<SendingLink>();
  readonly #waiting = new Map<SendingLink, Buffer[]>();

  constructor(answer: (request: Request) => Reply) {
    this.#answer = answer;
  }

  /** Takes a link on which requests come. */
  attachRequests(link: ReceivingLink): void {
    link.onMessage = (delivery) => {
      link.topUp(REQUEST_CREDIT);
      this.#serve(link, delivery);
    };
    link.topUp(REQUEST_CREDIT);
  }

  /** Takes a link on which answers go. */
  attachReplies(link: SendingLink): void {
    this.#replyLinks.add(link);
    link.onSendable = () => this.#send(link);
    link.onDetached = () => {
      this.#replyLinks.delete(link);
      this.#waiting.delete(link);
    };
  }

  #serve(link: ReceivingLink, delivery: Delivery): void {
    let request: DecodedRequest;
    try {
      if (!delivery.encoded) throw new Error('it is too large');
      request = message.decode(delivery.encoded) as DecodedRequest;
    } catch (error) {
      delivery.reject(new AmqpFault(Condition.decodeError, `The request can't be read: ${messageOf(error)}.`));
      return;
    }
    const to = this.#replyLinkFor(link, request.reply_to);
    if (!to) {
      delivery.reject(new AmqpFault(Condition.notAllowed, 'No link is attached for the answer.'));
      return;
    }
    delivery.accept();
    const reply = this.#answer({ properties: request.application_properties ?? {}, body: request.body });
    this.#waiting.set(to, [...(this.#waiting.get(to) ?? []), encodeReply(request, reply)]);
    this.#send(to);
  }

  #replyLinkFor(requests: ReceivingLink, replyTo: unknown): SendingLink | undefined {
    const links = [...this.#replyLinks];
    return (
      links.find((link) => replyTo !== undefined && (link.name === replyTo || link.targetAddress === replyTo)) ??
      links.find((link) => link.session === requests.session) ??
      links[0]
    );
  }

  #send(link: SendingLink): void {
    const waiting = this.#waiting.get(link) ?? [];
    while (waiting.length > 0 && link.ready) link.send(waiting.shift()!);
    if (waiting.length === 0) this.#waiting.delete(link);
  }
}

function encodeReply(request: DecodedRequest, reply: Reply): Buffer {
  return message.encode({
    correlation_id: request.message_id,
    to: request.reply_to,
    application_properties: {
      'status-code': types.wrap_int(reply.status),
      'status-description': reply.description,
      ...(reply.condition && { 'error-condition': types.wrap_symbol(reply.condition) }),
    },
    body: reply.body ?? null,
  });
}
