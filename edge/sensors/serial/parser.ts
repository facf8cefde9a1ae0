import type { Parsed } from '../fields.ts';
import { parseJsonLine } from '../json.ts';
import { csvParser } from './csv.ts';
import { parseNmea } from './nmea.ts';
import { regexParser } from './regex.ts';
import type { SerialConfiguration } from './settings.ts';

/** Reads one line. A line that can't be read is a problem in words; it throws only where no further line could be read. */
export interface LineParser {
  (line: string): Parsed;
  /** The device may have begun anew: what it said before still holds, unless it says otherwise. */
  reopened?(): void;
}

/** The formats that come in lines. */
export type LineFormat = Exclude<SerialConfiguration['format'], 'binary'>;

interface LineRules extends Pick<SerialConfiguration, 'delimiter' | 'columns' | 'pattern'> {
  readonly format: LineFormat;
}

export function lineParser(rules: LineRules): LineParser {
  switch (rules.format) {
    case 'json':
      return parseJsonLine;
    case 'csv':
      return csvParser(rules);
    case 'nmea':
      return parseNmea;
    case 'regex':
      return regexParser(rules.pattern!); // the configuration's rules hold it
  }
}
