export { type Opening, openingBy } from './opening.ts';
export { openSealing, placeOfDeadLetter, placeOfValue, type Sealing, type SealingSettings } from './sealing.ts';
