import { type RegionCode, resolveRegion } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import Type from 'typebox';
import { badParameter } from './problem.ts';
import { parseTime, TIME_SPELLINGS } from './time-parameter.ts';

/** Query and path parameters that several routes take: their schemas, and what they stand for. */

export const TimeParameter = (description: string) =>
  Type.String({ description: `${description} ISO 8601 with a zone, or Unix milliseconds.` });

export const RegionParameter = Type.String({
  description: 'A prefecture in any spelling: `13`, `JP-13`, `東京都`, `東京`, `Tokyo`.',
});

export const DEFAULT_LIMIT = 100;

export const LimitParameter = Type.Integer({
  minimum: 1,
  maximum: 1000,
  default: DEFAULT_LIMIT,
  description: 'Rows a page.',
});

/** Windows are short: a day of one region fits into a page. */
export const DEFAULT_WINDOW_LIMIT = 2000;

export const WindowLimitParameter = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  default: DEFAULT_WINDOW_LIMIT,
  description: 'Windows a page.',
});

/** A device's key: digits of an imsi, or a word such as `unknown`. PostgreSQL's text takes no NUL. */
export const ImsiParameter = (description: string) => Type.String({ pattern: '^[^\\u0000]{1,64}$', description });

/** A row's number as text; 15 digits are a safe integer. */
export const NumberParameter = (description: string) => Type.String({ pattern: '^[0-9]{1,15}$', description });

/** The time that the parameter `name` says, undefined where it is absent. @throws ProblemError naming it */
export function timeOf(name: string, text: string | undefined): Timestamp | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time === undefined) throw badParameter(name, `${name} must be ${TIME_SPELLINGS}; it is ${shown(text)}.`);
  return time;
}

/** The region that the parameter `region` names, undefined where it is absent. @throws ProblemError naming it */
export function regionOfParameter(text: string | undefined): RegionCode | undefined {
  if (text === undefined) return undefined;
  const region = resolveRegion(text);
  if (region === undefined)
    throw badParameter(
      'region',
      `region must be a prefecture, such as 13, JP-13, 東京都 or Tokyo; it is ${shown(text)}.`,
    );
  return region;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
