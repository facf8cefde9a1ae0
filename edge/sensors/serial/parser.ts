import type { SerialConfiguration } from '../config.ts';
import type { Parsed } from '../fields.ts';
import { parseJsonLine } from '../json.ts';
import { csvParser } from './csv.ts';
import { parseNmea } from './nmea.ts';

/** Reads one line. It never throws: a line that can't be read is a problem in words. */
export interface LineParser {
  (line: string): Parsed;
  /** The device may have begun anew: what it said before still holds, unless it says otherwise. */
  reopened?(): void;
}

export function lineParser(configuration: Pick<SerialConfiguration, 'format' | 'delimiter' | 'columns'>): LineParser {
  switch (configuration.format) {
    case 'json':
      return parseJsonLine;
    case 'csv':
      return csvParser(configuration);
    case 'nmea':
      return parseNmea;
  }
}
