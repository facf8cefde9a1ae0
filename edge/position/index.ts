export { type Travel, travelOf } from './travel.ts';
