import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { Intake } from '../intake.ts';
import { requiredTool } from '../sensors/testing/required-tool.ts';
import { Spool } from '../spool/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { startAgentProcess } from '../testing/agent-process.ts';
import { until } from '../testing/until.ts';
import { Feeding, type Look, serviceManager, stallOf, tracked, type Vitals, Work } from './index.ts';

const logger = pino({ level: 'silent' });
const POST_MS = 30_000;

describe('progress', () => {
  const idle = { inHand: 0, movedAt: 0 };
  const busy = { inHand: 1, movedAt: 0 };
  const at = (now: number, more: Partial<Vitals> = {}) =>
    stallOf(
      { now, appends: idle, spool: idle, posts: idle, diskRefuses: false, hasToSend: false, ...more },
      { postMs: POST_MS },
    );
  const DAY = 86_400_000;

  it('is to have nothing to do, for however long', () => {
    expect(at(1_000 * DAY)).toBeUndefined();
  });

  it('is not there when the spool takes no reading for two minutes', () => {
    expect(at(119_000, { appends: busy })).toBeUndefined();
    expect(at(121_000, { appends: { inHand: 7, movedAt: 0 } })).toBe(
      'The spool has taken none of 7 readings for 121 s.',
    );
    expect(at(121_000, { appends: { inHand: 7, movedAt: 60_000 } })).toBeUndefined();
  });

  it('is there while a disk refuses: a restart would cost what is in memory', () => {
    expect(at(DAY, { appends: busy, diskRefuses: true })).toBeUndefined();
  });

  it('is not there when the spool leaves the uplink without an answer, or a post has no end', () => {
    expect(at(121_000, { spool: busy })).toContain('has not answered the uplink for 121 s');
    expect(at(POST_MS + 59_000, { posts: busy })).toBeUndefined();
    expect(at(POST_MS + 61_000, { posts: busy })).toContain('A post has had no end for 91 s');
  });

  it('is to wait with readings for a day, as a spent budget does, and no longer', () => {
    expect(at(25 * 3_600_000, { hasToSend: true })).toBeUndefined();
    expect(at(26 * 3_600_000, { hasToSend: true })).toContain('nothing was tried');
    expect(at(26 * 3_600_000, { hasToSend: true, posts: { inHand: 0, movedAt: 2 * 3_600_000 } })).toBeUndefined();
  });
});

describe('work', () => {
  it('is in hand until it ends, well or badly, and moves when any of it ends', async () => {
    const clock = new TestClock();
    const work = new Work(clock);
    let end!: () => void;
    void work.track(new Promise<void>((resolve) => (end = resolve)));
    await clock.advance(10);
    await work.track(Promise.reject(new Error('bad'))).catch(() => undefined);
    expect(work.state).toEqual({ inHand: 1, movedAt: 10 });
    await clock.advance(10);
    end();
    await clock.advance(0);
    expect(work.state).toEqual({ inHand: 0, movedAt: 20 });
  });

  it('is one piece where calls share one promise, as readings do that are forced onto the disk together', async () => {
    const work = new Work(new TestClock());
    let end!: () => void;
    const together = new Promise<void>((resolve) => (end = resolve));
    const store = tracked({ append: () => together }, ['append'], work);
    void store.append();
    void store.append();
    expect(work.state.inHand).toBe(1);
    end();
    await together;
    await Promise.resolve();
    expect(work.state.inHand).toBe(0);
  });
});

/** A datagram socket as systemd gives one, read by a program of its own, and what it was told, a line each. */
async function notifySocket(context: TestContext) {
  requiredTool('systemd-notify', context);
  const python = requiredTool('python3', context);
  const directory = mkdtempSync(join(tmpdir(), 'tashika-notify-'));
  const path = join(directory, 'notify');
  const script = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
    's.bind(sys.argv[1])',
    'print("bound", flush=True)',
    'while True:',
    // recv without room for descriptors closes the one that systemd-notify waits for
    '  for line in s.recv(4096).decode().splitlines(): print(line, flush=True)',
  ].join('\n');
  const receiver = spawn(python, ['-c', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    receiver.kill();
    await once(receiver, 'close');
    rmSync(directory, { recursive: true });
  });
  const told: string[] = [];
  const lines = createInterface({ input: receiver.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => line !== 'BARRIER=1' && told.push(line));
  const manager = serviceManager({ PATH: process.env.PATH, NOTIFY_SOCKET: path, WATCHDOG_USEC: '90000000' })!;
  return { told, manager, path, directory };
}

describe('the service manager', () => {
  it('is none where none started this process', () => {
    expect(serviceManager({})).toBeUndefined();
  });

  it('has a watchdog that is fed thrice in its time, if it is for this process', () => {
    const env = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '90000000' };
    expect(serviceManager({ ...env })?.feedEvery).toBe(30_000);
    expect(serviceManager({ ...env, WATCHDOG_PID: String(process.pid) })?.feedEvery).toBe(30_000);
    expect(serviceManager({ ...env, WATCHDOG_PID: '1' })?.feedEvery).toBeUndefined();
    expect(serviceManager({ NOTIFY_SOCKET: '/x' })?.feedEvery).toBeUndefined();
  });

  it('is not spoken to by other programs that the agent runs', () => {
    const env = { PATH: '/bin', NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '90000000', WATCHDOG_PID: String(process.pid) };
    serviceManager(env);
    expect(env).toEqual({ PATH: '/bin' });
  });

  it('is told by the real systemd-notify', async (context) => {
    const { told, manager } = await notifySocket(context);
    expect(await manager.tell('READY=1', 'STATUS=region 13; 0 readings held')).toBeUndefined();
    await until(() => told.length >= 2);
    expect(told).toEqual(['READY=1', 'STATUS=region 13; 0 readings held']);
  });

  it('is no reason to stop where it can not be told', async () => {
    const manager = serviceManager({ PATH: '/nowhere', NOTIFY_SOCKET: '/x' })!;
    expect(await manager.tell('READY=1')).toContain('systemd-notify');
  });
});

describe('the watchdog', () => {
  it('is fed while readings are stored, and not when the spool is wedged, until it gets on again', async (context) => {
    const { told, manager } = await notifySocket(context);
    const clock = Object.assign(new TestClock(), { bootId: '00000000-0000-4000-8000-000000000001' });
    let unwedge: (() => void) | undefined;
    let wedged = false;
    const files = new (class extends MemoryFiles {
      /** Like a disk that hangs: no error, no end. */
      override async syncFolder(folder: string): Promise<void> {
        if (wedged) await new Promise<void>((resolve) => (unwedge = resolve));
        await super.syncFolder(folder);
      }
    })();
    const spool = await Spool.open({
      ...{ files, clock, bootId: clock.bootId, report: () => undefined, policy: 'drop-oldest' },
      ...{ maxBytes: 1_000_000, segmentBytes: 100, fsyncMs: 10, fsyncReadings: 10, memoryBytes: 100_000 },
    });
    const appends = new Work(clock);
    const intake = new Intake({ spool: tracked(spool, ['append'], appends), clock, synced: () => true, logger });
    const look = (): Look => {
      const none = { inHand: 0, movedAt: 0 };
      const { diskRefuses } = spool.figures;
      const vitals = { spool: none, posts: none, diskRefuses, hasToSend: false, now: clock.monotonic() };
      return { stall: stallOf({ ...vitals, appends: appends.state }, { postMs: POST_MS }), status: 'fine' };
    };
    const feeding = new Feeding({ manager, clock, logger, look });
    feeding.start();
    /** Half a minute, with a reading each second, and one feeding time. */
    async function passes(): Promise<void> {
      const before = told.length;
      for (let second = 0; second < 30; second++) {
        intake.report('x', second);
        await clock.advance(1_000);
      }
      await until(() => told.length > before && clock.pending > 0);
    }
    const fed = () => told.filter((line) => line === 'WATCHDOG=1').length;

    await passes();
    await passes();
    expect(fed()).toBe(2);
    wedged = true;
    for (let times = 0; times < 6; times++) await passes();
    // For two minutes it may be a slow disk; after that it is fed no more, and systemd ends it.
    expect(fed()).toBe(6);
    expect(told.at(-1)).toMatch(/^STATUS=The spool has taken none of \d+ readings for 1\d\d s\.$/);
    wedged = false;
    unwedge!();
    await passes();
    expect(fed()).toBe(7);
    feeding.stop();
    await spool.close();
  });

  it('is fed by a real agent, which tells when it is ready and when it stops', async (context) => {
    const { told, path, directory } = await notifySocket(context);
    const agent = startAgentProcess(['run'], {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '300000',
      TASHIKA_EDGE_REGION: '13',
      TASHIKA_EDGE_METADATA_USER_DATA: 'false',
      TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'data'),
      TASHIKA_EDGE_UPLINK_URL: 'http://127.0.0.1:1',
    });
    await until(() => told.filter((line) => line === 'WATCHDOG=1').length >= 2);
    expect(await agent.end('SIGTERM')).toBe(0);
    await until(() => told.at(-1) === 'STOPPING=1');
    expect(told[0]).toBe('READY=1');
    expect(told.filter((line) => !/^(READY=1|WATCHDOG=1|STATUS=.*|STOPPING=1)$/.test(line))).toEqual([]);
    // A link that is away is no stall.
    expect(told.filter((line) => line.startsWith('STATUS='))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^STATUS=region 13; .* last post accepted: none yet/)]),
    );
  });

  it('is not fed by a timer alone while there is no agent', async () => {
    const clock = new TestClock();
    const told: string[][] = [];
    const manager = { feedEvery: 1_000, tell: async (...each: string[]) => void told.push(each) };
    const feeding = new Feeding({ manager, clock, logger, look: () => undefined });
    feeding.start();
    feeding.start();
    await clock.advance(10_000);
    expect([told, clock.pending]).toEqual([[], 1]);
    feeding.stop();
    expect(clock.pending).toBe(0);
  });
});
