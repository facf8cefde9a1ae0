export { countStart, startsIn } from './starts.ts';
