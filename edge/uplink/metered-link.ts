import { airBytes } from './air-bytes.ts';
import type { Link, LinkOptions } from './link.ts';

/** Tells `spend` what each attempt cost on the air, failed ones too, in bytes. */
export function meteredLink(
  link: Link,
  options: Pick<LinkOptions, 'url' | 'entry' | 'topic'>,
  spend: (bytes: number) => void,
): Link {
  let counted = link.opened ?? 0;
  return {
    async post(body, signal) {
      const verdict = await link.post(body, signal);
      const opened = link.opened ?? 0;
      const answered = verdict.kind !== 'failed' || verdict.heard === true;
      if (verdict.kind !== 'refused' || !verdict.unsent)
        spend(airBytes(options, { bodyBytes: body.length, newConnection: opened > counted, answered }));
      counted = opened;
      return verdict;
    },
    get opened() {
      return link.opened ?? 0;
    },
    close: () => link.close(),
  };
}
