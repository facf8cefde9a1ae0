import type { Typed } from './codec.ts';

/** What an error frame says. */
export interface AmqpErrorFields {
  readonly condition: string;
  readonly description: string | null;
}

export interface OpenFields {
  readonly containerId: string;
  readonly hostname: string | null;
  readonly maxFrameSize: number;
  readonly channelMax: number;
  readonly idleTimeoutMs: number | null;
  readonly outgoingLocales: readonly string[] | null;
  readonly incomingLocales: readonly string[] | null;
  readonly offeredCapabilities: readonly string[] | null;
  readonly desiredCapabilities: readonly string[] | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
}

export interface BeginFields {
  readonly remoteChannel: number | null;
  readonly nextOutgoingId: number;
  readonly incomingWindow: number;
  readonly outgoingWindow: number;
  readonly handleMax: number;
  readonly offeredCapabilities: readonly string[] | null;
  readonly desiredCapabilities: readonly string[] | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
}

export interface AttachFields {
  readonly name: string;
  readonly handle: number;
  /** True for a receiver's end of the link. */
  readonly role: boolean;
  readonly sndSettleMode: number;
  readonly rcvSettleMode: number;
  readonly source: Typed | null;
  readonly target: Typed | null;
  readonly unsettled: Readonly<Record<string, unknown>> | null;
  readonly incompleteUnsettled: boolean;
  readonly initialDeliveryCount: number | null;
  readonly maxMessageSize: number | null;
  readonly offeredCapabilities: readonly string[] | null;
  readonly desiredCapabilities: readonly string[] | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
}

export interface FlowFields {
  readonly nextIncomingId: number | null;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  readonly handle: number | null;
  readonly deliveryCount: number | null;
  readonly linkCredit: number | null;
  readonly available: number | null;
  readonly drain: boolean;
  readonly echo: boolean;
  readonly properties: Readonly<Record<string, unknown>> | null;
}

export interface TransferFields {
  readonly handle: number;
  readonly deliveryId: number | null;
  readonly deliveryTag: Buffer | null;
  readonly messageFormat: number | null;
  readonly settled: boolean | null;
  readonly more: boolean;
  readonly rcvSettleMode: number | null;
  readonly state: Typed | null;
  readonly resume: boolean;
  readonly aborted: boolean;
  readonly batchable: boolean;
}

export interface DispositionFields {
  readonly role: boolean;
  readonly first: number;
  readonly last: number | null;
  readonly settled: boolean;
  readonly state: Typed | null;
  readonly batchable: boolean;
}

export interface DetachFields {
  readonly handle: number;
  readonly closed: boolean;
  readonly error: AmqpErrorFields | null;
}

export interface EndFields {
  readonly error: AmqpErrorFields | null;
}

export interface SaslMechanismsFields {
  readonly mechanisms: readonly string[] | null;
}

export interface SaslInitFields {
  readonly mechanism: string;
}

export interface SaslOutcomeFields {
  readonly code: number;
  readonly additionalData: Buffer | null;
}

export interface Performatives {
  open: OpenFields;
  begin: BeginFields;
  attach: AttachFields;
  flow: FlowFields;
  transfer: TransferFields;
  disposition: DispositionFields;
  detach: DetachFields;
  end: EndFields;
  close: EndFields;
  saslMechanisms: SaslMechanismsFields;
  saslInit: SaslInitFields;
  saslOutcome: SaslOutcomeFields;
}

export type PerformativeName = keyof Performatives;

/** A performative that came in. */
export type Performative = {
  [Name in PerformativeName]: { readonly name: Name; readonly fields: Performatives[Name] };
}[PerformativeName];
