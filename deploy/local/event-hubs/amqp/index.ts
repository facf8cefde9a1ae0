export { message, types } from './codec.ts';
export { AmqpConnection, type Application, type ConnectionLimits } from './connection.ts';
export { AmqpFault, Condition, type ConditionName } from './fault.ts';
export type { Delivery, ReceivingLink } from './receiving-link.ts';
export { dataOf, pairsOf, type Section, SectionCode, sectionsOf, textAt } from './sections.ts';
export type { SendingLink } from './sending-link.ts';
export type { Link, Session } from './session.ts';
