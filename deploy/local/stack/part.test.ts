import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock, TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { smallDisk } from '../line-file/testing/small-disk.ts';
import { DiskTrouble } from './disk-trouble.ts';
import { LogFile } from './log-file.ts';
import { complaintOf, withoutKeys } from './log-line.ts';
import { Part } from './part.ts';
import { identityOf, isAlive } from './process-identity.ts';

let directory: string;
let said: string[];
let heard: (() => void)[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tashika-part-'));
  said = [];
  heard = [];
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Resolves once something on the terminal matches. */
function told(pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const look = () => said.some((line) => pattern.test(line)) && resolve();
    heard.push(look);
    look();
  });
}

interface PartUnderTest {
  readonly onHopeless?: (error: Error) => void;
  readonly attempt?: (write: () => void) => boolean;
  readonly logs?: string;
  readonly clock?: Clock;
  readonly onChange?: () => void;
}

function part(program: string, options: PartUnderTest = {}): Part {
  const {
    onHopeless = () => {},
    attempt = writing,
    logs = directory,
    clock = systemClock,
    onChange = () => {},
  } = options;
  const script = join(directory, 'program.mjs');
  writeFileSync(script, program);
  return new Part({
    name: 'worker',
    script,
    args: [],
    env: {},
    logFile: join(logs, 'worker.log'),
    clock,
    tell: (line) => {
      said.push(line);
      for (const look of heard) look();
    },
    attempt,
    onChange,
    onHopeless,
  });
}

const writing = (write: () => void) => {
  write();
  return true;
};

const READY = "console.log('ready'); setInterval(() => {}, 1000);";
const isReady = (running: Part) => running.printed(/^ready$/).then(() => {});

describe('a part', () => {
  it('is ready when it says so, and ends when it is told to', async () => {
    const running = part(`process.on('SIGTERM', () => { console.log('drained'); process.exit(0); }); ${READY}`);
    await running.start(isReady);
    const process = identityOf(running.pid!);
    await running.stop(5_000);
    expect(isAlive(process)).toBe(false);
    expect(readFileSync(join(directory, 'worker.log'), 'utf8')).toBe('ready\ndrained\n');
    expect(said).toEqual([]);
  });

  it('is killed, with what it started, when it does not end in time', async () => {
    const running = part(
      `import { spawn } from 'node:child_process'; process.on('SIGTERM', () => {});
       const child = spawn('sleep', ['600']); console.log('child ' + child.pid); ${READY}`,
    );
    let grandchild!: ReturnType<typeof identityOf>;
    await running.start(async () => {
      const [child] = await Promise.all([running.printed(/^child /), isReady(running)]);
      grandchild = identityOf(Number(child.split(' ')[1]));
    });
    expect(isAlive(grandchild)).toBe(true);
    await running.stop(100);
    expect(said).toEqual([expect.stringContaining('did not end within 0.1 s')]);
    expect(isAlive(grandchild)).toBe(false);
  });

  it('is started again when it ends by itself, and that is said', async () => {
    const running = part(READY);
    await running.start(isReady);
    const again = running.printed(/^ready$/);
    process.kill(running.pid!, 'SIGKILL');
    await told(/worker ended by SIGKILL and is started again in 0\.5 s/);
    await again;
    await running.stop(5_000);
  });

  it('that ends again and again is started ever more slowly, which is said once for each wait', async () => {
    const clock = new TestClock();
    const broken = join(directory, 'broken');
    let change = () => {};
    const running = part(
      `import { existsSync } from 'node:fs';
       if (existsSync(${JSON.stringify(broken)})) { console.error('the store is gone'); process.exit(1); } ${READY}`,
      { clock, onChange: () => change() },
    );
    const ended = () =>
      new Promise<void>((resolve) => {
        change = () => running.pid === undefined && setImmediate(resolve);
      });
    await running.start(isReady);
    writeFileSync(broken, '');
    const killed = ended();
    process.kill(running.pid!, 'SIGKILL');
    await killed;
    for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      const again = ended();
      await clock.advance(waitMs - 1);
      expect(running.pid).toBeUndefined();
      await clock.advance(1);
      await again;
    }
    rmSync(broken);
    const ready = running.printed(/^ready$/);
    await clock.advance(10_000);
    await ready;
    await clock.advance(30_000);
    const waits = said.flatMap((line) => /started again in (\S+) s/.exec(line)?.[1] ?? []);
    expect(waits).toEqual(['0.5', '1', '2', '4', '8', '10']);
    expect(said.filter((line) => line.includes('the store is gone'))).toHaveLength(1);
    expect(said.at(-1)).toBe('worker runs again.');
    await running.stop(5_000);
    expect(clock.pending).toBe(0);
  });

  it('says why when it ends before it is ready', async () => {
    const running = part("console.error('CONFIG_INVALID: no store.'); process.exit(78);");
    await expect(running.start(isReady)).rejects.toMatchObject({
      code: 'PROGRAM_ENDED',
      message: 'worker ended with code 78.\nCONFIG_INVALID: no store.',
    });
    await running.stop(1_000);
  });

  it('is not started again when its configuration is wrong', async () => {
    const hopeless = new Promise<Error>((resolve) => {
      const running = part("console.log('ready'); setTimeout(() => process.exit(78), 200);", { onHopeless: resolve });
      void running.start(isReady);
    });
    await expect(hopeless).resolves.toMatchObject({ code: 'PROGRAM_ENDED' });
    expect(said).toEqual([]);
  });

  it('brings its errors to the terminal, each once, and leaves the rest in its log', async () => {
    const error = JSON.stringify({ level: 50, msg: 'the store is gone' });
    const running = part(
      `${READY} setTimeout(() => {
         console.log(JSON.stringify({ level: 30, msg: 'fine' })); console.log('${error}'); console.log('${error}');
         console.error('last words');
       }, 50);`,
    );
    await running.start(isReady);
    await told(/last words/);
    await running.stop(5_000);
    expect([...said].sort()).toEqual(['[worker] last words', '[worker] the store is gone']);
    expect(readFileSync(join(directory, 'worker.log'), 'utf8')).toContain('fine');
  });

  it('runs on while its log cannot be written, and logs again when there is room', async () => {
    const disk = smallDisk();
    onTestFinished(() => disk.remove());
    const clock = new TestClock();
    const trouble = new DiskTrouble(clock, (line) => said.push(line));
    const running = part(
      `process.on('SIGUSR2', () => console.log('x'.repeat(9_000))); process.on('SIGTERM', () => process.exit(0)); ${READY}`,
      { logs: join(disk.directory, 'logs'), attempt: (write) => trouble.attempt(write) },
    );
    await running.start(isReady);
    const ask = async () => {
      const answer = running.printed(/^x+$/);
      process.kill(running.pid!, 'SIGUSR2');
      await answer;
    };
    disk.fill();
    await ask();
    await ask();
    expect(said).toEqual([expect.stringContaining("The data directory can't be written: ENOSPC")]);
    disk.free();
    await clock.advance(10_001);
    await ask();
    await running.stop(5_000);
    expect(said.slice(1)).toEqual(['The data directory can be written again.']);
    expect(readFileSync(join(disk.directory, 'logs/worker.log'), 'utf8')).toBe(`ready\n${'x'.repeat(9_000)}\n`);
  });

  it('ends when its starter is killed outright', async () => {
    const script = join(directory, 'program.mjs');
    // Its last words find nobody to read them.
    writeFileSync(
      script,
      `import pino from ${JSON.stringify(import.meta.resolve('pino'))};
       const logger = pino();
       process.on('SIGTERM', () => { logger.info('draining'); logger.info('drained'); process.exit(0); });
       console.log('ready ' + process.pid); setInterval(() => {}, 1000);`,
    );
    const starter = join(directory, 'starter.mts');
    const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).pathname);
    writeFileSync(
      starter,
      `const { Part } = await import(${url('./part.ts')});
       const { systemClock } = await import(${url('../../../shared/time/index.ts')});
       const part = new Part({ name: 'x', script: ${JSON.stringify(script)}, args: [], env: {}, logFile: ${JSON.stringify(join(directory, 'x.log'))},
         clock: systemClock, tell: () => {}, attempt: (write) => { write(); return true; }, onChange: () => {}, onHopeless: () => {} });
       await part.start(async () => console.log((await part.printed(/^ready/)).split(' ')[1]));`,
    );
    const parent = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', starter], { cwd: process.cwd() });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const orphan = identityOf(Number(line.toString()));
    parent.kill('SIGKILL');
    const deadline = performance.now() + 10_000;
    while (isAlive(orphan) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAlive(orphan)).toBe(false);
  });
});

describe('a log', () => {
  it('never takes more than twice its limit', () => {
    const file = join(directory, 'some.log');
    const log = new LogFile(file, 1_000);
    for (let line = 0; line < 100; line++) log.write(`line ${line} ${'x'.repeat(50)}`);
    log.close();
    expect(statSync(file).size).toBeLessThanOrEqual(1_000);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(1_000);
    expect(readFileSync(file, 'utf8')).toContain('line 99');
  });

  it('holds no key', () => {
    const line = 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0=;EntityPath=telemetry';
    expect(withoutKeys(line)).toBe(
      'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=send;SharedAccessKey=…;EntityPath=telemetry',
    );
    expect(complaintOf(JSON.stringify({ level: 60, msg: 'no', err: { message: line } }))).not.toContain('c2VjcmV0');
  });

  it('complains from the level of an error', () => {
    expect(complaintOf('{"level":40,"msg":"slow"}')).toBeUndefined();
    expect(complaintOf('plain text')).toBeUndefined();
    expect(complaintOf('{"level":50,"msg":"no","err":{"message":"why"}}')).toBe('no: why');
  });
});
