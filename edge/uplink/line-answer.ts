import { judgeUnified } from './unified-verdict.ts';
import { judge, type Verdict } from './verdict.ts';

/** Whose entry point a link speaks to. */
export type EntryPoint = 'funnel' | 'unified';

/** No answer is longer; what goes on is none. */
const MOST_CHARACTERS = 4_096;

/**
 * Reads an answer over TCP or UDP: `200`, or a status and a sentence, or the unified endpoint's JSON. None of them says
 * where it ends, and TCP may bring it in pieces.
 *
 * @param ended whether nothing more can come
 * @returns undefined while what is there may be the beginning of an answer
 */
export function readLineAnswer(text: string, ended: boolean, entry: EntryPoint): Verdict | undefined {
  const line = text.trim();
  if (line === '200') return { kind: 'accepted' };
  if (entry === 'unified' && line.startsWith('{')) {
    const whole = isJson(line);
    if (whole || ended) return judgeUnified({ status: 200, contentType: '', body: line });
  }
  if (!ended && mayGoOn(line, entry)) return undefined;
  const [, status, sentence] = /^(\d{3})(?:\s+(.*))?$/s.exec(line) ?? [];
  if (status === undefined) {
    const reason = line === '' ? 'closed without an answer' : `no answer of Funnel: ${line.slice(0, 200)}`;
    return { kind: 'failed', reason, ...(line === '' ? {} : { heard: true }) };
  }
  // Every post is valid JSON: Funnel read only a piece of it, or more than it.
  if (status === '400' && /invalid json/i.test(sentence ?? ''))
    return { kind: 'failed', reason: `cut or merged on the way: ${line.slice(0, 200)}`, heard: true, shorter: true };
  const answer = { status: Number(status), contentType: 'text/plain', body: sentence ?? '' };
  return answer.status === 200 || answer.status === 201
    ? { kind: 'failed', reason: `no answer of Funnel: ${line.slice(0, 200)}`, heard: true }
    : judge(answer);
}

/** A refusal is read to its end, which is the connection's: the sentence says whose fault it is. */
function mayGoOn(line: string, entry: EntryPoint): boolean {
  if (line.length > MOST_CHARACTERS) return false;
  if ('200'.startsWith(line)) return true;
  if (entry === 'unified' && line.startsWith('{')) return true;
  return /^[45](\d{0,2}|\d\d\s.*)$/s.test(line);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
