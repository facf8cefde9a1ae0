import { connect, type Socket } from 'node:net';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRig, until } from '../rig.ts';
import type { EventHubsOptions } from '../server.ts';
import { message } from './codec.ts';
import { AMQP_HEADER, EMPTY_FRAME, encodeFrame, FrameReader, type Incoming, SASL_HEADER } from './frames.ts';
import type { PerformativeName, Performatives } from './performative-fields.ts';
import { readTargetAddress, sourceValue, targetValue } from './terminus.ts';
import { TRANSFER_HEAD_BYTES, writeTransferHead } from './transfer.ts';

type Frame = Extract<Incoming, { kind: 'frame' }>;

/** A peer that writes frame by frame what it wants, and keeps what comes back. */
class Peer {
  readonly received: Frame[] = [];
  closed = false;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(65_536);

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.closed = true;
    });
    this.#socket.on('data', (bytes) => {
      for (const incoming of this.#reader.push(bytes)) {
        if (incoming.kind === 'header') continue;
        if (incoming.performative?.name === 'saslOutcome') this.#reader.expectHeader();
        this.received.push(incoming);
      }
    });
    onTestFinished(() => {
      this.#socket.destroy();
    });
  }

  write(...frames: Buffer[]): void {
    this.#socket.write(Buffer.concat(frames));
  }

  /** The names of what came back, heartbeats as 'empty'. */
  get names(): string[] {
    return this.received.map((frame) => frame.performative?.name ?? 'empty');
  }

  /** The fields of the last performative of this name. */
  last<Name extends PerformativeName>(name: Name): Performatives[Name] | undefined {
    return this.received.findLast((frame) => frame.performative?.name === name)?.performative?.fields as
      | Performatives[Name]
      | undefined;
  }
}

const OPEN = encodeFrame('open', { containerId: 'peer', maxFrameSize: 65_536 });
const begin = (channel = 1) =>
  encodeFrame('begin', { nextOutgoingId: 0, incomingWindow: 100, outgoingWindow: 100 }, channel);
const echo = (channel = 1) => {
  const fields = { nextIncomingId: 0, incomingWindow: 100, nextOutgoingId: 0, outgoingWindow: 100, echo: true };
  return encodeFrame('flow', fields, channel);
};
const attach = (fields: Partial<Performatives['attach']>) => encodeFrame('attach', fields, 1);

function transfer(handle: number, encoded: Buffer): Buffer {
  const frame = Buffer.alloc(TRANSFER_HEAD_BYTES + encoded.length);
  writeTransferHead(frame, 0, {
    channel: 1,
    handle,
    deliveryId: 0,
    settled: false,
    more: false,
    payloadBytes: encoded.length,
  });
  encoded.copy(frame, TRANSFER_HEAD_BYTES);
  return frame;
}

async function startPeer(options: Partial<EventHubsOptions> = {}): Promise<Peer> {
  return new Peer((await startRig(options)).port);
}

describe('on the wire', () => {
  it('all that a peer says at once, from SASL to its first link, is answered in order', async () => {
    const peer = await startPeer();
    const toClaims = attach({
      name: 'requests',
      handle: 0,
      role: false,
      initialDeliveryCount: 0,
      target: targetValue('$cbs'),
    });
    peer.write(SASL_HEADER, encodeFrame('saslInit', { mechanism: 'ANONYMOUS' }), AMQP_HEADER, OPEN, begin(), toClaims);
    await until(() => peer.names.includes('flow'));

    expect(peer.names).toEqual(['saslMechanisms', 'saslOutcome', 'open', 'begin', 'attach', 'flow']);
    expect(peer.last('saslOutcome')!.code).toBe(0);
    expect(peer.last('open')).toMatchObject({ maxFrameSize: 65_536, channelMax: 4999, idleTimeoutMs: 240_000 });
    expect(peer.last('begin')).toMatchObject({ remoteChannel: 1, handleMax: 255 });
    expect(peer.last('flow')!.linkCredit).toBeGreaterThan(0);
  });

  it('a mechanism that is not known ends the connection', async () => {
    const peer = await startPeer();
    peer.write(SASL_HEADER, encodeFrame('saslInit', { mechanism: 'GSSAPI' }));
    await until(() => peer.closed);
    expect(peer.last('saslOutcome')!.code).toBe(1);
  });

  it('both kinds of link tell the largest message', async () => {
    const peer = await startPeer();
    peer.write(AMQP_HEADER, OPEN, begin());
    peer.write(attach({ name: 'a', handle: 0, role: false, initialDeliveryCount: 0, target: targetValue('$cbs') }));
    peer.write(attach({ name: 'b', handle: 1, role: true, source: sourceValue({ address: '$cbs' }), target: null }));
    await until(() => peer.names.filter((name) => name === 'attach').length === 2);
    const answers = peer.received.flatMap(({ performative }) =>
      performative?.name === 'attach' ? [performative.fields] : [],
    );
    expect(answers).toMatchObject([
      { name: 'a', role: true, maxMessageSize: 1024 * 1024 },
      { name: 'b', role: false, maxMessageSize: 1024 * 1024, initialDeliveryCount: 0, sndSettleMode: 1 },
    ]);
  });

  it('a refused link is attached without source and target, then detached with the error; a transfer under way means nothing', async () => {
    const peer = await startPeer();
    const sender = attach({
      name: 's',
      handle: 0,
      role: false,
      initialDeliveryCount: 0,
      target: targetValue('telemetry'),
    });
    const event = message.encode({ body: message.data_section(Buffer.from('x')) });
    peer.write(AMQP_HEADER, OPEN, begin(), sender, transfer(0, event), transfer(0, event), echo());
    await until(() => peer.names.includes('flow'));

    expect(peer.names).toEqual(['open', 'begin', 'attach', 'detach', 'flow']);
    expect(peer.last('attach')).toMatchObject({ name: 's', role: true, source: null, target: null });
    expect(peer.last('detach')).toMatchObject({
      handle: 0,
      closed: true,
      error: { condition: 'amqp:unauthorized-access' },
    });
    peer.write(
      encodeFrame('detach', { handle: 0, closed: true }, 1),
      attach({ name: 'again', handle: 0, role: false, initialDeliveryCount: 0, target: targetValue('$cbs') }),
    );
    await until(() => peer.last('attach')?.name === 'again');
    expect(readTargetAddress(peer.last('attach')!.target)).toBe('$cbs');
  });

  it('a link that is detached after its session ended disturbs nothing', async () => {
    const peer = await startPeer();
    peer.write(AMQP_HEADER, OPEN, begin(), encodeFrame('end', {}, 1), encodeFrame('detach', { handle: 0 }, 1), begin());
    await until(() => peer.names.filter((name) => name === 'begin').length === 2);
    expect(peer.names).toEqual(['open', 'begin', 'end', 'begin']);
  });

  it('answers to requests go to the link from the same node, also without a name for it and on one session', async () => {
    const peer = await startPeer();
    const nodes = ['$management', '$cbs'];
    peer.write(AMQP_HEADER, OPEN, begin());
    for (const [index, node] of nodes.entries()) {
      peer.write(
        attach({
          name: `to ${node}`,
          handle: 2 * index,
          role: false,
          initialDeliveryCount: 0,
          target: targetValue(node),
        }),
        attach({
          name: `from ${node}`,
          handle: 2 * index + 1,
          role: true,
          source: sourceValue({ address: node }),
          target: targetValue('mine'),
        }),
        encodeFrame(
          'flow',
          {
            nextIncomingId: 0,
            incomingWindow: 100,
            nextOutgoingId: 0,
            outgoingWindow: 100,
            handle: 2 * index + 1,
            deliveryCount: 0,
            linkCredit: 10,
          },
          1,
        ),
      );
    }
    const request = message.encode({ message_id: 'r', application_properties: { operation: 'x' }, body: '' });
    peer.write(transfer(2, request));
    await until(() => peer.names.includes('transfer'));

    expect(peer.last('transfer')).toMatchObject({ handle: 3, settled: true });
    const answer = message.decode(peer.received.find((frame) => frame.performative?.name === 'transfer')!.payload);
    expect(answer).toMatchObject({ correlation_id: 'r', application_properties: { 'status-code': 400 } });
  });

  it('what breaks the protocol closes the connection with the reason', async () => {
    const cases: [Buffer[], string][] = [
      [[transfer(9, Buffer.from('x'))], 'amqp:session:unattached-handle'],
      [[begin()], 'amqp:not-allowed'],
      [[encodeFrame('end', {}, 7)], 'amqp:illegal-state'],
      [[OPEN], 'amqp:illegal-state'],
      [[encodeFrame('attach', { name: 'x', handle: 256, role: false }, 1)], 'amqp:not-allowed'],
      [[Buffer.from([0, 1, 0, 1, 2, 0, 0, 0])], 'amqp:connection:framing-error'],
      [[Buffer.from([0, 0, 0, 10, 2, 0, 0, 0, 1, 2])], 'amqp:decode-error'],
    ];
    for (const [frames, condition] of cases) {
      const peer = await startPeer();
      peer.write(AMQP_HEADER, OPEN, begin(), ...frames);
      await until(() => peer.closed);
      expect(peer.last('close')?.error?.condition).toBe(condition);
    }
  });
});

describe('a quiet connection', () => {
  it('hears from the service twice in its idle time', async () => {
    const clock = new TestClock(Date.now());
    const peer = await startPeer({ clock });
    peer.write(AMQP_HEADER, encodeFrame('open', { containerId: 'peer', maxFrameSize: 65_536, idleTimeoutMs: 60_000 }));
    await until(() => peer.names.includes('open'));
    await clock.advance(30_000);
    await clock.advance(30_000);
    await until(() => peer.names.length === 3);
    expect(peer.names).toEqual(['open', 'empty', 'empty']);
  });

  it('is closed when the peer says nothing for twice the idle time that it was told, and not before', async () => {
    const clock = new TestClock(Date.now());
    const peer = await startPeer({ clock });
    peer.write(AMQP_HEADER, OPEN);
    await until(() => peer.names.includes('open'));
    await clock.advance(479_000);
    peer.write(EMPTY_FRAME, begin());
    await until(() => peer.names.includes('begin'));
    await clock.advance(470_000);
    expect(peer.names).toEqual(['open', 'begin']);
    await clock.advance(480_000);
    await until(() => peer.names.includes('close'));
    expect(peer.last('close')!.error!.condition).toBe('amqp:resource-limit-exceeded');
  });
});
