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
      const { heardBytes } = link;
      const verdict = await link.post(body, signal);
      const opened = link.opened ?? 0;
      const answered = verdict.kind !== 'failed' || verdict.heard === true;
      const newConnection = opened > counted;
      counted = opened;
      if (verdict.kind === 'refused' && verdict.unsent) return verdict;
      const answerBytes = heardBytes === undefined ? undefined : link.heardBytes! - heardBytes;
      spend(airBytes(options, { bodyBytes: body.length, newConnection, answered, answerBytes }));
      return verdict;
    },
    get opened() {
      return link.opened ?? 0;
    },
    close: () => link.close(),
  };
}
