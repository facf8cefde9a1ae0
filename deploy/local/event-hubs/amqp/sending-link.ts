import type { TimerHandle } from '@tashika/shared/time';
import { AmqpFault, Condition } from './fault.ts';
import type { AttachFields, FlowFields } from './performative-fields.ts';
import type { Session } from './session.ts';
import { readSource, readTargetAddress, type Source, sourceValue, targetValue } from './terminus.ts';
import { TRANSFER_HEAD_BYTES, writeTransferHead } from './transfer.ts';

const UNSETTLED = 0;
const SETTLED = 1;
/** How long a link that is held back waits for the peer's word before it goes on with what was granted at once. */
const HOLD_MS = 1000;

/**
 * A link on which the peer receives.
 *
 * **Outstanding messages are capped**, whatever credit the peer gives: after each of its flows at most
 * `maxOutstanding` messages go out. `@azure/event-hubs` grants new credit at every receive and forgets
 * what it granted before, so a consumer that idled and then stalls would otherwise be sent everything.
 * A peer that grants more than the cap in a single flow means it, and some wait for all of it before
 * they grant again: they get the rest a cap a second.
 */
export class SendingLink {
  readonly kind = 'sending';
  readonly name: string;
  readonly session: Session;
  readonly source: Source;
  readonly targetAddress: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly desiredCapabilities: readonly string[];
  /** Called when messages may be sent again. */
  onSendable: () => void = () => undefined;
  /** Called once, when the link is gone, for whatever reason. */
  onDetached: () => void = () => undefined;

  readonly #handle: number;
  readonly #targetValue: AttachFields['target'];
  readonly #sndSettleMode: number;
  readonly #rcvSettleMode: number;
  #attached = true;
  #deliveryCount = 0;
  #credit = 0;
  #allowance = 0;
  #largestGrant = 0;
  #sentSinceFlow = 0;
  #draining = false;
  #hold: TimerHandle | undefined;
  #partial: { readonly bytes: Buffer; at: number; readonly deliveryId: number } | undefined;

  constructor(session: Session, attach: AttachFields) {
    this.session = session;
    this.name = attach.name;
    this.source = readSource(attach.source);
    this.targetAddress = readTargetAddress(attach.target);
    this.properties = attach.properties ?? {};
    this.desiredCapabilities = attach.desiredCapabilities ?? [];
    this.#handle = attach.handle;
    this.#targetValue = attach.target;
    // Event Hubs settles what it sends unless the peer insists.
    this.#sndSettleMode = attach.sndSettleMode === UNSETTLED ? UNSETTLED : SETTLED;
    this.#rcvSettleMode = attach.rcvSettleMode;
  }

  /** The attach that answers the peer's. */
  get attachFields(): Partial<AttachFields> {
    return {
      name: this.name,
      handle: this.#handle,
      role: false,
      sndSettleMode: this.#sndSettleMode,
      rcvSettleMode: this.#rcvSettleMode,
      source: sourceValue(this.source),
      target: this.#targetValue === null ? targetValue(null) : targetValue(this.targetAddress),
      initialDeliveryCount: 0,
      maxMessageSize: this.session.connection.limits.maxMessageBytes,
    };
  }

  /** True while the link is attached on this side. */
  get attached(): boolean {
    return this.#attached;
  }

  /** True when a message may be sent now. */
  get ready(): boolean {
    if (!this.#attached || this.#partial || this.#credit <= 0) return false;
    if (this.#allowance <= 0) this.#holdBack();
    return this.#allowance > 0 && this.session.outgoingWindow > 0 && !this.session.connection.outbox.congested;
  }

  /** Sends a message as it is encoded; `ready` must be true. `prefix` is sections that come before it. */
  send(encoded: Buffer, prefix?: Buffer): void {
    const deliveryId = this.session.takeDeliveryId();
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0;
    this.#credit -= 1;
    this.#allowance -= 1;
    this.#sentSinceFlow += 1;
    const prefixBytes = prefix?.length ?? 0;
    if (prefixBytes + encoded.length <= this.session.connection.maxPayloadBytes) {
      const { target, at } = this.#writeHead(deliveryId, prefixBytes + encoded.length, false);
      prefix?.copy(target, at);
      encoded.copy(target, at + prefixBytes);
      return;
    }
    this.#partial = { bytes: prefix ? Buffer.concat([prefix, encoded]) : encoded, at: 0, deliveryId };
    this.#continue();
  }

  /** The frames of a large message, as far as the peer's window reaches. */
  #continue(): void {
    while (this.#partial && this.session.outgoingWindow > 0) {
      const { bytes, at: from, deliveryId } = this.#partial;
      const to = Math.min(from + this.session.connection.maxPayloadBytes, bytes.length);
      const { target, at } = this.#writeHead(deliveryId, to - from, to < bytes.length);
      bytes.copy(target, at, from, to);
      if (to === bytes.length) this.#partial = undefined;
      else this.#partial.at = to;
    }
  }

  #writeHead(deliveryId: number, payloadBytes: number, more: boolean): { target: Buffer; at: number } {
    this.session.countOutgoing();
    const { target, at } = this.session.connection.outbox.reserve(TRANSFER_HEAD_BYTES + payloadBytes);
    const settled = this.#sndSettleMode === SETTLED;
    const { channel } = this.session;
    writeTransferHead(target, at, { channel, handle: this.#handle, deliveryId, settled, more, payloadBytes });
    return { target, at: at + TRANSFER_HEAD_BYTES };
  }

  /** The peer's word on this link. */
  applyFlow(flow: FlowFields): void {
    const seen = flow.deliveryCount ?? 0;
    const granted = flow.linkCredit ?? 0;
    const inFlight = (this.#deliveryCount - seen) | 0;
    const credit = Math.max(0, granted - inFlight);
    this.#largestGrant = Math.max(this.#largestGrant, credit - this.#credit);
    this.#credit = credit;
    this.#allowance = Math.max(0, Math.min(granted, this.session.connection.limits.maxOutstanding) - inFlight);
    this.#sentSinceFlow = 0;
    this.#draining = flow.drain;
    this.#hold?.cancel();
    this.#hold = undefined;
  }

  /** Goes on with what waited for the peer. */
  resume(): void {
    if (!this.#attached) return;
    this.#continue();
    this.onSendable();
  }

  /** Tells the link that there is nothing to send now: a peer that drains gets its credit back. */
  idle(): void {
    if (!this.#draining || !this.#attached || this.#partial) return;
    this.#draining = false;
    this.#deliveryCount = (this.#deliveryCount + this.#credit) >>> 0;
    this.#credit = 0;
    this.#allowance = 0;
    this.sendFlow(true);
  }

  sendFlow(drain = false): void {
    this.session.sendFlow({
      handle: this.#handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      available: 0,
      drain,
    });
  }

  #holdBack(): void {
    if (this.#hold || this.#sentSinceFlow >= this.#largestGrant) return;
    this.#hold = this.session.connection.clock.after(HOLD_MS, () => {
      this.#hold = undefined;
      const left = Math.min(this.#credit, this.#largestGrant - this.#sentSinceFlow);
      this.#allowance = Math.max(0, Math.min(left, this.session.connection.limits.maxOutstanding));
      this.resume();
    });
  }

  /** Closes the link from this side; with `fault`, the peer is told why. */
  close(fault?: AmqpFault): void {
    if (!this.#attached) return;
    this.session.sendDetach(this.#handle, fault);
    this.ended();
  }

  /** The link is gone. */
  ended(): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.#hold?.cancel();
    this.#partial = undefined;
    this.onDetached();
  }

  /** A transfer on this link is the peer's mistake. */
  receive(): never {
    throw new AmqpFault(Condition.notAllowed, `A transfer on link '${this.name}', on which the peer receives.`);
  }
}
