import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isRegistered } from '../../check/units.ts';
import { createSensors } from '../index.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { processorTemperature } from './temperature.ts';
import { BOARDS, type MachineLayout, machineOf } from './testing/machine.ts';

function thermal(zones: Readonly<Record<string, readonly [type: string, temp: string | undefined]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tashika-thermal-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [zone, [type, temp]] of Object.entries(zones)) {
    mkdirSync(join(root, zone));
    writeFileSync(join(root, zone, 'type'), `${type}\n`);
    if (temp !== undefined) writeFileSync(join(root, zone, 'temp'), `${temp}\n`);
  }
  return root;
}

function system(layout: MachineLayout, settings: object = {}) {
  const configuration = { enabled: true, intervalMs: 100, slowIntervalMs: 100, ...settings };
  const [source] = createSensors(sensorsConfiguration({ system: configuration }), {
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    roots: machineOf(layout),
  });
  onTestFinished(() => source!.stop());
  return source!;
}

const STATUS = '{"modem":{"generic":{"signal-quality":{"value":"67"}}}}';
const SIGNAL = '{"modem":{"signal":{"lte":{"rssi":"-64.00","rsrp":"-96.00","rsrq":"-9.00","snr":"19.20"}}}}';
const MMCLI = `case "$4" in --signal-get) echo '${SIGNAL}';; *) echo '${STATUS}';; esac`;
const NO_PI = {
  sys: { 'class/thermal/thermal_zone0/type': 'x86_pkg_temp', 'class/thermal/thermal_zone0/temp': '48312' },
};

describe("the machine's own readings", () => {
  it('are temperature, load, memory and uptime on any machine, again and again', async () => {
    const sink = new RecordingSink();
    await system(NO_PI).start(sink);
    await sink.until(() => sink.measurements.length >= 10);
    const units = Object.fromEntries(sink.measurements.map(({ sensor, unit }) => [sensor, unit]));
    expect(units).toEqual({
      'system/cpu-temp': 'Cel',
      'system/load': '/',
      'system/memory-used': '/',
      'system/memory-available': 'B',
      'system/uptime': 's',
    });
    expect(sink.valuesOf('system/cpu-temp').slice(0, 2)).toEqual([48.312, 48.312]);
    for (const { value } of sink.measurements) expect(value).toSatisfy(Number.isFinite);
    expect(sink.valuesOf('system/memory-used')[0]).toSatisfy((used: number) => used > 0 && used < 1);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
  });

  it('are also the supply, the wear and the modem of a Pi that has them, each in SenML units', async () => {
    const sink = new RecordingSink();
    const sys = BOARDS['Compute Module 4 with eMMC'];
    await system({ sys, programs: { mmcli: MMCLI } }).start(sink);
    await sink.until(() => sink.valuesOf('system/snr').length >= 2);
    const said = new Map(sink.measurements.map(({ sensor, value, unit }) => [sensor, unit ? [value, unit] : value]));
    expect(Object.fromEntries(said)).toMatchObject({
      'system/under-voltage': false,
      'system/throttled-occurred': false,
      'system/mmcblk0/life-used': [0.2, '/'],
      'system/mmcblk0/spare-blocks': 'normal',
      'system/signal-quality': [67, '/100'],
      'system/rssi': [-64, 'dBm'],
      'system/rsrp': [-96, 'dBm'],
      'system/rsrq': [-9, 'dB'],
      'system/snr': [19.2, 'dB'],
    });
    for (const { unit } of sink.measurements) expect(unit ?? '/').toSatisfy(isRegistered);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
  });

  it('come less often where they change slowly', async () => {
    const sink = new RecordingSink();
    const source = system({ sys: BOARDS['Pi 3 with an SD card'] }, { slowIntervalMs: 60_000 });
    await source.start(sink);
    await sink.until(() => sink.valuesOf('system/load').length >= 4);
    await source.stop();
    expect(sink.valuesOf('system/under-voltage')).toEqual([true]);
  });

  it('go on without a temperature and without the modem that is configured, and say so once', async () => {
    const sink = new RecordingSink();
    await system({}, { modem: { by: 'at', path: '/dev/no-modem' } }).start(sink);
    await sink.until(() => sink.valuesOf('system/load').length >= 3 && sink.states.at(-1)!.detail!.includes('modem'));
    expect(sink.valuesOf('system/cpu-temp')).toEqual([]);
    expect(sink.states).toEqual([
      { state: 'starting' },
      { state: 'running', detail: expect.stringContaining('no processor temperature') },
      {
        state: 'running',
        detail: expect.stringMatching(/no processor temperature.*signal is not known: .*No such file/),
      },
    ]);
  });

  it('are not kept waiting by a modem that takes its time, nor is the end of the agent', async () => {
    const pids = join(mkdtempSync(join(tmpdir(), 'tashika-modem-')), 'pid');
    onTestFinished(() => rmSync(dirname(pids), { recursive: true }));
    const sink = new RecordingSink();
    const programs = { mmcli: `echo $$ > '${pids}'; read nothing` };
    const source = system({ ...NO_PI, programs }, { modem: { answerMs: 60_000 } });
    await source.start(sink);
    await sink.until(() => sink.valuesOf('system/load').length >= 3 && existsSync(pids));
    await source.stop();
    const pid = Number(readFileSync(pids, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
    expect(sink.count('failed')).toBe(0);
  });

  it('are checked: a line for each thing that the machine has', async () => {
    expect(await system({}).check()).toMatchObject([{ subject: 'system', verdict: 'warn' }]);
    expect(await system(NO_PI).check()).toMatchObject([{ verdict: 'ok', detail: 'The processor has 48.312 °C.' }]);
    const sys = BOARDS['Compute Module 4 with eMMC'];
    expect(await system({ sys, programs: { mmcli: MMCLI } }).check()).toEqual([
      { subject: 'system', verdict: 'ok', detail: 'The processor has 51.121 °C.' },
      { subject: 'power', verdict: 'ok', detail: expect.any(String) },
      { subject: 'wear mmcblk0', verdict: 'ok', detail: expect.stringContaining('up to 20% of its life') },
      { subject: 'modem', verdict: 'ok', detail: expect.stringContaining('signal-quality 67 %, rssi -64 dBm') },
    ]);
  });

  it('are checked: what is wrong, and what to do', async () => {
    const worn = { 'block/mmcblk0/device/life_time': '0x0a 0x01', 'block/mmcblk0/device/pre_eol_info': '0x02' };
    const sys = { ...BOARDS['Pi 3 with an SD card'], ...worn };
    expect(await system({ sys }, { modem: { by: 'modemmanager' } }).check()).toEqual([
      { subject: 'system', verdict: 'ok', detail: expect.any(String) },
      { subject: 'power', verdict: 'warn', detail: expect.stringContaining('stronger supply') },
      { subject: 'wear mmcblk0', verdict: 'warn', detail: expect.stringContaining('Have another one ready') },
      { subject: 'modem', verdict: 'fail', detail: expect.stringContaining('apt install modemmanager') },
    ]);
  });
});

describe('the processor temperature', () => {
  it.each([
    ['the zone of the processor', { thermal_zone0: ['wifi', '1000'], thermal_zone1: ['x86_pkg_temp', '2000'] }, 2],
    ['the first zone where none is known', { thermal_zone10: ['b', '2000'], thermal_zone2: ['a', '1000'] }, 1],
    [
      'the next zone where one is switched off',
      { thermal_zone0: ['cpu-thermal', undefined], thermal_zone1: ['x', '3000'] },
      3,
    ],
    ['frost', { thermal_zone0: ['cpu-thermal', '-5500'] }, -5.5],
    ['nothing where the kernel says nonsense', { thermal_zone0: ['cpu-thermal', 'hot'] }, undefined],
    ['nothing without a zone', {}, undefined],
  ] as const)('is %s', async (_name, zones, expected) => {
    expect(await processorTemperature(thermal(zones))).toBe(expected);
  });
});
