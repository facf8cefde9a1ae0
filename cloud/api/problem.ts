import type { ErrorCode } from '@tashika/shared/errors';
import { isTashikaError, messageOf } from '@tashika/shared/errors';
import Type from 'typebox';
import { faultOf } from '../store/index.ts';
import { Problem, ref } from './shapes.ts';

/** The media type of RFC 9457. */
export const PROBLEM_JSON = 'application/problem+json';

const TITLES: Partial<Record<ErrorCode, readonly [status: number, title: string]>> = {
  BAD_REQUEST: [400, 'Bad request'],
  BUNDLE_DIFFERS: [400, 'Bundle differs'],
  SIGNATURE_REFUSED: [401, 'Signature refused'],
  UPDATER_REFUSED: [401, 'Updater refused'],
  HOST_REFUSED: [403, 'Host refused'],
  ORIGIN_REFUSED: [403, 'Origin refused'],
  NOT_FOUND: [404, 'Not found'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  NOT_ACCEPTABLE: [406, 'Not acceptable'],
  ROLLOUT_PLAN_REFUSED: [400, 'Plan refused'],
  ROLLOUT_EXISTS: [409, 'Rollout exists'],
  ROLLOUT_ORDER_REFUSED: [409, 'Order refused'],
  STORE_OF_OTHER_WINDOWS: [409, 'Store of other windows'],
  BUNDLE_MISSING: [409, 'Bundle missing'],
  BUNDLE_TAKEN: [409, 'Bundle taken'],
  IMAGE_DIFFERS: [409, 'Image differs'],
  IMAGE_REVOKED: [409, 'Image revoked'],
  PROMOTION_REFUSED: [409, 'Promotion refused'],
  CONTROLLER_TAKEN: [409, 'Controller taken'],
  ACTION_CLOSED: [410, 'Action closed'],
  BODY_TOO_LARGE: [413, 'Body too large'],
  MEDIA_TYPE_UNSUPPORTED: [415, 'Media type unsupported'],
  BUNDLE_REFUSED: [422, 'Bundle refused'],
  TOO_MANY_REQUESTS: [429, 'Too many requests'],
  DAILY_BYTES_SPENT: [429, 'Daily bytes spent'],
  INTERNAL: [500, 'Internal error'],
  BUNDLES_UNAVAILABLE: [503, 'Bundles unavailable'],
  KEYRING_UNREADABLE: [503, 'Keyring unreadable'],
  STORE_UNAVAILABLE: [503, 'Store unavailable'],
  BEAM_NOT_CONFIGURED: [503, 'Beam not configured'],
  SEALED_UNREADABLE: [503, 'Sealed'],
  SEALING_OFF: [503, 'Sealing off'],
  VAULT_UNREACHABLE: [503, 'Vault unreachable'],
  VAULT_SEALED: [503, 'Vault sealed'],
  VAULT_DENIED: [503, 'Vault denies it'],
  VAULT_REFUSED: [503, 'Vault refuses it'],
  TOO_MANY_CLIENTS: [503, 'Too many clients'],
  DISK_FULL: [507, 'Disk full'],
};

/** An answer that is an error; thrown by handlers, sent as problem details. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { parameter?: string; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'ProblemError';
    this.problem = problemOf(code, detail, options.parameter);
    this.headers = options.headers ?? {};
  }
}

/** A request whose `parameter` is wrong; `detail` says what was found and what is allowed. */
export function badParameter(parameter: string, detail: string): ProblemError {
  return new ProblemError('BAD_REQUEST', detail, { parameter });
}

function problemOf(code: ErrorCode, detail: string, parameter?: string): Problem {
  const [status, title] = TITLES[code] ?? [500, 'Internal error'];
  const type = `urn:tashika:error:${code}`;
  return { type, title, status, detail, code, ...(parameter !== undefined && { parameter }) };
}

/** What Fastify and its plugins throw. */
interface FrameworkError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
  readonly validation?: readonly {
    readonly keyword: string;
    readonly instancePath: string;
    readonly message?: string;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'TOO_MANY_REQUESTS',
};

/**
 * The problem that anything thrown while answering comes to. Nothing of an unforeseen error is given away.
 *
 * @param mostBytes of a body, where the route is known
 */
export function asProblem(error: unknown, mostBytes?: number): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isTashikaError(error)) {
    const code = TITLES[error.code] ? error.code : 'INTERNAL';
    return new ProblemError(code, code === 'INTERNAL' ? UNFORESEEN : error.message, { cause: error });
  }
  const { validation, statusCode = 500 } = error as FrameworkError;
  if (validation?.[0]) return ofValidation(validation[0]);
  if (statusCode === 413 && mostBytes !== undefined)
    return new ProblemError('BODY_TOO_LARGE', `A body may have ${mostBytes} bytes here; nothing was changed.`, {
      cause: error,
    });
  if (statusCode >= 400 && statusCode < 500)
    return new ProblemError(BY_STATUS[statusCode] ?? 'BAD_REQUEST', messageOf(error), { cause: error });
  if (faultOf(error) !== 'data')
    return new ProblemError('STORE_UNAVAILABLE', 'The database can not answer now; try again in a while.', {
      cause: error,
      headers: { 'retry-after': '5' },
    });
  return new ProblemError('INTERNAL', UNFORESEEN, { cause: error });
}

const UNFORESEEN = "This should not have happened; the server's log has the details.";

function ofValidation(fault: NonNullable<FrameworkError['validation']>[number]): ProblemError {
  if (fault.keyword === 'additionalProperties') {
    const unknown = String(fault.params.additionalProperty);
    return badParameter(unknown, `There is no parameter ${unknown.slice(0, 64)}.`);
  }
  const missing = fault.params.missingProperty;
  const path = fault.instancePath.split('/').slice(1);
  if (missing !== undefined) path.push(String(missing));
  const parameter = path[0] ?? '';
  const name = path.join('.').slice(0, 200);
  if (fault.keyword === 'required') return badParameter(parameter, `${name} is required.`);
  const allowed = fault.params.allowedValues;
  const list = Array.isArray(allowed) ? `: ${allowed.join(', ')}` : '';
  return badParameter(parameter, `${name} ${fault.message ?? 'is not valid'}${list}.`);
}

const problemContent = { [PROBLEM_JSON]: { schema: ref(Problem) } };

/** The error answers of a route, for its schema: those named, and any other as `default`. */
export function problems(...statuses: readonly (400 | 401 | 404 | 406 | 413 | 415 | 503)[]) {
  const described: Record<string, { description: string; content: typeof problemContent }> = {};
  for (const status of statuses) described[status] = { description: DESCRIPTIONS[status], content: problemContent };
  return { ...described, default: { description: 'Any other error', content: problemContent } };
}

const DESCRIPTIONS = {
  400: 'A parameter is wrong; `parameter` names it.',
  401: 'The request is not signed as it must be.',
  404: 'There is no such thing.',
  406: 'None of the accepted media types can be answered.',
  413: 'The body is too large.',
  415: 'The content type is no valid one.',
  503: 'Not now; try again.',
} as const;

/** Query parameters: those listed and no others, so that a mistyped name is an error and not a wrong answer. */
export function querySchema<Properties extends Type.TProperties>(properties: Properties): Type.TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}
