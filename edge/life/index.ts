export { type LifeOptions, live } from './life.ts';
