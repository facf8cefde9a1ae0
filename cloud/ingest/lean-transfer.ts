import { isDeepStrictEqual } from 'node:util';

/**
 * A short way through `rhea`'s session for a transfer that is a whole message: `rhea` makes six functions for each, and
 * takes a field away again from the object that holds them, which makes it slow and several times as large.
 */

/** What a session does with a transfer frame. */
export type OnTransfer = (this: RheaSession, frame: TransferFrame) => void;

export interface TransferFrame {
  readonly performative: {
    readonly handle?: unknown;
    readonly delivery_id?: unknown;
    readonly delivery_tag?: unknown;
    readonly message_format?: unknown;
    readonly settled?: unknown;
    readonly more?: unknown;
    readonly state?: unknown;
  };
  readonly payload?: Buffer;
}

/** Of `rhea`'s message module, what is called by name while a transfer is taken in. */
interface Messages {
  decode(bytes: Buffer): object;
  accepted(): { described(): object };
  released(): { described(): object };
  rejected(fields: object): { described(): object };
  modified(fields: object): { described(): object };
}

interface RheaReceiver {
  credit: number;
  delivery_count: number;
  _incomplete?: unknown;
  readonly local: { readonly attach: { readonly rcv_settle_mode?: number } };
  is_receiver(): boolean;
  is_remote_open(): boolean;
  dispatch(name: 'message', context: object): unknown;
  _context(context: object): object;
}

interface Incoming {
  next_transfer_id: number;
  next_delivery_id: number | undefined;
  readonly updated: readonly unknown[];
  readonly deliveries: { readonly size: number; push(delivery: object): void };
  update(delivery: object, settled: unknown, state: unknown): void;
}

export interface RheaSession {
  readonly incoming: Incoming;
  readonly remote: { readonly handles: Record<number, unknown> };
  _get_link(frame: TransferFrame): RheaReceiver;
}

/** `rhea`'s class of sessions. */
export interface RheaSessions {
  new (connection: object, channel: number): RheaSession;
  readonly prototype: RheaSession & { on_transfer: OnTransfer };
}

/** Takes a whole message in; hands every other transfer to `otherwise`. */
export function leanOnTransfer(otherwise: OnTransfer, messages: Messages): OnTransfer {
  class Delivery {
    settled: unknown = false;
    state: unknown = undefined;
    readonly id: unknown;
    readonly tag: unknown;
    readonly format: unknown;
    readonly link: RheaReceiver;
    readonly remote_settled: unknown;
    readonly remote_state: unknown;
    readonly incomplete: unknown;
    readonly #incoming: Incoming;

    constructor({ performative }: TransferFrame, link: RheaReceiver, incoming: Incoming) {
      const { settled } = performative;
      this.id = performative.delivery_id;
      this.tag = performative.delivery_tag;
      this.format = performative.message_format;
      this.link = link;
      this.remote_settled = settled === undefined ? false : settled;
      this.remote_state = performative.state;
      this.incomplete = performative.more;
      this.#incoming = incoming;
    }

    update(settled: unknown, state: unknown): void {
      const isSettled = settled === undefined ? this.link.local.attach.rcv_settle_mode !== 1 : settled;
      this.#incoming.update(this, isSettled, state);
    }

    accept(): void {
      this.update(undefined, messages.accepted().described());
    }

    release(fields?: object): void {
      this.update(undefined, (fields ? messages.modified(fields) : messages.released()).described());
    }

    reject(error: unknown): void {
      this.update(undefined, messages.rejected({ error }).described());
    }

    modified(fields: object): void {
      this.update(undefined, messages.modified(fields).described());
    }
  }

  return function (this: RheaSession, frame) {
    const { incoming } = this;
    const { performative, payload } = frame;
    const link = this._get_link(frame);
    if (
      payload === undefined ||
      performative.more ||
      performative.message_format !== 0 ||
      performative.delivery_id === undefined ||
      performative.delivery_id !== incoming.next_delivery_id ||
      link._incomplete ||
      !(link.credit > 0) ||
      !link.is_receiver() ||
      !link.is_remote_open()
    )
      return otherwise.call(this, frame);
    incoming.next_transfer_id++;
    const delivery = new Delivery(frame, link, incoming);
    incoming.deliveries.push(delivery);
    incoming.next_delivery_id!++;
    link._incomplete = undefined;
    link.credit--;
    link.delivery_count++;
    link.dispatch('message', link._context({ message: messages.decode(payload), delivery }));
  };
}

/** Whether both leave the same behind of a transfer in a session of its own. */
export function sameTransfer(a: OnTransfer, b: OnTransfer, sessions: RheaSessions, frame: TransferFrame): boolean {
  return isDeepStrictEqual(leftBehind(a, sessions, frame), leftBehind(b, sessions, frame));
}

const HANDLE = 1;
export const SAMPLE_DELIVERY = 9;

/** What can be seen of a session and of the delivery that it dispatches, which is accepted. */
function leftBehind(onTransfer: OnTransfer, Sessions: RheaSessions, frame: TransferFrame): unknown {
  let registered = 0;
  const connection = { options: { id: 'sample' }, _register: () => registered++ };
  const session = new Sessions(connection, 0);
  const seen: unknown[] = [];
  const receiver = {
    connection,
    credit: 3,
    delivery_count: 5,
    _incomplete: undefined,
    local: { attach: { rcv_settle_mode: 0 } },
    is_receiver: () => true,
    is_remote_open: () => true,
    _context: (context: object) => ({ ...context, receiver: 'this one' }),
    dispatch(name: string, context: { delivery: Record<string, unknown>; accept(): void }) {
      const { delivery, ...rest } = context;
      const told = () => {
        const { id, tag, format, settled, state, remote_settled, remote_state, incomplete, link } = delivery;
        const isOurs = link === receiver;
        return { id, tag, format, settled, state, remote_settled, remote_state, incomplete, isOurs };
      };
      seen.push(name, rest, told());
      (delivery.accept as () => void).call(delivery);
      seen.push(told());
    },
  };
  session.remote.handles[HANDLE] = receiver;
  const { incoming } = session;
  incoming.next_delivery_id = SAMPLE_DELIVERY;
  onTransfer.call(session, frame);
  const { next_transfer_id, next_delivery_id, deliveries, updated } = incoming;
  const { credit, delivery_count, _incomplete } = receiver;
  const counts = { credit, delivery_count, registered, deliveries: deliveries.size, updated: updated.length };
  return { seen, counts, next_transfer_id, next_delivery_id, isWhole: _incomplete === undefined };
}
