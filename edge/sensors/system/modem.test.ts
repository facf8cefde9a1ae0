import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { isRegistered } from '../../check/units.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { PtyPair } from '../testing/pty-pair.ts';
import { requiredTool } from '../testing/required-tool.ts';
import { askAtModem, signalOfCesq, signalOfCsq } from './at-modem.ts';
import { modemOf } from './modem.ts';
import { qualityOf, signalOf } from './modem-manager.ts';
import { systemPrograms } from './program.ts';
import { signalMeasurements } from './signal.ts';
import { machineOf } from './testing/machine.ts';

/** As mmcli 1.20.4 prints it of a modem that it has asked nothing yet. */
const UNKNOWN = {
  '5g': { 'error-rate': '--', rsrp: '--', rsrq: '--', snr: '--' },
  cdma1x: { ecio: '--', 'error-rate': '--', rssi: '--' },
  evdo: { ecio: '--', 'error-rate': '--', io: '--', rssi: '--', sinr: '--' },
  gsm: { 'error-rate': '--', rssi: '--' },
  lte: { 'error-rate': '--', rsrp: '--', rsrq: '--', rssi: '--', snr: '--' },
  refresh: { rate: '0' },
  threshold: { 'error-rate': 'no', rssi: '0' },
  umts: { ecio: '--', 'error-rate': '--', rscp: '--', rssi: '--' },
};

/** What `mmcli -m any -J --signal-get` prints, with these technologies known. */
function signalJson(known: Readonly<Record<string, object>> = {}): string {
  return JSON.stringify({ modem: { signal: { ...UNKNOWN, ...known } } });
}

const LTE = { lte: { 'error-rate': '--', rsrp: '-96.00', rsrq: '-9.00', rssi: '-64.00', snr: '19.20' } };
const STATUS = JSON.stringify({
  modem: {
    'dbus-path': '/org/freedesktop/ModemManager1/Modem/0',
    generic: { 'access-technologies': ['lte'], 'signal-quality': { recent: 'yes', value: '67' }, state: 'connected' },
  },
});

/** An `mmcli` that knows one modem; `signal` is what it prints of it. */
function mmcli(signal: string, setup = 'exit 0'): string {
  return `case "$*" in
'-m any -J') printf '%s' '${STATUS}';;
'-m any -J --signal-get') printf '%s' '${signal}';;
'-m any --signal-setup='*) echo "$3" >> "\${0%/*}/setup"; ${setup};;
*) echo "unexpected: $*" >&2; exit 2;;
esac`;
}

function modem(settings: object, programs: Readonly<Record<string, string>> = {}) {
  const { system } = sensorsConfiguration({ system: { enabled: true, modem: { answerMs: 2_000, ...settings } } });
  const folder = machineOf({ programs }).programs;
  return { ...modemOf(system.modem, systemClock, systemPrograms({ withinMs: system.modem.answerMs, folder })), folder };
}

describe('what ModemManager knows of the signal', () => {
  it('is that of the technology in use', () => {
    expect(signalOf(signalJson(LTE))).toEqual({ rssi: -64, rsrp: -96, rsrq: -9, snr: 19.2 });
    const umts = { umts: { rssi: '-71.00', rscp: '-80.00', ecio: '-4.50', 'error-rate': '--' } };
    expect(signalOf(signalJson(umts))).toEqual({ rssi: -71, rscp: -80, ecio: -4.5 });
    expect(signalOf(signalJson({ ...LTE, '5g': { rsrp: '-101.00', rsrq: '-11.00', snr: '8.00' } }))).toEqual({
      rsrp: -101,
      rsrq: -11,
      snr: 8,
    });
  });

  it('is read with its unit beside it, too', () => {
    expect(signalOf(signalJson({ lte: { rssi: '-64.00 dBm', rsrq: '-9.00 dB' } }))).toEqual({ rssi: -64, rsrq: -9 });
  });

  it('is nothing where it does not know', () => {
    expect(signalOf(signalJson())).toEqual({});
    expect(signalOf('error')).toEqual({});
    expect(qualityOf(STATUS)).toBe(67);
    expect(qualityOf('{"modem":{"generic":{"signal-quality":{"value":"--"}}}}')).toBeUndefined();
  });

  it('is asked for by mmcli', async () => {
    const { ask } = modem({}, { mmcli: mmcli(signalJson(LTE)) });
    expect(await ask()).toEqual({ signal: { quality: 67, rssi: -64, rsrp: -96, rsrq: -9, snr: 19.2 } });
  });

  it('is asked of the modem when ModemManager is told to, which it is only while it has none', async () => {
    const { ask, folder } = modem({}, { mmcli: mmcli(signalJson()) });
    expect(await ask()).toEqual({ signal: { quality: 67 } });
    expect(existsSync(join(folder, 'setup'))).toBe(false);
    expect(await ask(300_000)).toEqual({ signal: { quality: 67 } });
    expect(readFileSync(join(folder, 'setup'), 'utf8')).toBe('--signal-setup=300\n');
    const known = modem({}, { mmcli: mmcli(signalJson(LTE)) });
    await known.ask(300_000);
    expect(existsSync(join(known.folder, 'setup'))).toBe(false);
  });

  it('is its quality alone where decibels are refused, and the reason', async () => {
    const refused = mmcli(signalJson(), 'echo "error: couldn\'t setup: Unauthorized" >&2; exit 1');
    expect(await modem({}, { mmcli: refused }).ask(300_000)).toEqual({
      signal: { quality: 67 },
      problem: "mmcli: error: couldn't setup: Unauthorized",
    });
  });

  it.each([
    ['is not installed', {}],
    ['has no modem', { mmcli: `echo "error: couldn't find modem" >&2; exit 1` }],
    ['does not run', { mmcli: `echo "error: couldn't find the ModemManager process in the bus" >&2; exit 1` }],
  ])('is not asked for where ModemManager %s, unless it is configured', async (_name, programs) => {
    expect(await modem({ by: 'auto' }, programs).ask()).toEqual({});
    expect(await modem({ by: 'modemmanager' }, programs).ask()).toEqual({
      problem: expect.stringMatching(/ModemManager|mmcli/),
    });
  });

  it('keeps nobody waiting', async () => {
    const hung = { mmcli: 'read nothing' };
    expect(await modem({ by: 'modemmanager', answerMs: 100 }, hung).ask()).toEqual({
      problem: 'mmcli: no answer in 100 ms',
    });
  });

  it('is not asked for where it is switched off', async () => {
    expect(await modem({ by: 'off' }, { mmcli: mmcli(signalJson(LTE)) }).ask()).toEqual({});
  });
});

describe('what a modem answers to AT commands', () => {
  it.each([
    ['\r\n+CSQ: 20,99\r\n\r\nOK\r\n', { rssi: -73 }],
    ['AT+CSQ\r\r\n+CSQ: 0,0\r\n\r\nOK\r\n', { rssi: -113 }],
    ['\r\n+CSQ: 31,99\r\n\r\nOK\r\n', { rssi: -51 }],
    ['\r\n+CSQ: 99,99\r\n\r\nOK\r\n', {}],
    ['\r\nERROR\r\n', {}],
    ['\r\n+CSQ: twenty\r\n\r\nOK\r\n', {}],
  ])('%j is %j', (answer, signal) => {
    expect(signalOfCsq(answer)).toEqual(signal);
  });

  it.each([
    ['\r\n+CESQ: 99,99,255,255,20,60\r\n\r\nOK\r\n', { rsrq: -10, rsrp: -81 }],
    ['\r\n+CESQ: 99,99,45,30,255,255\r\n\r\nOK\r\n', { rscp: -76, ecio: -9.5 }],
    ['\r\n+CESQ: 40,0,255,255,255,255\r\n\r\nOK\r\n', { rssi: -71 }],
    ['\r\n+CESQ: 99,99,255,255,255,255\r\n\r\nOK\r\n', {}],
    ['\r\n+CME ERROR: 50\r\n', {}],
  ])('%j is %j', (answer, signal) => {
    expect(signalOfCesq(answer)).toEqual(signal);
  });

  it('is read over its port, which is free again afterwards', async (context) => {
    await using pty = new PtyPair(requiredTool('socat', context));
    await pty.plug();
    const asked = modem({ by: 'at', path: pty.agent });
    // An echo, an unsolicited message in between, and a modem that knows both commands.
    const device = pty.answer('AT+C', (n) =>
      n % 2 === 1
        ? 'SQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n'
        : '\r\n+CREG: 1\r\n\r\n+CESQ: 99,99,255,255,20,60\r\n\r\nOK\r\n',
    );
    expect(await asked.ask()).toEqual({ signal: { rssi: -73, rsrq: -10, rsrp: -81 } });
    expect(await asked.ask()).toEqual({ signal: { rssi: -73, rsrq: -10, rsrp: -81 } });
    await device.end();
  });

  it('is what an older modem knows, which refuses the second command', async (context) => {
    await using pty = new PtyPair(requiredTool('socat', context));
    await pty.plug();
    const device = pty.answer('AT+C', (n) => (n === 1 ? '\r\n+CSQ: 10,99\r\n\r\nOK\r\n' : '\r\nERROR\r\n'));
    expect(await modem({ by: 'at', path: pty.agent }).ask()).toEqual({ signal: { rssi: -93 } });
    await device.end();
  });

  it('is waited for no longer than configured', async (context) => {
    await using pty = new PtyPair(requiredTool('socat', context));
    await pty.plug();
    const silent = modem({ by: 'at', path: pty.agent, answerMs: 100 });
    for (let n = 0; n < 2; n++)
      expect(await silent.ask()).toEqual({ problem: `${pty.agent}: no answer to AT+CSQ in 100 ms.` });
  });

  it('is not waited for once the agent stops, and the port is free', async (context) => {
    await using pty = new PtyPair(requiredTool('socat', context));
    await pty.plug();
    const stopping = new AbortController();
    const port = { path: pty.agent, baudRate: 115_200, answerMs: 60_000 };
    const asked = askAtModem(port, systemClock, stopping.signal);
    stopping.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    await expect(askAtModem({ ...port, answerMs: 100 }, systemClock)).rejects.toThrow(/no answer/);
  });

  it('fails in words where the port is not there', async () => {
    expect(await modem({ by: 'at', path: '/dev/no-modem' }).ask()).toEqual({
      problem: expect.stringContaining('No such file'),
    });
  });
});

it('every value of a signal has a unit of the SenML registry', () => {
  const all = { rssi: -1, rsrp: -1, rsrq: -1, snr: 1, rscp: -1, ecio: -1, quality: 50 };
  const measurements = signalMeasurements(all);
  expect(measurements.filter(({ unit }) => !isRegistered(unit))).toEqual([]);
  expect(measurements.map(({ sensor }) => sensor)).toContain('system/signal-quality');
});

it('asking for AT commands without a port is refused', async () => {
  const { sensorProblems } = await import('../config.ts');
  const system = { enabled: true, modem: { by: 'at' } };
  expect(sensorProblems(sensorsConfiguration({ system }))).toEqual([expect.stringContaining('path')]);
});
