/** A window as `/api/windows` tells it. */
export interface WindowCount {
  readonly windowEnd: string;
  readonly region: string;
  readonly readings: number;
  readonly events: number;
  readonly late: number;
  readonly state: 'provisional' | 'final' | 'revised';
  readonly revision: number;
}

export interface Stream {
  readonly stream: string;
  readonly received: number;
  readonly through: number;
  readonly missing: readonly (readonly [number, number])[];
  readonly missingReadings: number;
  readonly lost: number;
  readonly held: number;
}

export interface Device {
  readonly imsi: string;
  readonly region: string;
  readonly lastValues: Readonly<
    Record<string, { readonly value: unknown; readonly unit: string; readonly time: string }>
  >;
  readonly streams: readonly Stream[];
  readonly completeness: number;
}

export interface DeadLetter {
  readonly id: number | string;
  readonly reason: string;
  readonly detail: string;
  readonly imsi: string | null;
  readonly sample: string;
}

/** What `/api/ready` says. */
export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  readonly conditions: readonly {
    readonly type: string;
    readonly partition?: string;
    readonly since: string;
    readonly detail: string;
  }[];
}

/** The cloud's API as a client of it sees it. */
export class CloudApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** True once the program listens, healthy or not. */
  async answers(): Promise<boolean> {
    return (await fetch(`${this.url}/api/health`)).status > 0;
  }

  /** Whether everything is being counted; an answer of 503 is an answer too. */
  async ready(): Promise<Readiness> {
    return (await (await fetch(`${this.url}/api/ready`)).json()) as Readiness;
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** Every window that `query` asks for, page by page. */
  async windows(query = ''): Promise<readonly WindowCount[]> {
    const windows: WindowCount[] = [];
    for (let after = ''; ; ) {
      const page = await this.get<{ windows: WindowCount[]; next: string | null }>(
        `/api/windows?limit=10000${query.replace('?', '&')}${after}`,
      );
      windows.push(...page.windows);
      if (page.next === null) return windows;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  /** Every device, page by page. */
  async devices(): Promise<readonly Device[]> {
    const devices: Device[] = [];
    for (let after = ''; ; ) {
      const page = await this.get<{ devices: Device[]; next: string | null }>(`/api/devices?limit=500${after}`);
      devices.push(...page.devices);
      if (page.next === null) return devices;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  deadLetters(query = ''): Promise<{ deadLetters: DeadLetter[]; counts: Record<string, number> }> {
    return this.get(`/api/dead-letters${query}`);
  }
}
