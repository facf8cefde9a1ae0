export { type BootClock, machineClock } from './boot-clock.ts';
export { DaysMeter, type DaysUse, dayInJapan, NOTHING_USED, untilNextDay, useLater } from './days-use.ts';
export {
  type Datability,
  datability,
  type EventTime,
  eventTime,
  type Moment,
  qualityOf,
  type Stamp,
} from './event-time.ts';
export {
  askSynchronised,
  type ClockTrust,
  SYSTEM_PROBES,
  type SynchronisationProbe,
  SynchronisationWatch,
} from './synchronisation.ts';
