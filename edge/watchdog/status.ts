import type { AgentFigures } from '../health/index.ts';

/** The agent in a line, as `systemctl status` shows it. */
export function statusOf({ region, synced, spool, uplink }: AgentFigures): string {
  const { held, diskRefuses } = spool;
  const { lastAcceptedAt, failuresInRow } = uplink;
  const last = lastAcceptedAt === undefined ? 'none yet' : new Date(lastAcceptedAt).toISOString();
  return [
    region === undefined ? 'region not known' : `region ${region}`,
    synced ? 'clock synced' : 'clock not synced',
    `${held} readings held`,
    `last post accepted: ${last}`,
    ...(failuresInRow > 0 ? [`${failuresInRow} failed since`] : []),
    ...(diskRefuses ? ['the disk takes nothing'] : []),
  ].join('; ');
}
