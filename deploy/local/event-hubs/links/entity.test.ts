import { describe, expect, it } from 'vitest';
import { isWithin, parseEntityAddress } from '../authorization/index.ts';
import { Hub } from '../hub.ts';
import type { PartitionLog } from '../log/index.ts';
import { resolveNode } from './entity.ts';
import { readStartPosition } from './start-position.ts';

const partitions = [{}, {}] as PartitionLog[];
const hub = new Hub({ name: 'Telemetry', partitionCount: 2, consumerGroups: ['Dashboard'] }, 0, partitions);
const resolve = (address: string | null) => resolveNode(address, new Map([['telemetry', hub]]));

describe('an address', () => {
  it('means the same as a path and as a whole URL, in any case', () => {
    const prefixes = ['', '/', 'sb://127.0.0.1:5672/', 'amqps://localhost/', 'amqp://[::1]:5703/'];
    for (const prefix of prefixes) {
      expect(resolve(`${prefix}telemetry`)).toEqual({ kind: 'hub', hub, partition: undefined });
      expect(resolve(`${prefix}TELEMETRY/partitions/1`)).toEqual({ kind: 'hub', hub, partition: partitions[1] });
      expect(resolve(`${prefix}Telemetry/ConsumerGroups/dashboard/Partitions/0`)).toMatchObject({
        kind: 'consumerGroup',
        partitionId: '0',
      });
      expect(resolve(`${prefix}telemetry/consumergroups/$default/partitions/1/`)).toMatchObject({ group: '$default' });
      expect(resolve(`${prefix}$cbs`)).toEqual({ kind: '$cbs' });
      expect(resolve(`${prefix}telemetry/$management`)).toEqual({ kind: '$management' });
    }
  });

  it('that means nothing is not found; a partition that the hub does not have is out of range', () => {
    const notFound = expect.objectContaining({ condition: 'amqp:not-found' });
    for (const address of [
      null,
      '',
      '/',
      'other',
      'telemetry/x',
      'telemetry/ConsumerGroups/nobody/Partitions/0',
      'a/b/c/d/e',
    ]) {
      expect(() => resolve(address)).toThrow(notFound);
    }
    const outOfRange = expect.objectContaining({ condition: 'com.microsoft:argument-out-of-range' });
    for (const id of ['2', '-1', '01', '1e0', 'x']) {
      expect(() => resolve(`telemetry/Partitions/${id}`)).toThrow(outOfRange);
      expect(() => resolve(`telemetry/ConsumerGroups/$Default/Partitions/${id}`)).toThrow(outOfRange);
    }
  });

  it('lies within another by whole segments; a host counts where both name one', () => {
    const within = (entity: string, scope: string) => isWithin(parseEntityAddress(entity), parseEntityAddress(scope));
    expect(within('sb://h:1/a/b', 'amqps://h:2/a')).toBe(true);
    expect(within('a/b', 'sb://h/A')).toBe(true);
    expect(within('sb://h/a', 'sb://h/')).toBe(true);
    expect(within('sb://h/ab', 'sb://h/a')).toBe(false);
    expect(within('sb://h/a', 'sb://h/a/b')).toBe(false);
    expect(within('sb://h/a', 'sb://i/a')).toBe(false);
  });
});

describe('a filter', () => {
  const read = (expression: string) => readStartPosition({ 'apache.org:selector-filter:string': expression });

  it('says where to start', () => {
    expect(readStartPosition({})).toBe('earliest');
    expect(read("amqp.annotation.x-opt-offset > '@latest'")).toBe('latest');
    expect(read("amqp.annotation.x-opt-offset > '-1'")).toEqual({ by: 'offset', value: -1, inclusive: false });
    expect(read("amqp.annotation.x-opt-sequence-number >= '12'")).toEqual({
      by: 'sequenceNumber',
      value: 12,
      inclusive: true,
    });
    expect(read('amqp.annotation.x-opt-enqueued-time > 1700000000000')).toMatchObject({
      by: 'enqueuedTime',
      value: 1_700_000_000_000,
    });
  });

  it('that says something else is refused', () => {
    const refused = expect.objectContaining({ condition: 'com.microsoft:argument-error' });
    for (const expression of [
      '',
      'x',
      "amqp.annotation.x-opt-offset > ''",
      "amqp.annotation.x-opt-other > '1'",
      "amqp.annotation.x-opt-sequence-number > '@latest'",
      "amqp.annotation.x-opt-offset < '1'",
    ]) {
      expect(() => read(expression)).toThrow(refused);
    }
  });
});
