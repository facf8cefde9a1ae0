export type { Taken } from './account.ts';
export type { DeviceAgent } from './device.ts';
export { type Fleet, type FleetOptions, regionsByAddress, startFleet } from './fleet.ts';
export { FIELD_HABITS, type Habits, STEADY_HABITS } from './habits.ts';
export { addressOf, MAX_DEVICES, placesOf } from './places.ts';
export { simulatedSources } from './radio.ts';
