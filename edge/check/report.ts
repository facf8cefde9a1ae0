import type { CheckLine } from '../sensors/index.ts';
import { VERSION } from '../version.ts';
import type { SettingSource } from './settings.ts';

/** The lines as a person reads them: verdict, what was looked at, what was found and what to do. */
export function asText(lines: readonly CheckLine[]): string {
  const widest = Math.max(0, ...lines.map(({ subject }) => subject.length));
  return lines
    .map(({ verdict, subject, detail }) => `${verdict.padEnd(4)}  ${subject.padEnd(widest)}  — ${detail}\n`)
    .join('');
}

/** The same for a program: one JSON object, with the settings that are not defaults and where each comes from. */
export function asJson(lines: readonly CheckLine[], sources: ReadonlyMap<string, SettingSource>): string {
  const settings = Object.fromEntries(sources);
  return `${JSON.stringify({ passed: passed(lines), version: VERSION, checks: lines, settings })}\n`;
}

/** A warning is worth a look; only a failure fails the check. */
export function passed(lines: readonly CheckLine[]): boolean {
  return lines.every(({ verdict }) => verdict !== 'fail');
}
