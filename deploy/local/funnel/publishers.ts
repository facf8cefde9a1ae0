import type { Clock, Duration } from '@tashika/shared/time';
import type { FunnelGroup } from './group.ts';
import { hubOf, type SharedAccessKey, signedWith } from './outlet.ts';
import { Publisher, type RefusedAs } from './publisher.ts';
import { Room } from './room.ts';

export interface PublishersOptions {
  /** Of Event Hubs; where `credentialOf` is given, its address alone counts. */
  readonly connectionString: string;
  /** Where `credentialOf` is left out, all events go to this hub. */
  readonly hub: string;
  readonly credentialOf?: ((credentialsId: string) => SharedAccessKey | undefined) | undefined;
  readonly clock: Clock;
  /** The most that waits for the hubs, in bytes; beyond it a post is turned away. */
  readonly maxHeldBytes: number;
  readonly onTrouble?: ((reason: string | undefined) => void) | undefined;
}

/** Ways to hubs that are open at once; another one takes the place of one that holds nothing. */
const MOST_PUBLISHERS = 32;

/** The ways to the hubs: one for each hub and credential that groups send with. */
export class Publishers {
  readonly #options: PublishersOptions;
  readonly #room: Room;
  /** The one used last is the last. */
  readonly #publishers = new Map<string, Publisher>();
  readonly #troubles = new Map<string, string>();
  readonly #closing = new Set<Promise<void>>();
  #publishedByClosed = 0;

  constructor(options: PublishersOptions) {
    this.#options = options;
    this.#room = new Room(options.maxHeldBytes);
  }

  /** Events that wait for a hub or are under way. */
  get held(): number {
    return this.#sum(({ held }) => held);
  }

  /** Events that a hub has accepted. */
  get published(): number {
    return this.#publishedByClosed + this.#sum(({ published }) => published);
  }

  /** Whether `bytes` more may wait. */
  hasRoom(bytes: number): boolean {
    return this.#room.has(bytes);
  }

  /**
   * Resolves once the hub of the group has accepted the event.
   *
   * @param withinMs give up after this long; undefined to try until the end
   * @param onRefused told once, if a try fails
   * @throws TashikaError `EVENT_HUBS_UNREACHABLE`
   */
  publish(event: Buffer, group: FunnelGroup, withinMs: Duration | undefined, onRefused: RefusedAs): Promise<void> {
    return this.#publisherOf(group).publish(event, withinMs, onRefused);
  }

  /** Waits until nothing is held, at most `withinMs`. */
  async drain(withinMs: Duration): Promise<void> {
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.drain(withinMs)));
  }

  /** Gives up what is still held and closes the connections. */
  async close(): Promise<void> {
    for (const publisher of this.#publishers.values()) this.#close(publisher);
    await Promise.all(this.#closing);
  }

  #publisherOf(group: FunnelGroup): Publisher {
    const hub = this.#options.credentialOf ? hubOf(group) : this.#options.hub;
    const key = this.#options.credentialOf ? JSON.stringify([hub, group.credentialsId]) : '';
    const found = this.#publishers.get(key);
    this.#publishers.delete(key);
    const publisher = found ?? this.#newPublisher(key, hub, group.credentialsId);
    this.#publishers.set(key, publisher);
    return publisher;
  }

  #newPublisher(key: string, hub: string | undefined, credentialsId: string): Publisher {
    if (this.#publishers.size >= MOST_PUBLISHERS) this.#closeIdle();
    const { clock } = this.#options;
    return new Publisher({
      ...{ clock, room: this.#room },
      outlet: () => ({ hub: hub ?? noDestination(), connectionString: this.#connectionString(credentialsId) }),
      onTrouble: (reason) => this.#tell(key, reason),
    });
  }

  /** @throws Error where the credential is not there; its events wait for it as for a hub that is away */
  #connectionString(credentialsId: string): string {
    const { connectionString, credentialOf } = this.#options;
    if (!credentialOf) return connectionString;
    const credential = credentialOf(credentialsId);
    if (!credential) throw new Error(`There are no Azure credentials ${JSON.stringify(credentialsId)}.`);
    return signedWith(connectionString, credential);
  }

  #closeIdle(): void {
    for (const [key, publisher] of this.#publishers) {
      if (publisher.held > 0) continue;
      this.#publishers.delete(key);
      this.#tell(key, undefined);
      this.#publishedByClosed += publisher.published;
      this.#close(publisher);
      return;
    }
  }

  #close(publisher: Publisher): void {
    const closing = publisher.close();
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  /** In trouble is who is in trouble with one of the hubs. */
  #tell(key: string, reason: string | undefined): void {
    const before = this.#troubles.size;
    if (reason === undefined) this.#troubles.delete(key);
    else this.#troubles.set(key, reason);
    const after = this.#troubles.size;
    if ((before === 0) !== (after === 0)) this.#options.onTrouble?.(reason);
  }

  #sum(of: (publisher: Publisher) => number): number {
    return [...this.#publishers.values()].reduce((sum, publisher) => sum + of(publisher), 0);
  }
}

function noDestination(): never {
  throw new Error("The group's destination is no event hub.");
}
