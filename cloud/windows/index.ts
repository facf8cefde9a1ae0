export { WINDOW_MS, windowEnd } from './assign.ts';
export { type ValueDelta, type WindowDelta, WindowDeltas } from './deltas.ts';
export { type Policy, type PolicyState, revise, type Verdict } from './policy.ts';
export { addValues, CHANGE_CHANNEL, publishChange, takeTurn } from './rows.ts';
export {
  combinedWatermark,
  isFinal,
  isTooEarly,
  type Tolerances,
  type Watermark,
  watermarkAfterEvent,
  watermarkWhileIdle,
} from './watermark.ts';
