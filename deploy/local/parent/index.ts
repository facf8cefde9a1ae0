export { whenParentEnds } from './parent.ts';
