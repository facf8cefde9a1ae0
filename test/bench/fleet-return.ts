import { playFleetReturn, USUAL_FLEET } from '@tashika/edge/retry/testing';
import { atMost, type Result, told } from './result.ts';

const HOUR = 3_600_000;
const OUTAGES = [
  ['5 min', 300_000],
  ['1 h', HOUR],
  ['1 day', 24 * HOUR],
] as const;
/** Where the curve is told, in seconds after the link is back. */
const MOMENTS = [0, 10, 30, 60, 120, 240];

/** 10,000 agents that come back at once: arrivals a second, by the agent's own rules, played without any time passing. */
export function fleetReturn(): readonly Result[] {
  return OUTAGES.flatMap(([name, outageMs]) => {
    const { arrivals } = playFleetReturn({ ...USUAL_FLEET, outageMs });
    const usual = USUAL_FLEET.agents / (USUAL_FLEET.everyMs / 1_000);
    return [
      atMost(`10,000 agents after ${name}: peak ÷ usual posts a second`, Math.max(...arrivals) / usual, 2),
      ...MOMENTS.map((second) => told(`… arrivals ${second} s after the link is back`, arrivals[second]!, 'posts/s')),
    ];
  });
}
