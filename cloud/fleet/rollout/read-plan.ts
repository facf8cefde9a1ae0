import { parseJsonText } from '@tashika/shared/config';
import { messageOf } from '@tashika/shared/errors';
import { Value } from 'typebox/value';
import { type RolloutPlan, rolloutPlanSchema, WINDOW_TIMEOUT_MINUTES } from './plan.ts';

/** A plan, or all that keeps it from being one. */
export type Read =
  | { readonly plan: RolloutPlan; readonly problems?: undefined }
  | { readonly plan?: undefined; readonly problems: readonly string[] };

/** The plan that a JSON text holds, with what it leaves out set to what is usual. */
export function readPlanText(text: string): Read {
  try {
    return readPlan(parseJsonText(text));
  } catch (error) {
    return { problems: [`the plan is not JSON (${messageOf(error)})`] };
  }
}

/** The plan that a JSON value is, with what it leaves out set to what is usual. */
export function readPlan(value: unknown): Read {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problems: ['the plan must be a JSON object'] };
  const usual = 'maintenanceWindow' in value ? { deviceTimeoutMinutes: WINDOW_TIMEOUT_MINUTES } : {};
  const plan = Value.Default(rolloutPlanSchema, structuredClone({ ...usual, ...value }));
  const problems = new Map<string, string>();
  for (const fault of Value.Errors(rolloutPlanSchema, plan)) {
    for (const [field, problem] of sentencesOf(fault, plan)) if (!problems.has(field)) problems.set(field, problem);
  }
  return problems.size > 0 ? { problems: [...problems.values()] } : { plan: plan as RolloutPlan };
}

interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params?: unknown;
}

function sentencesOf({ keyword, instancePath, message, params }: Fault, plan: unknown): [string, string][] {
  const field = nameOf(instancePath);
  const details = (params ?? {}) as {
    requiredProperties?: string[];
    additionalProperties?: string[];
    pattern?: string;
  };
  const within = (name: string) => (field === '' ? name : `${field}.${name}`);
  const wave = /^waves\[\d+\]/.exec(field)?.[0];
  if (wave)
    return [
      [
        wave,
        `${wave} must be {"devices": 10} or {"percent": 1} (above 0, at most 100); it is ${shown(at(plan, wave))}`,
      ],
    ];
  // A schema of nothing stands for what is not allowed; `additionalProperties` names it.
  if (keyword === 'boolean') return [];
  if (keyword === 'required')
    return (details.requiredProperties ?? []).map((name) => [within(name), `${within(name)} is missing`]);
  if (keyword === 'additionalProperties')
    return (details.additionalProperties ?? []).map((name) => [within(name), `${within(name)} is no part of a plan`]);
  if (at(plan, field) === undefined) return [[field, `${field} is missing`]];
  const allowed = ALLOWED[field.replace(/\[\d+\]/g, '')] ?? message;
  return [[field, `${field} ${allowed}; it is ${shown(at(plan, field))}`]];
}

/** Where a pattern would tell a person little. */
const ALLOWED: Readonly<Record<string, string>> = {
  id: 'must be lower-case letters, digits and -, 63 at most',
  image: 'must be kind and version, such as "agent/1.5.0"',
  waves: 'must be a list of 1 to 20 waves',
  'target.regions': 'must be region keys of two digits, such as "13"',
  'maintenanceWindow.from': 'must be a time such as "01:00"',
  'maintenanceWindow.to': 'must be a time such as "05:00"',
};

/** `waves[1].percent` of `/waves/1/percent`. */
function nameOf(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');
}

function at(plan: unknown, field: string): unknown {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .reduce((value: unknown, part) => (value as Record<string, unknown> | undefined)?.[part], plan);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
