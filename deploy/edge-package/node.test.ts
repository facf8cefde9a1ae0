import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkMachine, machineOf } from './node.ts';
import { TARGETS } from './target.ts';

const MACHINES: Partial<Record<NodeJS.Architecture, number>> = { x64: 62, arm64: 183, arm: 40 };

describe('the Node that is carried', () => {
  it('is known by the machine that its program is for', () => {
    const header = readFileSync(process.execPath).subarray(0, 20);
    expect(process.platform === 'linux' ? machineOf(header) : MACHINES[process.arch]).toBe(MACHINES[process.arch]);
    expect(machineOf(Buffer.from('#!/bin/sh\nexec node "$@"\n'))).toBeUndefined();
    expect(machineOf(Buffer.from('\x7fELF'))).toBeUndefined();
  });

  it('is refused where it is for another machine', () => {
    const other = process.arch === 'arm' ? TARGETS.arm64 : TARGETS.armhf;
    expect(() => checkMachine(process.execPath, other)).toThrow(`no program for ${other.architecture}`);
  });
});
