import type { Funnel } from '@tashika/deploy/local/funnel';
import { REGIONS } from '@tashika/shared/regions';
import type { Post } from '@tashika/shared/telemetry';
import { Client } from 'undici';

const MINUTE_MS = 60_000;

/**
 * Two hours of every prefecture, posted by one device each, so that the page has something to show: a slow wave, and
 * eight minutes in which Ishikawa's device was off.
 */
export async function postTwoHours(funnel: Funnel, now: number): Promise<void> {
  for (const { code } of REGIONS) {
    const number = Number(code);
    const pack: { n: string; u: string; v: number; t: number }[] = [];
    for (let minute = 120; minute >= 1; minute--) {
      if (code === '17' && minute > 40 && minute <= 48) continue;
      // What it measures later is told by its median, so none of this may fall into the same minute.
      if (code === OWING.region && minute === 1) continue;
      const level = 6 + ((number * 7) % 11) + 3 * Math.sin(minute / 13 + number);
      for (let n = 0; n < level; n++) {
        const at = now - minute * MINUTE_MS + n * 2_500;
        pack.push({ n: 'env/temp', u: 'Cel', v: 20 + Math.sin(n + number), t: at / 1_000 });
      }
    }
    await post(funnel, { pref: code, stream: `history${code}`, seq: 1, pack });
  }
}

/** A few readings of every prefecture in the minute that is open, more where more people live. */
export async function postThisMinute(funnel: Funnel, round: number): Promise<void> {
  for (const { code } of REGIONS) {
    const number = Number(code);
    const readings = 3 + ((number * 7) % 9) + (BUSY.has(code) ? 14 : 0);
    const pack = Array.from({ length: readings }, (_, n) => ({ n: 'env/temp', u: 'Cel', v: 20 + n / 10, t: -n / 100 }));
    await post(funnel, { pref: code, stream: `live${code}`, seq: 1 + round * readings, pack });
  }
}

const BUSY = new Set(['01', '11', '12', '13', '14', '23', '27', '28', '40']);

/**
 * A device of Okinawa that owes something: of the numbers 1 to 30 twelve came, six it gave up, and twelve are
 * missing; four more it still holds.
 */
export const OWING = { region: '47', received: 12, missing: 12, held: 4, lost: 6, value: 25 } as const;

export async function postWhatIsOwed(funnel: Funnel): Promise<void> {
  const pack = Array.from({ length: OWING.received / 2 }, () => ({ n: 'env/temp', u: 'Cel', v: OWING.value, t: -1 }));
  const owing = { pref: OWING.region, stream: 'owing', pack };
  await post(funnel, { ...owing, seq: 1 });
  await post(funnel, { ...owing, seq: 25, held: OWING.held, lost: [[10, 15]] });
}

/** Each prefecture's device is a SIM of its own: 127.1.47.1 to 127.1.47.47. */
async function post(
  funnel: Funnel,
  payload: Pick<Post, 'pref' | 'stream' | 'seq' | 'pack'> & Partial<Pick<Post, 'held' | 'lost'>>,
): Promise<void> {
  const sim = new Client(`http://127.0.0.1:${funnel.httpPort}`, { localAddress: `127.1.47.${Number(payload.pref)}` });
  const answer = await sim.request({
    path: '/',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ v: 1, held: 0, clock: 'synced', ...payload }),
  });
  await answer.body.dump();
  await sim.close();
  if (answer.statusCode !== 204) throw new Error(`Funnel answered ${answer.statusCode}.`);
}
