export { type Chance, seededChance } from './chance.ts';
