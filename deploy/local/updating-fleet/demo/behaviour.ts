/** What an image of the demo does to the devices that run it: it is in the bundle, and a device reads it there. */
export interface Behaviour {
  readonly version: string;
  /** Share of the measurements that never become readings; 0..1. */
  readonly loses: number;
  /** How long after its start it hangs, in ms; null for never. */
  readonly hangsAfterMs: number | null;
}

const BEGINS = '\n#tashika-simulated-agent ';

/** What goes into a bundle. */
export function behaviourText(behaviour: Behaviour): string {
  return `${BEGINS}${JSON.stringify(behaviour)}\n`;
}

/** Reads it from a bundle. @throws Error for a bundle that is of no simulated agent */
export function behaviourIn(bundle: Buffer): Behaviour {
  const begin = bundle.indexOf(BEGINS);
  const end = bundle.indexOf('\n', begin + 1);
  if (begin < 0 || end < 0) throw new Error('The bundle holds no simulated agent.');
  return JSON.parse(bundle.toString('utf8', begin + BEGINS.length, end)) as Behaviour;
}
