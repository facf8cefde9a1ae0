import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requiredTool } from '../sensors/testing/required-tool.ts';

const UNIT = fileURLToPath(new URL('./tashika-edge.service', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));
/** A directive that falls out of the unit is noticed. */
const MOST_EXPOSED = 2;

const text = readFileSync(UNIT, 'utf8');
const settings = (name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

describe('the unit', () => {
  it('exposes little, as systemd-analyze security counts it, and the README says how little', (context) => {
    const program = requiredTool('systemd-analyze', context);
    const report = execFileSync(program, ['security', '--offline=yes', '--no-pager', UNIT], { encoding: 'utf8' });
    const exposure = /Overall exposure level for tashika-edge\.service: (\d+\.\d)/.exec(report)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(MOST_EXPOSED);
    const [, told, ofVersion] =
      /\*\*([\d.]+)\*\* of `systemd-analyze security` \(systemd (\d+);/.exec(readFileSync(README, 'utf8')) ?? [];
    const version = /^systemd (\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1];
    expect(ofVersion).toBeDefined();
    if (version === ofVersion) expect(told).toBe(exposure); // others count otherwise
  });

  it('is watched by progress, and told of it by a child process', () => {
    expect([settings('Type'), settings('NotifyAccess'), settings('WatchdogSec')]).toEqual([
      ['notify'],
      ['all'],
      ['180'],
    ]);
  });

  it('lets Node compile, and the agent reach its lines, ports and state, and no more devices', () => {
    expect(settings('MemoryDenyWriteExecute')).toEqual(['no']);
    expect(settings('StateDirectory')).toEqual(['tashika-edge']);
    expect(settings('DevicePolicy')).toEqual(['closed']);
    expect(settings('DeviceAllow')).toEqual([
      'char-ttyUSB rw',
      'char-ttyACM rw',
      'char-ttyAMA rw',
      'char-ttyS rw',
      'char-gpiochip rw',
      '/dev/vcio rw',
    ]);
  });

  it('tells the agent alone to end, which ends what it runs', () => {
    expect(settings('KillMode')).toEqual(['mixed']);
  });

  it('starts the agent again for ever, but not with settings of its own that are wrong', () => {
    expect([settings('Restart'), settings('StartLimitIntervalSec'), settings('RestartPreventExitStatus')]).toEqual([
      ['always'],
      ['0'],
      ['78'],
    ]);
  });
});
