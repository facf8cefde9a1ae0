/** pino's level of an error. */
const ERROR_LEVEL = 50;

/** A line as it may be kept: keys of connection strings are left out. */
export function withoutKeys(line: string): string {
  return line.replace(/SharedAccessKey=[^;"\s]+/g, 'SharedAccessKey=…');
}

/** Whether a line is one of a program's JSON log. */
export function isLogLine(line: string): boolean {
  return logLine(line) !== undefined;
}

/** What a line of a program's JSON log complains about; undefined for anything less than an error. */
export function complaintOf(line: string): string | undefined {
  const log = logLine(line);
  if (!log || log.level < ERROR_LEVEL) return undefined;
  const parts = [log.msg, log.err?.message].filter((part) => typeof part === 'string' && part !== '');
  return withoutKeys([...new Set(parts)].join(': '));
}

interface LogLine {
  readonly level: number;
  readonly msg?: unknown;
  readonly err?: { readonly message?: unknown };
}

function logLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const log = JSON.parse(line) as Partial<LogLine>;
    return typeof log.level === 'number' ? (log as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
