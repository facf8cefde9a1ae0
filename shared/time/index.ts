export { type Clock, type Duration, systemClock, TestClock, type TimerHandle, type Timestamp } from './clock.ts';
