import { isFailedNumber, NOTHING, type Parsed, unreadable } from '../fields.ts';
import type { LineParser } from './parser.ts';
import { textFields } from './text-fields.ts';

interface CsvOptions {
  readonly delimiter: string;
  /** Names of the columns; empty where the device sends a header. */
  readonly columns: readonly string[];
}

/**
 * Lines of separated values (RFC 4180, without line breaks in quotes). Without configured columns, a line of different
 * words names them where a header may be expected: at first, when the port was opened again, and after a line that
 * could not be read, which is how a restart of the device looks. Elsewhere such a line is a measurement: words.
 */
export function csvParser({ delimiter, columns }: CsvOptions): LineParser {
  let header = columns;
  let headerExpected = columns.length === 0;

  function refused(problem: string): Parsed {
    headerExpected = columns.length === 0;
    return unreadable(problem);
  }

  function parse(line: string): Parsed {
    const values = splitCsv(line, delimiter)?.map((value) => value.trim());
    if (!values) return refused('A quote is not closed.');
    const named = headerExpected && isHeader(values);
    if (named) header = values;
    if (header.length === 0) return refused('No header yet.');
    if (values.length !== header.length) return refused(`${values.length} values for ${header.length} columns.`);
    headerExpected = false;
    if (named || sameWords(values, header)) return NOTHING;
    return textFields(values.map((text, index) => [header[index]!, text]));
  }

  const reopened = () => {
    headerExpected = columns.length === 0;
  };
  return Object.assign(parse, { reopened });
}

function isHeader(values: readonly string[]): boolean {
  const named = values.every(
    (value) => /^\p{L}/u.test(value) && !isFailedNumber(value) && !/^(true|false)$/i.test(value),
  );
  return named && new Set(values).size === values.length;
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

/** @returns the values of a line, or undefined where a quote is left open */
function splitCsv(line: string, delimiter: string): string[] | undefined {
  const values: string[] = [];
  let value = '';
  let quoted = false;
  for (let index = 0; index < line.length; index++) {
    const letter = line[index]!;
    if (quoted) {
      if (letter !== '"') value += letter;
      else if (line[index + 1] === '"') {
        value += '"';
        index++;
      } else quoted = false;
    } else if (letter === '"' && value.trim() === '') {
      quoted = true;
      value = '';
    } else if (letter === delimiter) {
      values.push(value);
      value = '';
    } else value += letter;
  }
  if (quoted) return undefined;
  values.push(value);
  return values;
}
