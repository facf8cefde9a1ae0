export { configDataSchema } from './config-data.ts';
export { CONTROLLER_ID_RULE, isControllerId } from './controller-id.ts';
export { sha256Of } from './credentials.ts';
export type { BundleSource, Download } from './downloads.ts';
export { feedbackSchema } from './feedback.ts';
export { type Asked, originOf } from './links.ts';
export { isOpen, isTimeZone, type Maintenance } from './maintenance.ts';
export { ACTION_CHANNEL, notifyAction, type Standing } from './standing.ts';
export { Updaters, type UpdatersOptions } from './updaters.ts';
