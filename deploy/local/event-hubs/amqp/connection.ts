import type { Socket } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { AmqpFault, Condition } from './fault.ts';
import { AMQP_HEADER, EMPTY_FRAME, encodeFrame, FrameReader, type Incoming, SASL_HEADER } from './frames.ts';
import { Outbox } from './outbox.ts';
import type {
  BeginFields,
  OpenFields,
  Performative,
  PerformativeName,
  Performatives,
  SaslInitFields,
} from './performative-fields.ts';
import { type Link, Session } from './session.ts';
import { TRANSFER_HEAD_BYTES } from './transfer.ts';

/** What a connection serves: decides on each link that the peer attaches. */
export interface Application {
  /**
   * Lets a link in, or refuses it. What it returns is called once the peer has been answered: only then may
   * anything be sent on the link.
   *
   * @throws AmqpFault to refuse the link with its condition
   */
  admit(link: Link): () => void;
}

export interface ConnectionLimits {
  readonly maxMessageBytes: number;
  /** Messages that may be under way on a link on which the peer receives. */
  readonly maxOutstanding: number;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** Makes the application of this connection. */
  readonly application: (connection: AmqpConnection) => Application;
  /** Told of what should not happen: a fault of the peer's protocol, or of this program. */
  readonly onFault: (error: unknown) => void;
}

/** Event Hubs' own values. */
const MAX_FRAME_BYTES = 64 * 1024;
const CHANNEL_MAX = 4999;
const IDLE_TIMEOUT_MS: Duration = 240_000;
const CONTAINER_ID = 'tashika-event-hubs';
const SASL_MECHANISMS = ['MSSBCBS', 'ANONYMOUS'];
const SASL_OK = 0;
const SASL_AUTHENTICATION_FAILED = 1;
/** How long a peer may take to end a connection that was closed. */
const LINGER_MS: Duration = 1000;

/** A connection that a peer made: SASL, open, sessions, heartbeats, close. */
export class AmqpConnection {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  readonly application: Application;
  /** Called once, when the connection is gone, for whatever reason. */
  onEnded: () => void = () => undefined;

  readonly #socket: Socket;
  readonly #onFault: (error: unknown) => void;
  readonly #reader = new FrameReader(MAX_FRAME_BYTES);
  readonly #sessions = new Map<number, Session>();
  readonly #endedChannels = new Set<number>();
  #authenticated = false;
  #peer: OpenFields | undefined;
  #closeSent = false;
  #ended = false;
  #heardAt: Duration;
  #saidAt: Duration = 0;
  #timers: TimerHandle[] = [];
  #holds = 0;

  constructor(options: ConnectionOptions) {
    this.#socket = options.socket;
    this.clock = options.clock;
    this.limits = options.limits;
    this.#onFault = options.onFault;
    this.outbox = new Outbox(options.socket);
    this.#heardAt = options.clock.monotonic();
    this.application = options.application(this);
    // Nagle's algorithm and delayed acknowledgements cost 45 ms for each small answer.
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    this.#socket.on('drain', () => this.#resume());
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#end());
    this.#every(IDLE_TIMEOUT_MS, () => this.#checkIdle());
  }

  /** Payload that fits a transfer frame to this peer. */
  get maxPayloadBytes(): number {
    return Math.min(this.#peer?.maxFrameSize ?? MAX_FRAME_BYTES, MAX_FRAME_BYTES) - TRANSFER_HEAD_BYTES;
  }

  /** All links of all sessions. */
  *links(): Generator<Link> {
    for (const session of this.#sessions.values()) yield* session.links;
  }

  /** Encodes and sends a performative. */
  readonly send = <Name extends PerformativeName>(
    name: Name,
    fields: Partial<Performatives[Name]>,
    channel = 0,
  ): void => {
    if (this.#closeSent) return;
    this.#saidAt = this.clock.monotonic();
    this.outbox.write(encodeFrame(name, fields, channel));
  };

  /**
   * Reads nothing more from the peer until `release` has been called as often as this. Credit counts messages,
   * whatever their size; this is how bytes are bounded.
   */
  hold(): void {
    this.#holds += 1;
    this.#socket.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#socket.resume();
  }

  /** The fault that a peer is told for anything thrown. */
  faultOf(error: unknown): AmqpFault {
    if (error instanceof AmqpFault) return error;
    this.#onFault(error);
    return new AmqpFault(
      Condition.internalError,
      `The service was unable to process the request: ${messageOf(error)}.`,
    );
  }

  #onData(bytes: Buffer): void {
    this.#heardAt = this.clock.monotonic();
    try {
      for (const incoming of this.#reader.push(bytes)) {
        if (this.#closeSent && !isClose(incoming)) continue;
        if (incoming.kind === 'header') this.#onHeader(incoming.bytes);
        else if (incoming.performative) this.#onPerformative(incoming.performative, incoming);
      }
    } catch (error) {
      if (error instanceof AmqpFault) this.#onFault(error);
      this.close(this.faultOf(error));
    }
  }

  /** SASL comes first, or not at all: the JavaScript SDK goes without it when it brings a finished token. */
  #onHeader(header: Buffer): void {
    if (header.equals(SASL_HEADER) && !this.#authenticated) {
      this.outbox.write(SASL_HEADER);
      this.send('saslMechanisms', { mechanisms: SASL_MECHANISMS });
      return;
    }
    this.#authenticated = true;
    this.outbox.write(AMQP_HEADER);
    // The header of another protocol or version is answered with ours, and that is all.
    if (!header.equals(AMQP_HEADER)) this.#finish();
  }

  #onPerformative(performative: Performative, frame: { channel: number; payload: Buffer }): void {
    const session = this.#sessions.get(frame.channel);
    if (performative.name === 'saslInit') this.#onSaslInit(performative.fields);
    else if (performative.name === 'open') this.#onOpen(performative.fields);
    else if (performative.name === 'begin' && !session) this.#onBegin(frame.channel, performative.fields);
    else if (performative.name === 'end' && session) this.#onEnd(frame.channel, session);
    else if (performative.name === 'close') this.#onClose();
    else if (session) session.receive(performative, frame.payload);
    // Python's client ends a session and detaches its links afterwards.
    else if (!this.#endedChannels.has(frame.channel)) throw unexpected(performative, frame.channel);
  }

  #onSaslInit({ mechanism }: SaslInitFields): void {
    if (this.#authenticated) throw new AmqpFault(Condition.illegalState, 'The connection is authenticated already.');
    this.#authenticated = SASL_MECHANISMS.includes(mechanism);
    this.send('saslOutcome', { code: this.#authenticated ? SASL_OK : SASL_AUTHENTICATION_FAILED });
    if (this.#authenticated) this.#reader.expectHeader();
    else this.#finish();
  }

  #onBegin(channel: number, begin: BeginFields): void {
    if (!this.#peer || channel > CHANNEL_MAX)
      throw new AmqpFault(Condition.illegalState, `Channel ${channel} can't begin.`);
    this.#endedChannels.delete(channel);
    this.#sessions.set(channel, new Session(this, channel, begin));
  }

  #onEnd(channel: number, session: Session): void {
    session.ended();
    this.#sessions.delete(channel);
    this.#endedChannels.add(channel);
    this.send('end', {}, channel);
  }

  #onClose(): void {
    this.send('close', {});
    this.#finish();
  }

  #onOpen(open: OpenFields): void {
    if (this.#peer || !this.#authenticated) throw new AmqpFault(Condition.illegalState, "'open' is not expected.");
    if (open.maxFrameSize < 512)
      throw new AmqpFault(Condition.notAllowed, 'A max-frame-size below 512 is not allowed.');
    this.#peer = open;
    this.send('open', {
      containerId: CONTAINER_ID,
      maxFrameSize: MAX_FRAME_BYTES,
      channelMax: CHANNEL_MAX,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    });
    if (open.idleTimeoutMs) this.#heartbeat(open.idleTimeoutMs / 2);
  }

  #heartbeat(everyMs: Duration): void {
    this.#every(everyMs, () => {
      if (this.clock.monotonic() - this.#saidAt >= everyMs && !this.#closeSent) this.outbox.write(EMPTY_FRAME);
    });
  }

  #checkIdle(): void {
    if (this.clock.monotonic() - this.#heardAt < 2 * IDLE_TIMEOUT_MS) return;
    this.close(new AmqpFault(Condition.resourceLimitExceeded, 'The connection was idle for too long.'));
  }

  #every(periodMs: Duration, action: () => void): void {
    const index = this.#timers.length;
    const arm = () => {
      this.#timers[index] = this.clock.after(periodMs, () => {
        if (this.#ended) return;
        action();
        arm();
      });
    };
    arm();
  }

  #resume(): void {
    for (const session of this.#sessions.values()) session.resume();
  }

  /** Closes the connection; the peer is told why. */
  close(fault: AmqpFault): void {
    if (this.#closeSent || this.#ended) return;
    this.send('close', { error: fault });
    this.#finish();
  }

  /** Nothing more is said; the peer has a moment to hear it. */
  #finish(): void {
    this.#closeSent = true;
    this.#endSessions();
    this.outbox.end();
    const linger = this.clock.after(LINGER_MS, () => this.#socket.destroy());
    this.#socket.once('close', () => linger.cancel());
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    this.#endSessions();
    this.onEnded();
  }

  #endSessions(): void {
    for (const session of this.#sessions.values()) session.ended();
    this.#sessions.clear();
  }
}

function unexpected(performative: Performative, channel: number): AmqpFault {
  return new AmqpFault(Condition.illegalState, `'${performative.name}' is not expected on channel ${channel}.`);
}

function isClose(incoming: Incoming): boolean {
  return incoming.kind === 'frame' && incoming.performative?.name === 'close';
}
