import { describe, expect, it } from 'vitest';
import {
  gaveUp,
  MOST_STARTS,
  NOTHING_KNOWN,
  offered,
  proven,
  started,
  type UserDataRecord,
  withdrawn,
} from './record.ts';
import { hashOf } from './user-data.ts';

const OLD = '{"log":{"level":"warn"}}';
const NEW = '{"log":{"level":"info"}}';
const running: UserDataRecord = { accepted: OLD, trial: undefined, failed: undefined };

describe('new user data', () => {
  it('are on trial beside the last good ones until they are proven', () => {
    const trial = offered(running, NEW, '1');
    expect(trial).toEqual({ accepted: OLD, trial: { text: NEW, starts: 0 }, failed: undefined });
    expect(proven(started(trial, '1'))).toEqual({ accepted: NEW, trial: undefined, failed: undefined });
    expect(offered(trial, NEW, '1')).toBe(trial);
  });

  it('are given up after so many starts that ended, as a crash loop does; one more power cut does not count', () => {
    let record = offered(running, NEW, '1');
    for (let start = 0; start < MOST_STARTS; start++) record = started(record, '1');
    expect(record.trial?.starts).toBe(MOST_STARTS);
    expect(started(withdrawn(record), '1').trial?.starts).toBe(MOST_STARTS);
    expect(started(record, '1')).toEqual({
      accepted: OLD,
      trial: undefined,
      failed: { hash: hashOf(NEW), reason: expect.stringContaining('ended 3 times'), version: '1' },
    });
  });

  it('that failed are not tried again but by another agent, and others are', () => {
    const failed = gaveUp(offered(running, NEW, '1'), NEW, 'no such chip', '1');
    expect(failed.accepted).toBe(OLD);
    expect(offered(failed, NEW, '1').trial).toBeUndefined();
    expect(offered(failed, NEW, '2').trial).toEqual({ text: NEW, starts: 0 });
    expect(offered(failed, '{}', '1').trial).toEqual({ text: '{}', starts: 0 });
  });

  it('that are the last good ones again end a trial', () => {
    expect(offered(offered(running, NEW, '1'), OLD, '1')).toEqual(running);
  });

  it('once accepted are forgotten when an agent can not run with them any more', () => {
    expect(gaveUp(running, OLD, 'no', '1').accepted).toBeUndefined();
    expect(started(NOTHING_KNOWN, '1')).toBe(NOTHING_KNOWN);
  });
});
