import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rheaOfTheSdk } from './lean-amqp.ts';
import { leanOnTransfer, SAMPLE_DELIVERY, sameTransfer, type TransferFrame } from './lean-transfer.ts';

const { message, sessions } = rheaOfTheSdk();
const rheaOnTransfer = sessions.prototype.on_transfer;

/** The short way, and how often it handed over to rhea's own. */
function counted() {
  let handedOver = 0;
  const onTransfer = leanOnTransfer(function (frame) {
    handedOver++;
    rheaOnTransfer.call(this, frame);
  }, message);
  return { onTransfer, handedOver: () => handedOver };
}

function transfer(fields: Partial<TransferFrame['performative']> = {}, body = '{}'): TransferFrame {
  const usual = { handle: 1, delivery_id: SAMPLE_DELIVERY, delivery_tag: Buffer.from('t'), message_format: 0 };
  const payload = message.encode({ body: message.data_section(Buffer.from(body)) });
  return { performative: { ...usual, ...fields }, payload };
}

const flag = fc.constantFrom(true, false, null, undefined);

describe('the short way for a transfer', () => {
  it('leaves behind what rhea itself does', () => {
    const { onTransfer } = counted();
    const fields = fc.record(
      {
        settled: flag,
        more: flag,
        state: fc.constantFrom(null, undefined),
        message_format: fc.constantFrom(0, 1, null),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, fc.string(), (each, body) => {
        expect(sameTransfer(onTransfer, rheaOnTransfer, sessions, transfer(each, body))).toBe(true);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('needs no help of rhea for a whole message', () => {
    const { onTransfer, handedOver } = counted();
    expect(sameTransfer(onTransfer, rheaOnTransfer, sessions, transfer({ settled: true, more: false }))).toBe(true);
    expect(handedOver()).toBe(0);
  });

  it.each([
    ['a part of a message', { more: true }],
    ['a message of another format', { message_format: 1 }],
  ])('leaves rhea %s', (_, fields) => {
    const { onTransfer, handedOver } = counted();
    expect(sameTransfer(onTransfer, rheaOnTransfer, sessions, transfer(fields))).toBe(true);
    expect(handedOver()).toBe(1);
  });

  it('leaves rhea a delivery that is not the next one, which it refuses', () => {
    const { onTransfer, handedOver } = counted();
    const frame = transfer({ delivery_id: SAMPLE_DELIVERY + 1 });
    expect(() => sameTransfer(onTransfer, rheaOnTransfer, sessions, frame)).toThrow('frame sequence error');
    expect(handedOver()).toBe(1);
  });

  it('is told from one that leaves something else behind', () => {
    const twice = leanOnTransfer(rheaOnTransfer, message);
    const other = function (this: ThisParameterType<typeof twice>, frame: TransferFrame) {
      twice.call(this, frame);
      this.incoming.next_transfer_id++;
    };
    expect(sameTransfer(other, rheaOnTransfer, sessions, transfer())).toBe(false);
  });
});
