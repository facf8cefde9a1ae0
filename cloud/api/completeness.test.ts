import { describe, expect, it } from 'vitest';
import { completenessOf, type LedgerRow, streamOf as streamNaming } from './completeness.ts';

const row = { imsi: '295000000000007', stream: 'q3Zb81xK0dE', received: '{}', lost: '{}', held: 0 };

const streamOf = (row: LedgerRow) => streamNaming(row, 10_000);

describe('what a ledger row says of its stream', () => {
  it('is that nothing is missing while the numbers received have no gap', () => {
    expect(streamOf({ ...row, received: '{[1,1042)}', held: 12 })).toEqual({
      stream: row.stream,
      received: 1041,
      through: 1041,
      missing: [],
      missingReadings: 0,
      lost: 0,
      held: 12,
    });
  });

  it('names each gap that is not told lost', () => {
    const stream = streamOf({ ...row, received: '{[3,5),[10,12)}', lost: '{[5,7)}' });
    expect(stream).toMatchObject({ received: 4, lost: 2, through: 11 });
    expect(stream.missing).toEqual([
      [1, 2],
      [7, 9],
    ]);
  });

  it('counts every reading that is missing, however few ranges are named', () => {
    const gappy = { ...row, received: '{[3,5),[10,12),[20,21)}' };
    expect(streamNaming(gappy, 2)).toMatchObject({
      missing: [
        [1, 2],
        [5, 9],
      ],
      missingReadings: 15,
    });
    expect(completenessOf([streamNaming(gappy, 0)])).toBe(5 / 20);
  });

  it('does not call lost what came after all', () => {
    expect(streamOf({ ...row, received: '{[1,11)}', lost: '{[5,7)}' })).toMatchObject({ lost: 0, received: 10 });
  });

  it('reaches as far as the losses told', () => {
    expect(streamOf({ ...row, received: '{[1,3)}', lost: '{[8,10)}' })).toMatchObject({
      through: 9,
      missing: [[3, 7]],
    });
  });
});

describe('completeness', () => {
  it('is what has been received of all that was taken', () => {
    const streams = [
      streamOf({ ...row, received: '{[1,71),[81,91)}', lost: '{[91,96)}', held: 5 }), // 80 of 80 + 10 + 5 + 5
      streamOf({ ...row, received: '{[1,101)}' }),
    ];
    expect(completenessOf(streams)).toBe(180 / 200);
  });

  it('is 1 for a device that numbers nothing, and 0 where all is held', () => {
    expect(completenessOf([])).toBe(1);
    expect(completenessOf([streamOf({ ...row, held: 3 })])).toBe(0);
  });
});
