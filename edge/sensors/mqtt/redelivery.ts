import { createHash } from 'node:crypto';

const REMEMBERED = 1_024;

export interface Delivery {
  /** The packet identifier; 0 for QoS 0, which is never delivered again. */
  readonly id: number;
  /** The broker says that it may have delivered this before (MQTT 3.1.1, section 3.3.1.1). */
  readonly again: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/**
 * Recognises the messages that a broker delivers a second time after a broken connection, because our word that we
 * had them was lost. A redelivery carries the identifier, topic and payload of the first delivery and the DUP mark.
 */
export class Redeliveries {
  readonly #taken = new Map<number, string>();

  /** @returns whether the message was taken already; remembers it if not */
  seen({ id, again, topic, payload }: Delivery): boolean {
    if (id === 0) return false;
    const digest = createHash('sha256').update(topic).update('\0').update(payload).digest('base64');
    if (again && this.#taken.get(id) === digest) return true;
    this.#taken.delete(id); // so that it becomes the youngest
    this.#taken.set(id, digest);
    if (this.#taken.size > REMEMBERED) this.#taken.delete(this.#taken.keys().next().value!);
    return false;
  }
}
