import type { ChildProcess } from 'node:child_process';

/** A server that devices poll, ours or hawkBit's, as its own process. */
export interface MeasuredServer {
  readonly name: string;
  readonly base: string;
  readonly tenant: string;
  readonly process: ChildProcess;
}

/** Rows of devices with tokens of their own: `{prefix}-0` and on, each with `tokenOf` its number. */
export interface KnownDevices {
  readonly prefix: string;
  readonly count: number;
}

/** Known devices that poll and have nothing to do. */
export const IDLE: KnownDevices = { prefix: 'gateway', count: 10_000 };
