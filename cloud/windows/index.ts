export { firstWindowEnd, lastWindowEnd, MOST_WINDOWS_A_READING, WINDOW_MS, type Windowing } from './assign.ts';
export { type ValueDelta, type WindowDelta, WindowDeltas } from './deltas.ts';
export { type Percentiles, percentilesOf, type SketchedValue } from './percentiles.ts';
export {
  ACTIONS,
  type Action,
  POLICIES,
  type PolicyName,
  policyOf,
  type Verdict,
  type WindowPolicy,
  type WindowSettings,
  windowingOf,
} from './policy.ts';
export { CHANGE_CHANNEL, publishChange, takeTurn } from './rows.ts';
export { addValues } from './value-rows.ts';
export {
  combinedWatermark,
  isLate,
  isOutOfOrder,
  isTooEarly,
  raised,
  type Tolerances,
  type Watermark,
  watermarkWhileIdle,
} from './watermark.ts';
