import { type Reason, told } from '../reason/index.ts';
import { type Observed, observe } from './observe.ts';
import {
  type GateRound,
  type GateSettings,
  SIGNALS,
  type SignalName,
  type SignalStanding,
  type Verdict,
} from './signal.ts';
import { close, type GateState, open } from './state.ts';
import { NAMED, type Weighed, weigh } from './weigh.ts';

/** Evidence above this share of the threshold is raised. */
const RAISED = 0.1;
const WORST = 20;

export interface Judged {
  readonly state: GateState;
  /** One each, in the order of SIGNALS. */
  readonly signals: readonly SignalStanding[];
  readonly verdict: Verdict;
}

/**
 * Takes one round in, and says how the image stands. Rounds come in their order, each once; those before the first
 * update are what it learns from. Pure: the state that was given stays as it is.
 */
export function judge(state: GateState, round: GateRound, settings: GateSettings): Judged {
  const next = open(state);
  const observed = observe(next, round, settings);
  const threshold = SIGNALS.length / settings.falseHalts;
  const signals: SignalStanding[] = [];
  let worst: { readonly signal: SignalName; readonly weighed: Weighed } | undefined;
  for (const signal of SIGNALS) {
    const weighed = weigh(next, signal, observed);
    if (weighed.evidence < RAISED * threshold) delete next.since[signal];
    else next.since[signal] ??= round.at;
    if (weighed.evidence >= threshold && weighed.evidence > (worst?.weighed.evidence ?? 0)) worst = { signal, weighed };
    signals.push({
      signal,
      ...figuresOf(signal, weighed, observed),
      evidence: weighed.evidence,
      threshold,
      devices: weighed.devices,
      worst: weighed.worst.slice(0, WORST).map((row) => next.ids[row]!),
      since: next.since[signal] ?? null,
    });
  }
  const silent = observed.silent.map((row) => next.ids[row]!);
  return { state: close(next), signals, verdict: verdictOf() };

  function isSoaked(row: number): boolean {
    return next.columns.updated[row]! * 1_000 + settings.soakMs <= round.at;
  }

  function verdictOf(): Verdict {
    if (worst) {
      const { signal, weighed } = worst;
      return {
        verdict: 'bad',
        signal,
        ...told(reachedOf(signal, weighed, threshold)),
        devices: weighed.worst.map((row) => next.ids[row]!),
      };
    }
    const failed = observed.silent.filter((row) => isSoaked(row));
    if (failed.length > settings.mostFailed * observed.underWatch)
      return {
        verdict: 'bad',
        signal: 'silence',
        ...told({
          code: 'silent-after-soak',
          values: {
            silent: failed.length,
            of: observed.underWatch,
            early: observed.silent.length - failed.length,
          },
        }),
        devices: failed.slice(0, NAMED).map((row) => next.ids[row]!),
      };
    if (observed.out.length > 0)
      return {
        verdict: 'unjudgeable',
        ...told({ code: 'neighbours-silent', values: { regions: observed.out } }),
        regions: observed.out,
      };
    // Raised evidence is waited for as long as a soak takes: it halts by then, or it is what chance does.
    const raised = Object.values(next.since).some((since) => round.at - since < settings.soakMs);
    const good = observed.heard >= settings.leastDevices && !raised;
    return { verdict: good ? 'good' : 'watching', ...(silent.length > 0 && { silent }) };
  }
}

/** What the page draws: readings of this round, everything else since the update. */
function figuresOf(signal: SignalName, { seen, expected, devices }: Weighed, observed: Observed) {
  if (signal === 'rate')
    return observed.expected > 0
      ? { observed: observed.taken, expected: observed.expected }
      : { observed: null, expected: null };
  return devices > 0 ? { observed: seen, expected } : { observed: null, expected: null };
}

function reachedOf(
  signal: SignalName,
  { seen, expected, devices, evidence, where }: Weighed,
  threshold: number,
): Reason {
  const { region = null, board = null } = where ?? {};
  return {
    code: 'signal-reached',
    values: { signal, devices, region, board, observed: seen, expected, evidence, threshold },
  };
}
