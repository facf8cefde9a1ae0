import type { Duration } from '@tashika/shared/time';
import { type HttpAnswer, HttpClient, type HttpClientOptions } from '../http/index.ts';
import { airBytes } from '../uplink/index.ts';

/** What came back, whatever it is. */
export type RawAnswer = Pick<HttpAnswer, 'status' | 'body'>;

/** Where receipts come from. */
export interface ReceiptSource {
  /**
   * Asks what the cloud has of a stream.
   *
   * @throws Error where nobody answers in time
   */
  ask(stream: string, signal: AbortSignal): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface BeamOptions extends Pick<HttpClientOptions, 'localAddress' | 'lookup'> {
  /** Beam's website entry point. */
  readonly url: string;
  readonly timeoutMs: Duration;
  /** Told what each question put on the air, with its answer, in bytes. */
  readonly spend: (bytes: number) => void;
}

/** A receipt names 1,000 ranges at most, of numbers with 16 digits at most. */
const MOST_ANSWER_BYTES = 65_536;

/** SORACOM Beam, which adds the SIM's signature: the question goes in the clear and without a credential. */
export function beam({ url, spend, ...options }: BeamOptions): ReceiptSource {
  const { origin, pathname } = new URL(url);
  const client = new HttpClient({ ...options, origin });
  const question = `${pathname.replace(/\/+$/, '')}/v1/receipts?stream=`;
  return {
    async ask(stream, signal) {
      const path = question + encodeURIComponent(stream);
      const { opened } = client;
      let answerBytes: number | undefined;
      try {
        const answer = await client.exchange({ method: 'GET', path }, signal, MOST_ANSWER_BYTES);
        answerBytes = answer.headBytes + Buffer.byteLength(answer.body);
        return answer;
      } finally {
        const answered = answerBytes !== undefined;
        // Bytes cost the same either way, so the answer may be reckoned as if it were a post's.
        spend(
          airBytes(
            { url: origin + path },
            { bodyBytes: answerBytes ?? 0, newConnection: client.opened > opened, answered },
          ),
        );
      }
    },
    close: () => client.close(),
  };
}
