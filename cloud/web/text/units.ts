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

/** Binary prefixes (IEC 80000-13), as operating systems tell memory and disks. */
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
/** From here on the next prefix, so that no more than three digits stand before the point. */
const NEXT_PREFIX_FROM = 1_000;

/** A SenML unit as people write it; one that is not in the table as it is. */
export function writtenUnit(unit: string): string {
  return Object.hasOwn(WRITTEN, unit) ? WRITTEN[unit]! : unit;
}

/** A value and its SenML unit as people write them: bytes by a binary prefix, all else by `writtenUnit`. */
export function writtenAmount(value: number, unit: string): { readonly value: number; readonly unit: string } {
  if (unit !== 'B') return { value, unit: writtenUnit(unit) };
  let prefix = 0;
  let scaled = value;
  while (Math.abs(scaled) >= NEXT_PREFIX_FROM && prefix < BYTES.length - 1) {
    scaled /= 1024;
    prefix++;
  }
  return { value: scaled, unit: BYTES[prefix]! };
}
