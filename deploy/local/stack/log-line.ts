/** pino's level of an error. */
const ERROR_LEVEL = 50;

/** A line as it may be kept: keys of connection strings are left out. */
export function withoutKeys(line: string): string {
  return line.replace(/SharedAccessKey=[^;"\s]+/g, 'SharedAccessKey=…');
}

/** What a line of a program's JSON log complains about; undefined for anything less than an error. */
export function complaintOf(line: string): string | undefined {
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    if (typeof level !== 'number' || level < ERROR_LEVEL) return undefined;
    const parts = [msg, err?.message].filter((part) => typeof part === 'string' && part !== '');
    return withoutKeys([...new Set(parts)].join(': '));
  } catch {
    return undefined;
  }
}
