export { beginningOf } from './answer-body.ts';
export { deadline } from './deadline.ts';
