import type { RegionCode } from '@tashika/shared/regions';

/** What the API answers. Times are ISO 8601 UTC with milliseconds. */

/** A window is open until it is final by the watermark; a final one that changed afterwards is revised. */
export type WindowState = 'provisional' | 'final' | 'revised';

/** One row of `GET /api/windows` and of the live feed. */
export interface WindowRow {
  readonly windowEnd: string;
  readonly region: RegionCode;
  readonly readings: number;
  readonly events: number;
  /** Readings that came after the window was final. */
  readonly late: number;
  readonly state: WindowState;
  readonly revision: number;
}

export interface WindowsAnswer {
  readonly watermark: string | null;
  readonly windows: readonly WindowRow[];
  readonly next: string | null;
}

export interface Figures {
  readonly eventsPerSecond: number;
  readonly readingsPerSecond: number;
  readonly watermarkDelayMs: number | null;
  readonly late: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  readonly devicesReporting: number;
  readonly devicesSilent: number;
}

/** How the store counts its windows. */
export interface Windowing {
  readonly lengthMs: number;
  readonly hopMs: number;
}

/** A snapshot holds every window of the last minutes; a delta only those that changed. Both are state. */
export interface LiveMessage {
  readonly id: string;
  readonly asOf: string;
  readonly watermark: string | null;
  /** Windows that end at or before it are final. */
  readonly finalUntil: string | null;
  readonly windowing: Windowing;
  readonly figures: Figures;
  readonly windows: readonly WindowRow[];
}

export interface DeviceStream {
  readonly stream: string;
  readonly received: number;
  readonly through: number;
  /** The first ranges of what is missing; not all of them where there are many. */
  readonly missing: readonly (readonly [first: number, last: number])[];
  /** How many readings are missing in all. */
  readonly missingReadings: number;
  readonly lost: number;
  readonly held: number;
}

export interface Device {
  readonly imsi: string;
  readonly imei: string | null;
  readonly region: RegionCode;
  readonly lastSeen: string;
  readonly reporting: boolean;
  /** `synced`, `relative` or `uncertain`; null if not told. */
  readonly clock: string | null;
  readonly posts: number;
  readonly streams: readonly DeviceStream[];
  /** 0 to 1; without streams it is 1 and says nothing, because nothing is numbered. */
  readonly completeness: number;
}

export interface DevicesAnswer {
  readonly devices: readonly Device[];
  readonly next: string | null;
}

/** What devices have delivered and still owe, in readings; `completeness` is 0 to 1. */
export interface CompletenessFigures {
  readonly devices: number;
  readonly received: number;
  readonly missing: number;
  readonly held: number;
  readonly lost: number;
  readonly completeness: number;
}

/** Regions without a device are not among them. */
export interface CompletenessAnswer {
  readonly asOf: string;
  readonly regions: readonly (CompletenessFigures & { readonly region: RegionCode })[];
  readonly total: CompletenessFigures;
}

/** What one sensor measured in a window. */
export interface SensorValue {
  readonly sensor: string;
  readonly unit: string;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Each within 1%; null where some of the readings were counted without. */
  readonly percentiles: { readonly p50: number; readonly p95: number } | null;
}

export interface ValuesAnswer {
  readonly windowEnd: string;
  readonly region: RegionCode;
  readonly values: readonly SensorValue[];
}

/** Something that keeps what arrives from being counted, and since when. */
export interface ReadyCondition {
  readonly type: string;
  readonly partition?: string;
  readonly since: string;
  readonly detail: string;
}

export interface ReadyAnswer {
  readonly status: 'ready' | 'not-ready';
  readonly conditions: readonly ReadyCondition[];
}

export interface DeadLetter {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly receivedAt: string;
  readonly imsi: string | null;
  readonly source: { readonly partition: string; readonly sequenceNumber: number | string };
  readonly sample: string;
}

export interface DeadLettersAnswer {
  readonly deadLetters: readonly DeadLetter[];
  readonly counts: Readonly<Record<string, number>>;
  readonly next: string | null;
}

/** What came of a re-drive: counted after all, or refused again for the reason given. */
export interface RedriveAnswer {
  readonly outcome: 'counted' | 'still-refused';
  readonly reason?: string;
  readonly detail?: string;
}
