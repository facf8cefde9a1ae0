import type { Duration } from '@tashika/shared/time';
import { type HttpAnswer, HttpClient, type HttpClientOptions } from '../http/index.ts';

/** Where receipts come from. */
export interface ReceiptSource {
  /**
   * Asks what the cloud has of a stream.
   *
   * @throws Error where nobody answers in time
   */
  ask(stream: string, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface BeamOptions extends Pick<HttpClientOptions, 'localAddress' | 'lookup'> {
  /** Beam's HTTP entry. */
  readonly url: string;
  readonly timeoutMs: Duration;
}

/** A receipt names 1,000 ranges at most, of numbers with 16 digits at most. */
const MOST_ANSWER_BYTES = 65_536;

/** SORACOM Beam, which adds the SIM's signature: the question goes in the clear and without a credential. */
export function beam({ url, ...options }: BeamOptions): ReceiptSource {
  const { origin, pathname } = new URL(url);
  const client = new HttpClient({ ...options, origin });
  const question = `${pathname.replace(/\/+$/, '')}/v1/receipts?stream=`;
  return {
    ask: (stream, signal) =>
      client.exchange({ method: 'GET', path: question + encodeURIComponent(stream) }, signal, MOST_ANSWER_BYTES),
    close: () => client.close(),
  };
}
