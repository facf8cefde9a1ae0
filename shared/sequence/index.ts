export {
  contains,
  count,
  formatMultirange,
  gaps,
  intersection,
  normalise,
  parseMultirange,
  type SequenceRange,
  type SequenceRanges,
  subtract,
  through,
  union,
} from './ranges.ts';
