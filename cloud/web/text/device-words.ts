import { type Reason, type Sentences, sentenceIn } from '../../fleet/reason/reason.ts';

/** A sentence falls into parts: ours, and what a device said in its own words. */
export interface Part {
  readonly text: string;
  readonly isDevices: boolean;
}

/** Stand around a device's words while the sentence is made: two characters that Unicode keeps free for private use. */
const OPEN = '\uE000';
const CLOSE = '\uE001';
/** The Japanese sentences quote what others wrote; a part that stands apart is quoted where it is shown. */
const DEVICE_WORDS = /「?\uE000([^\uE001]*)\uE001」?/;

/** A reason in one language, the words of devices apart; undefined for a code that this version does not know. */
export function partsOf(sentences: Sentences, why: Reason): readonly Part[] | undefined {
  return sentenceIn(sentences, marked(why))
    ?.split(DEVICE_WORDS)
    .map((text, index) => ({ text, isDevices: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}

/** For screen readers. RAUC and most updaters speak English; of anything else it is not known. */
export function languageOf(words: string): 'en' | '' {
  return /^[\x20-\x7e\s]*$/.test(words) ? 'en' : '';
}

function marked(why: Reason): Reason {
  switch (why.code) {
    case 'updater-says':
    case 'rollback-refused':
      return { ...why, values: { ...why.values, words: why.values.words && around(why.values.words) } };
    case 'action-closed': {
      // An action ends by what its updater said, or by a reason of ours.
      const { why: of } = why.values;
      const ended: Reason = of.code === 'words' ? { ...of, values: { words: around(of.values.words) } } : marked(of);
      return { ...why, values: { ...why.values, why: ended } };
    }
    case 'rollback-timed-out':
      return { ...why, values: { ...why.values, before: why.values.before && marked(why.values.before) } };
    default:
      return why;
  }
}

function around(words: string): string {
  return `${OPEN}${words.replaceAll(OPEN, '').replaceAll(CLOSE, '')}${CLOSE}`;
}
