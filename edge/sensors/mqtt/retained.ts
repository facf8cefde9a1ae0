import { createHash } from 'node:crypto';

/** A broker may know any number of topics; the one that was quiet the longest is forgotten, and is news again. */
const MOST_TOPICS = 4_096;

/**
 * Tells whether a retained message is news: the broker repeats it at every subscription, whether anything has changed
 * or not.
 */
export class RetainedMessages {
  readonly #last = new Map<string, string>();

  /** A message of this topic was taken. @returns whether it differs from the one before */
  take(topic: string, payload: Uint8Array): boolean {
    const digest = createHash('sha256').update(payload).digest('base64');
    const known = this.#last.get(topic) === digest;
    this.#last.delete(topic); // so that it becomes the youngest
    this.#last.set(topic, digest);
    if (this.#last.size > MOST_TOPICS) this.#last.delete(this.#last.keys().next().value!);
    return !known;
  }
}
