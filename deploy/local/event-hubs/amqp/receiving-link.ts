import type { AmqpFault } from './fault.ts';
import type { AttachFields, FlowFields, TransferFields } from './performative-fields.ts';
import type { Session } from './session.ts';
import { readSource, readTargetAddress, type Source, sourceValue, targetValue } from './terminus.ts';

/** A message that came in. */
export interface Delivery {
  /** 0 for an AMQP message; Event Hubs has a format of its own for batches. */
  readonly format: number;
  /** The message as it was encoded; undefined when it was larger than the link allows. */
  readonly encoded: Buffer | undefined;
  /** Bytes of the message. */
  readonly bytes: number;
  accept(): void;
  reject(fault: AmqpFault): void;
}

interface Assembly {
  readonly id: number;
  readonly format: number;
  readonly settled: boolean;
  pieces: Buffer[];
  bytes: number;
}

/** A link on which the peer sends. It puts multi-frame messages together and hands them over as they were encoded. */
export class ReceivingLink {
  readonly kind = 'receiving';
  readonly name: string;
  readonly session: Session;
  readonly source: Source;
  readonly targetAddress: string | null;
  /** Called for each message. */
  onMessage: (delivery: Delivery) => void = () => undefined;
  /** Called once, when the link is gone, for whatever reason. */
  onDetached: () => void = () => undefined;

  readonly #handle: number;
  readonly #sndSettleMode: number;
  #attached = true;
  #deliveryCount: number;
  #credit = 0;
  #assembly: Assembly | undefined;

  constructor(session: Session, attach: AttachFields) {
    this.session = session;
    this.name = attach.name;
    this.source = readSource(attach.source);
    this.targetAddress = readTargetAddress(attach.target);
    this.#handle = attach.handle;
    this.#sndSettleMode = attach.sndSettleMode;
    this.#deliveryCount = attach.initialDeliveryCount ?? 0;
  }

  /** The attach that answers the peer's. */
  get attachFields(): Partial<AttachFields> {
    return {
      name: this.name,
      handle: this.#handle,
      role: true,
      sndSettleMode: this.#sndSettleMode,
      source: sourceValue(this.source),
      target: targetValue(this.targetAddress),
      maxMessageSize: this.session.connection.limits.maxMessageBytes,
    };
  }

  /** True while the link is attached on this side. */
  get attached(): boolean {
    return this.#attached;
  }

  /** Lets the peer have `target` messages under way, once half of them are used up. */
  topUp(target: number): void {
    if (!this.#attached || this.#credit > target / 2) return;
    this.#credit = target;
    this.sendFlow();
  }

  sendFlow(): void {
    this.session.sendFlow({
      handle: this.#handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      available: 0,
    });
  }

  /** The peer's word on this link; a drain has nothing to give back here. */
  applyFlow(_flow: FlowFields): void {}

  resume(): void {}

  /** A frame of a message. */
  receive(transfer: TransferFields, payload: Buffer): void {
    // Once a link is refused or closed, what was already under way means nothing.
    if (!this.#attached) return;
    this.#assembly ??= {
      id: transfer.deliveryId ?? 0,
      format: transfer.messageFormat ?? 0,
      settled: transfer.settled ?? false,
      pieces: [],
      bytes: 0,
    };
    const assembly = this.#assembly;
    assembly.bytes += payload.length;
    if (assembly.bytes > this.session.connection.limits.maxMessageBytes) assembly.pieces = [];
    else assembly.pieces.push(payload);
    if (transfer.aborted) this.#assembly = undefined;
    if (transfer.more || transfer.aborted) return;
    this.#assembly = undefined;
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0;
    this.#credit -= 1;
    this.onMessage(this.#delivery(assembly));
  }

  #delivery(assembly: Assembly): Delivery {
    const { id, format, settled, pieces, bytes } = assembly;
    const tooLarge = bytes > this.session.connection.limits.maxMessageBytes;
    const settle = (fault?: AmqpFault) => {
      if (!settled && this.#attached) this.session.settle(id, fault);
    };
    return {
      format,
      bytes,
      encoded: tooLarge ? undefined : pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces),
      accept: () => settle(),
      reject: (fault) => settle(fault),
    };
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
    this.#assembly = undefined;
    this.onDetached();
  }
}
