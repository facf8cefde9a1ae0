/** Units that people write otherwise than SenML's registry (RFC 8428, section 12.1) does. */
const WRITTEN: Readonly<Record<string, string>> = {
  Cel: '°C',
  Ohm: 'Ω',
  m2: 'm²',
  m3: 'm³',
  'm/s2': 'm/s²',
  'm3/s': 'm³/s',
  'W/m2': 'W/m²',
  'cd/m2': 'cd/m²',
  '/': '',
};

/** A SenML unit as people write it; one that is not in the table as it is. */
export function writtenUnit(unit: string): string {
  return Object.hasOwn(WRITTEN, unit) ? WRITTEN[unit]! : unit;
}
