/** What Funnel did so far, in posts. */
export interface FunnelStats {
  /** Posts answered with success, the lost ones among them. */
  taken: number;
  /** Posts turned away, by reason. */
  readonly refused: {
    [reason in 'invalid-json' | 'no-group' | 'not-enabled' | 'too-large' | 'unsupported-type' | 'unavailable']: number;
  };
  /** Events that the hub accepted; doubled posts count twice. */
  published: number;
  /** Events that wait for the hub or are kept back by a fault. */
  held: number;
  /** What the faults did. */
  readonly faults: { lost: number; delayed: number; doubled: number; reordered: number; refused: number };
}

export function noStats(): FunnelStats {
  return {
    taken: 0,
    refused: {
      'invalid-json': 0,
      'no-group': 0,
      'not-enabled': 0,
      'too-large': 0,
      'unsupported-type': 0,
      unavailable: 0,
    },
    published: 0,
    held: 0,
    faults: { lost: 0, delayed: 0, doubled: 0, reordered: 0, refused: 0 },
  };
}
