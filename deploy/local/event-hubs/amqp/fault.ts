import type { AmqpErrorFields } from './performative-fields.ts';

/** The conditions that the stand-in gives, as Event Hubs names them. */
export const Condition = {
  argumentError: 'com.microsoft:argument-error',
  argumentOutOfRange: 'com.microsoft:argument-out-of-range',
  connectionForced: 'amqp:connection:forced',
  decodeError: 'amqp:decode-error',
  framingError: 'amqp:connection:framing-error',
  illegalState: 'amqp:illegal-state',
  internalError: 'amqp:internal-error',
  linkStolen: 'amqp:link:stolen',
  messageSizeExceeded: 'amqp:link:message-size-exceeded',
  notAllowed: 'amqp:not-allowed',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  resourceLimitExceeded: 'amqp:resource-limit-exceeded',
  serverBusy: 'com.microsoft:server-busy',
  unattachedHandle: 'amqp:session:unattached-handle',
  unauthorizedAccess: 'amqp:unauthorized-access',
} as const;

export type ConditionName = (typeof Condition)[keyof typeof Condition];

/** A refusal that the peer is told: an AMQP condition and a sentence. */
export class AmqpFault extends Error implements AmqpErrorFields {
  readonly condition: ConditionName;
  readonly description: string;

  constructor(condition: ConditionName, description: string) {
    super(`${condition}: ${description}`);
    this.name = 'AmqpFault';
    this.condition = condition;
    this.description = description;
  }
}
