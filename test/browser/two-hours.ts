import type { Funnel } from '@tashika/deploy/local/funnel';
import { REGIONS } from '@tashika/shared/regions';
import { request } from 'undici';

const MINUTE_MS = 60_000;

/**
 * Two hours of every prefecture, posted by one device each, so that the page has something to show: a slow wave, and
 * eight minutes in which Ishikawa's device was off.
 */
export async function postTwoHours(funnel: Funnel, now: number): Promise<void> {
  for (const { code } of REGIONS) {
    const number = Number(code);
    const pack: { n: string; v: number; t: number }[] = [];
    for (let minute = 120; minute >= 1; minute--) {
      if (code === '17' && minute > 40 && minute <= 48) continue;
      const level = 6 + ((number * 7) % 11) + 3 * Math.sin(minute / 13 + number);
      for (let n = 0; n < level; n++) {
        const at = now - minute * MINUTE_MS + n * 2_500;
        pack.push({ n: 'env/temp', v: 20 + Math.sin(n + number), t: at / 1_000 });
      }
    }
    const answer = await request(`http://127.0.0.1:${funnel.httpPort}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ v: 1, pref: code, stream: `history${code}`, seq: 1, held: 0, pack }),
    });
    await answer.body.dump();
    if (answer.statusCode !== 204) throw new Error(`Funnel answered ${answer.statusCode}.`);
  }
}
