import type { AmqpConnection } from './connection.ts';
import { dispositionsOf } from './dispositions.ts';
import { AmqpFault, Condition } from './fault.ts';
import type {
  AttachFields,
  BeginFields,
  DispositionFields,
  FlowFields,
  Performative,
  TransferFields,
} from './performative-fields.ts';
import { ReceivingLink } from './receiving-link.ts';
import { SendingLink } from './sending-link.ts';

export type Link = SendingLink | ReceivingLink;

/** Transfer frames that the peer may send before it hears of the session again. */
const INCOMING_WINDOW = 5000;
const OUTGOING_WINDOW = 0x7fffffff;
/** Event Hubs' own limit of links in a session. */
const HANDLE_MAX = 255;

/** A session that the peer began. Channels and handles are the peer's own numbers, in both directions. */
export class Session {
  readonly connection: AmqpConnection;
  readonly channel: number;
  readonly #links = new Map<number, Link>();
  #outcomes: { id: number; fault: AmqpFault | undefined }[] = [];
  #nextDeliveryId = 0;
  #nextOutgoingId = 0;
  #remoteWindow: number;
  #nextIncomingId: number;
  #incomingSinceFlow = 0;

  constructor(connection: AmqpConnection, channel: number, begin: BeginFields) {
    this.connection = connection;
    this.channel = channel;
    this.#remoteWindow = begin.incomingWindow;
    this.#nextIncomingId = begin.nextOutgoingId;
    connection.send(
      'begin',
      {
        remoteChannel: channel,
        nextOutgoingId: 0,
        incomingWindow: INCOMING_WINDOW,
        outgoingWindow: OUTGOING_WINDOW,
        handleMax: HANDLE_MAX,
      },
      channel,
    );
  }

  /** The session's links. */
  get links(): Iterable<Link> {
    return this.#links.values();
  }

  /** Transfer frames that the peer is ready to take. */
  get outgoingWindow(): number {
    return this.#remoteWindow;
  }

  takeDeliveryId(): number {
    const id = this.#nextDeliveryId;
    this.#nextDeliveryId = (id + 1) >>> 0;
    return id;
  }

  /** A transfer frame goes out. */
  countOutgoing(): void {
    this.#nextOutgoingId = (this.#nextOutgoingId + 1) >>> 0;
    this.#remoteWindow -= 1;
  }

  /**
   * What the peer says within the session.
   *
   * @throws AmqpFault for what a session can't go on from
   */
  receive(performative: Performative, payload: Buffer): void {
    switch (performative.name) {
      case 'attach':
        this.#onAttach(performative.fields);
        break;
      case 'flow':
        this.#onFlow(performative.fields);
        break;
      case 'transfer':
        this.#onTransfer(performative.fields, payload);
        break;
      case 'disposition':
        this.#onDisposition(performative.fields);
        break;
      case 'detach':
        this.#onDetach(performative.fields.handle, performative.fields.closed);
        break;
      default:
        throw new AmqpFault(Condition.notAllowed, `'${performative.name}' is not allowed within a session.`);
    }
  }

  #onAttach(attach: AttachFields): void {
    if (attach.handle > HANDLE_MAX || this.#links.has(attach.handle)) {
      throw new AmqpFault(Condition.notAllowed, `Handle ${attach.handle} is taken or above ${HANDLE_MAX}.`);
    }
    const link = attach.role ? new SendingLink(this, attach) : new ReceivingLink(this, attach);
    this.#links.set(attach.handle, link);
    let start: () => void;
    try {
      start = this.connection.application.admit(link);
    } catch (error) {
      // A refusal is an attach as well, without source and target, and then a detach that says why (part 2, 2.6.3).
      this.#send('attach', { ...link.attachFields, source: null, target: null });
      link.close(this.connection.faultOf(error));
      return;
    }
    this.#send('attach', link.attachFields);
    start();
  }

  #onFlow(flow: FlowFields): void {
    this.#remoteWindow = ((flow.nextIncomingId ?? 0) + flow.incomingWindow - this.#nextOutgoingId) | 0;
    const link = flow.handle === null ? undefined : this.#linkOf(flow.handle);
    link?.applyFlow(flow);
    if (flow.echo) {
      if (link?.attached) link.sendFlow();
      else this.sendFlow({});
    }
    // The window is the session's: whichever link waited for it may go on.
    if (link) link.resume();
    else this.resume();
  }

  #onTransfer(transfer: TransferFields, payload: Buffer): void {
    this.#nextIncomingId = (this.#nextIncomingId + 1) >>> 0;
    this.#incomingSinceFlow += 1;
    this.#linkOf(transfer.handle).receive(transfer, payload);
    if (this.#incomingSinceFlow >= INCOMING_WINDOW / 2) this.sendFlow({});
  }

  /** Deliveries are not kept until they are settled; a peer that settles in two steps gets its second one. */
  #onDisposition(disposition: DispositionFields): void {
    if (!disposition.role || disposition.settled) return;
    const { first, last, state } = disposition;
    this.#send('disposition', { role: false, first, last: last ?? first, settled: true, state });
  }

  #onDetach(handle: number, closed: boolean): void {
    const link = this.#linkOf(handle);
    this.#links.delete(handle);
    if (!link.attached) return;
    this.#send('detach', { handle, closed });
    link.ended();
  }

  #linkOf(handle: number): Link {
    const link = this.#links.get(handle);
    if (!link) throw new AmqpFault(Condition.unattachedHandle, `No link has handle ${handle}.`);
    return link;
  }

  /** Sends a flow of the session, of a link where `link` names one. */
  sendFlow(link: Partial<FlowFields>): void {
    this.#incomingSinceFlow = 0;
    this.#send('flow', {
      nextIncomingId: this.#nextIncomingId,
      incomingWindow: INCOMING_WINDOW,
      nextOutgoingId: this.#nextOutgoingId,
      outgoingWindow: OUTGOING_WINDOW,
      ...link,
    });
  }

  sendDetach(handle: number, fault: AmqpFault | undefined): void {
    this.#flushOutcomes();
    this.#send('detach', { handle, closed: true, ...(fault && { error: fault }) });
  }

  /** Tells the peer what became of a delivery: accepted, or rejected with `fault`. Those of one turn go out together. */
  settle(id: number, fault: AmqpFault | undefined): void {
    if (this.#outcomes.length === 0) process.nextTick(() => this.#flushOutcomes());
    this.#outcomes.push({ id, fault });
  }

  #flushOutcomes(): void {
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    for (const disposition of dispositionsOf(outcomes)) this.#send('disposition', disposition);
  }

  /** Lets every link go on that waited for the peer. */
  resume(): void {
    for (const link of this.#links.values()) link.resume();
  }

  /** The session is over, and with it all of its links. */
  ended(): void {
    for (const link of this.#links.values()) link.ended();
    this.#links.clear();
  }

  #send: AmqpConnection['send'] = (name, fields) => this.connection.send(name, fields, this.channel);
}
