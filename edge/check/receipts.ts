import { messageOf } from '@tashika/shared/errors';
import { count } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';
import type { EdgeConfiguration } from '../config/index.ts';
import { type Answer, answerOf, beam, type RawAnswer } from '../receipts/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { streamsIn } from '../spool-command/index.ts';

const LONGEST_WAIT: Duration = 10_000;
/** Asked about where there is no spool yet; nothing ever comes from it. */
const NO_STREAM = 'check';

/**
 * Whether the cloud confirms readings: Beam can be reached, the cloud takes its signature, and the answer is a receipt of
 * this device's stream. One question is asked, as the agent asks it; nothing comes of it.
 */
export async function checkReceipts({
  receipts,
  uplink,
  dataDirectory,
}: Pick<EdgeConfiguration, 'receipts' | 'uplink' | 'dataDirectory'>): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [
    { subject: 'receipts', verdict, detail },
  ];
  const { url } = receipts;
  if (url === undefined)
    return line(
      'ok',
      "Not configured: what the link has accepted is taken for delivered. Set receipts.url to Beam's website entry point to have the cloud confirm it, and what is lost on the way sent again.",
    );
  // Another user may not look; that is told of the spool.
  const streams = await streamsIn(dataDirectory).catch(() => []);
  const stream = streams.at(-1)?.stream;
  const timeoutMs = Math.min(receipts.timeoutMs, LONGEST_WAIT);
  const source = beam({ url, timeoutMs, localAddress: uplink.localAddress, spend: () => undefined });
  try {
    const raw = await source.ask(stream ?? NO_STREAM, new AbortController().signal);
    // An agent at work gives numbers out meanwhile, so there is no highest one.
    const answer = answerOf(raw, { stream: stream ?? NO_STREAM, last: Number.MAX_SAFE_INTEGER });
    if (answer.kind !== 'receipt')
      return line('fail', `${url} gave no receipt: ${saidIn(raw)} ${adviceOn(answer, raw)} ${KEPT}`);
    const { through, missing } = answer.receipt;
    if (stream === undefined) return line('ok', `${url} answers, signed as the cloud expects. ${NOTHING_YET}`);
    const lacking = missing.length > 0 ? `, but for ${count(missing)}, which the agent sends again` : '';
    return line(
      'ok',
      `${url} answers, signed as the cloud expects: of the stream ${stream} the cloud has the readings up to ${through}${lacking}.`,
    );
  } catch (error) {
    return line(
      'fail',
      `${url} does not answer (${messageOf(error)}). Is the cellular link up, and Beam's website entry point switched on for the SIM's group? ${KEPT}`,
    );
  } finally {
    await source.close();
  }
}

const KEPT = 'What is sent stays on the disk until the cloud confirms it.';
const NOTHING_YET = 'There is no spool yet to ask about.';
const MOST_SAID = 200;

/** The sentence of the cloud's problem details (RFC 9457), else the beginning of whatever came. */
function saidIn({ status, body }: RawAnswer): string {
  const { detail } = problemIn(body);
  const said = detail ?? body.trim().slice(0, MOST_SAID);
  return `HTTP ${status}${said === '' ? '' : `, ${said}`}${/[.!?…]$/.test(said) ? '' : '.'}`;
}

function adviceOn({ kind }: Answer, { body }: RawAnswer): string {
  switch (problemIn(body).code) {
    case 'SIGNATURE_REFUSED':
      return "Compare the pre-shared key of Beam's entry point with the cloud's beam.preSharedKey, and switch its IMSI and signature headers on.";
    case 'BEAM_NOT_CONFIGURED':
      return "Set the cloud's beam.preSharedKey to the pre-shared key of Beam's entry point.";
  }
  if (kind === 'unavailable') return "Beam or the cloud can't answer now: is the cloud's API up, and Beam's way to it?";
  return "Does Beam's website entry point lead to the cloud's API, and receipts.url to that entry point?";
}

function problemIn(body: string): { readonly code?: string; readonly detail?: string } {
  try {
    const { code, detail } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return {
      ...(typeof code === 'string' && { code }),
      ...(typeof detail === 'string' && detail !== '' && { detail: detail.slice(0, MOST_SAID) }),
    };
  } catch {
    return {};
  }
}
