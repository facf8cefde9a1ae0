export { type Clock, type Duration, type Timestamp, type TimerHandle, systemClock, TestClock } from './clock.ts';
