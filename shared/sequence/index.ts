export {
  contains,
  count,
  formatMultirange,
  gaps,
  normalise,
  parseMultirange,
  type SequenceRange,
  type SequenceRanges,
  subtract,
  through,
  union,
} from './ranges.ts';
