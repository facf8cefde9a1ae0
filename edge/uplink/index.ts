export { type Attempt, airBytes, socketAirBytes } from './air-bytes.ts';
export type { BudgetFigures, WhenSpent } from './budget.ts';
export { addressOf, type Link, type LinkOptions } from './link.ts';
export { openLink } from './open-link.ts';
export { OthersUse } from './others-use.ts';
export { postBytes } from './packet.ts';
export { type Allowance, Uplink, type UplinkFigures, type UplinkOptions } from './uplink.ts';
export { openWayOut, type WayOut, type WayOutFigures, type WayOutOptions } from './way-out.ts';
