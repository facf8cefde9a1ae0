import { type Field, isFailedNumber, NO_NUMBER, type Parsed, plainNumber } from '../fields.ts';

/** Named texts as fields: numbers, true and false, else words. An empty text is a sensor without a value now. */
export function textFields(texts: Iterable<readonly [name: string, text: string]>): Parsed {
  const fields: Field[] = [];
  const problems: string[] = [];
  for (const [name, text] of texts) {
    if (text === '') continue;
    const number = plainNumber(text);
    if (number !== undefined ? !Number.isFinite(number) : isFailedNumber(text)) problems.push(NO_NUMBER);
    else if (number !== undefined) fields.push({ name, value: number });
    else if (/^(true|false)$/i.test(text)) fields.push({ name, value: text.toLowerCase() === 'true' });
    else fields.push({ name, value: text });
  }
  return { fields, problems: problems.slice(0, 1) };
}
