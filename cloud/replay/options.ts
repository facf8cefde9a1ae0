import { parseArgs } from 'node:util';
import { leavesOf } from '@tashika/shared/config';
import { usageError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { cloudSchema } from '../config/index.ts';
import { ACTIONS, MOST_WINDOWS_A_READING, POLICIES, type WindowSettings, windowingOf } from '../windows/index.ts';
import { DURATION_SPELLINGS, durationText, parseDuration } from './duration.ts';

/** What `tashika-cloud replay` was asked for. */
export interface ReplayOptions {
  /** The recording; `-` is standard input. */
  readonly file: string;
  readonly windows: WindowSettings;
  /** Whether to write a line for every event. */
  readonly trace: boolean;
  /** Whether lines that can't be read are named and passed over, and do not end the replay. */
  readonly skipBadLines: boolean;
}

/** A worker's settings, whose ranges hold here too: whatever is replayed can be configured. */
const SETTINGS = leavesOf(cloudSchema, 'TASHIKA_CLOUD');

/**
 * Reads the arguments behind `replay`; undefined when they ask for help.
 *
 * @throws TashikaError USAGE
 */
export function parseReplayArguments(args: readonly string[]): ReplayOptions | undefined {
  try {
    return readArguments(args);
  } catch (error) {
    throw usageError(error, 'tashika-cloud replay');
  }
}

function readArguments(args: readonly string[]): ReplayOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      policy: { type: 'string', default: 'revise' },
      action: { type: 'string' },
      late: { type: 'string', default: '5s' },
      early: { type: 'string', default: '5m' },
      'out-of-order': { type: 'string', default: '0s' },
      window: { type: 'string', default: '1m' },
      hop: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'skip-bad-lines': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined) throw new Error('The file of recorded events is missing; - is standard input.');
  if (more.length > 0) throw new Error(`One file at a time: ${positionals.join(' ')}.`);
  const policy = choice('policy', values.policy, POLICIES);
  const action = values.action === undefined ? undefined : choice('action', values.action, ACTIONS);
  if (action !== undefined && policy === 'revise')
    throw new Error('--action is for --policy stream-analytics: revise adjusts and drops nothing.');
  const windows: WindowSettings = {
    policy,
    ...(action && { action }),
    lateToleranceMs: duration('late', values.late, 'windows.lateToleranceMs'),
    earlyToleranceMs: duration('early', values.early, 'windows.earlyToleranceMs'),
    outOfOrderToleranceMs: duration('out-of-order', values['out-of-order'], 'windows.outOfOrderToleranceMs'),
    lengthMs: duration('window', values.window, 'windows.lengthMs'),
    hopMs: values.hop === undefined ? undefined : duration('hop', values.hop, 'windows.hopMs'),
  };
  requireWindows(windows, values.window, values.hop ?? values.window);
  return { file, windows, trace: values.trace, skipBadLines: values['skip-bad-lines'] };
}

function choice<Name extends string>(flag: string, found: string, names: readonly Name[]): Name {
  const name = names.find((each) => each === found);
  if (name === undefined) throw new Error(`--${flag} must be ${names.join(' or ')}, found ${JSON.stringify(found)}.`);
  return name;
}

function duration(flag: string, found: string, setting: string): Duration {
  const parsed = parseDuration(found);
  if (parsed === undefined) throw new Error(`--${flag} must be ${DURATION_SPELLINGS}, found ${JSON.stringify(found)}.`);
  const { minimum, maximum } = SETTINGS.find(({ path }) => path === setting)!.schema;
  if (parsed < minimum! || parsed > maximum!)
    throw new Error(`--${flag} must be from ${durationText(minimum!)} to ${durationText(maximum!)}, found ${found}.`);
  return parsed;
}

function requireWindows(windows: WindowSettings, window: string, hop: string): void {
  const { lengthMs, hopMs } = windowingOf(windows);
  if (hopMs > lengthMs)
    throw new Error(`--hop ${hop} must be at most --window ${window}, or readings would fall between the windows.`);
  if (lengthMs > MOST_WINDOWS_A_READING * hopMs)
    throw new Error(
      `--hop ${hop} must be at least a ${MOST_WINDOWS_A_READING}th of --window ${window}: every reading counts in each window that holds its time.`,
    );
}
