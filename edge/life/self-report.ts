import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Agent } from '../agent.ts';

const DAY: Duration = 86_400_000;
/** How soon it is tried again where no agent runs at that moment, because its configuration changes. */
const SOON: Duration = 60_000;

/** What the agent says of itself. */
export interface Self {
  readonly version: string;
  /** How often it was started since the data directory began. */
  readonly starts: number;
  /** The version of the system's image, where the system is one. */
  readonly system: string | undefined;
}

/**
 * Tells what runs here as readings, now and once a day from then on: `agent/version`, `agent/starts` and, where there is
 * an image, `agent/system`. They are the device's own word of an update, counted like any other reading.
 */
export function tellDaily(self: Self, clock: Clock, agent: () => Pick<Agent, 'report'> | undefined): TimerHandle {
  let timer: TimerHandle | undefined;
  const tell = () => {
    const running = agent();
    running?.report('version', self.version);
    running?.report('starts', self.starts);
    if (self.system !== undefined) running?.report('system', self.system);
    timer = clock.after(running ? DAY : SOON, tell);
  };
  tell();
  return { cancel: () => timer?.cancel() };
}
