export { devicesOf, ENGLISH, sentenceOf } from './english.ts';
export { reasonOf, storableReason, type Told, told } from './kept.ts';
export { type Reason, type ReasonCode, type ReasonValues, type Sentences, sentenceIn } from './reason.ts';
