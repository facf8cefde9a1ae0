import type { Timestamp } from '@tashika/shared/time';
import Type from 'typebox';
import { badParameter } from './problem.ts';
import type { Window } from './shapes.ts';
import { parseTime } from './time-parameter.ts';

/** A window's place in the order of windows, as a page's `next` has it: `2026-01-31T12:00:00.000Z_13`. */
export const WindowKeyParameter = (description: string) =>
  Type.String({ pattern: '^[0-9TZ.:-]{1,30}_[0-9]{2}$', description });

export function windowKey({ windowEnd, region }: Pick<Window, 'windowEnd' | 'region'>): string {
  return `${windowEnd}_${region}`;
}

/** The place that the parameter `name` says, undefined where it is absent. @throws ProblemError naming it */
export function windowKeyOf(
  name: string,
  text: string | undefined,
): { readonly end: Timestamp; readonly region: string } | undefined {
  if (text === undefined) return undefined;
  const [time = '', region = ''] = text.split('_');
  const end = parseTime(time);
  if (end === undefined) throw badParameter(name, `${name} must be the \`next\` of the page before.`);
  return { end, region };
}
