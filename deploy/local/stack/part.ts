import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { LogFile } from './log-file.ts';
import { complaintOf, isLogLine, withoutKeys } from './log-line.ts';

export interface PartOptions {
  readonly name: string;
  /** Path of the program. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Does what writes to the log; false where it fails. */
  readonly attempt: (write: () => void) => boolean;
  readonly clock: Clock;
  /** Says something on the terminal. */
  readonly tell: (line: string) => void;
  /** Told when a process of this part begins or ends. */
  readonly onChange: () => void;
  /** The part can't run, whatever is tried. */
  readonly onHopeless: (error: TashikaError) => void;
}

const FIRST_RESTART_MS: Duration = 500;
const LONGEST_RESTART_MS: Duration = 10_000;
/** A part that ran this long has recovered: that is said, and the next restart is quick again. */
const SETTLED_MS: Duration = 30_000;
/** A complaint that was not heard for this long is said anew. */
const REPEAT_COMPLAINT_MS: Duration = 60_000;
/** How programs of ours end when their command line or configuration is wrong: no restart mends that. */
const HOPELESS_CODES = new Set<number | null>([2, 78]);
const KEPT_ERROR_LINES = 5;

/**
 * A program of the stack as a process of its own, in its own process group so that Ctrl-C reaches `npm start` alone. It
 * is started again when it ends by itself once it was ready; what it writes goes to its log, its errors to the terminal.
 */
export class Part {
  readonly #options: PartOptions;
  readonly #log: LogFile;
  readonly #complaints = new Map<string, number>();
  readonly #watchers = new Set<(line: string) => void>();
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #ready = false;
  #stopping = false;
  #restart: TimerHandle | undefined;
  #settled: TimerHandle | undefined;
  #restarts = 0;
  #saidEnd: string | undefined;
  #lastErrors: string[] = [];
  #endedEarly: ((error: TashikaError) => void) | undefined;

  constructor(options: PartOptions) {
    this.#options = options;
    this.#log = new LogFile(options.logFile);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Number of the running process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the process and waits until `isReady` says so.
   *
   * @throws TashikaError `PROGRAM_ENDED` when it ends before it is ready
   */
  async start(isReady: (part: Part) => Promise<void>): Promise<void> {
    const early = new Promise<never>((_, reject) => {
      this.#endedEarly = reject;
    });
    this.#spawn();
    try {
      await Promise.race([isReady(this), early]);
      this.#ready = true;
    } finally {
      this.#endedEarly = undefined;
    }
  }

  /** The first line of standard output that `pattern` matches, from now on. */
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const watch = (line: string) => {
        if (!pattern.test(line)) return;
        this.#watchers.delete(watch);
        resolve(line);
      };
      this.#watchers.add(watch);
    });
  }

  /** SIGTERM, and SIGKILL after `withinMs`. */
  async stop(withinMs: Duration): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    this.#settled?.cancel();
    this.#process?.kill('SIGTERM');
    const outOfTime = new AbortController();
    await Promise.race([
      this.#ended,
      this.#options.clock.sleep(withinMs, outOfTime.signal).then(
        () => {
          this.#options.tell(`${this.#options.name} did not end within ${withinMs / 1_000} s and is killed.`);
          this.kill();
        },
        () => {},
      ),
    ]);
    outOfTime.abort();
    await this.#ended;
    this.#log.close();
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping = true;
    this.#restart?.cancel();
    this.#settled?.cancel();
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL'); // its group: what it started goes with it
    } catch {
      // gone already
    }
  }

  #spawn(): void {
    const { script, args, env, clock, onChange } = this.#options;
    this.#lastErrors = [];
    if (this.#restarts > 0) this.#settled = clock.after(SETTLED_MS, () => this.#recovered());
    const child = spawn(process.execPath, [...lifeline(), script, ...args], {
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#process = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#said(line));
    createInterface({ input: child.stderr! }).on('line', (line) => this.#complained(line));
    child.on('error', () => {}); // a kill of what is gone; a failed start ends below
    this.#ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.#process = undefined;
        resolve();
        onChange();
        this.#end(code, signal);
      });
    });
    onChange();
  }

  #said(line: string): void {
    this.#keep(line);
    for (const watch of this.#watchers) watch(line);
    const complaint = complaintOf(line);
    if (complaint) this.#surface(complaint);
  }

  /** Logs come by either stream; what is no log line on standard error is a complaint itself. */
  #complained(line: string): void {
    this.#keep(line);
    const complaint = isLogLine(line) ? complaintOf(line) : withoutKeys(line);
    if (!complaint) return;
    this.#lastErrors = [...this.#lastErrors, complaint].slice(-KEPT_ERROR_LINES);
    if (this.#ready) this.#surface(complaint);
  }

  #keep(line: string): void {
    this.#options.attempt(() => this.#log.write(withoutKeys(line)));
  }

  /** The same complaint again and again is said once. */
  #surface(complaint: string): void {
    const { clock, name, tell } = this.#options;
    const now = clock.monotonic();
    for (const [text, at] of this.#complaints) if (now - at > REPEAT_COMPLAINT_MS) this.#complaints.delete(text);
    if (this.#stopping) return;
    const said = this.#complaints.has(complaint);
    this.#complaints.set(complaint, now);
    if (!said) tell(`[${name}] ${complaint}`);
  }

  #recovered(): void {
    this.#restarts = 0;
    this.#saidEnd = undefined;
    this.#options.tell(`${this.#options.name} runs again.`);
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    const { clock, name, tell, onHopeless } = this.#options;
    this.#settled?.cancel();
    const how = signal ? `by ${signal}` : `with code ${code}`;
    const error = new TashikaError('PROGRAM_ENDED', [`${name} ended ${how}.`, ...this.#lastErrors].join('\n'));
    this.#endedEarly?.(error);
    if (this.#stopping || !this.#ready) return;
    if (HOPELESS_CODES.has(code)) {
      onHopeless(error);
      return;
    }
    const delayMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restarts++);
    // A part that ends again and again is told of once for each wait, not for as long as it goes on.
    const end = `${name} ended ${how} and is started again in ${delayMs / 1_000} s. Its log: ${this.#log.path}`;
    if (end !== this.#saidEnd) tell(end);
    this.#saidEnd = end;
    this.#restart = clock.after(delayMs, () => this.#spawn());
  }
}

/** Loads the lifeline as this module itself was loaded: compiled, or from source in development. */
function lifeline(): readonly string[] {
  const compiled = import.meta.url.endsWith('.js');
  const module = new URL(compiled ? './lifeline.js' : './lifeline.ts', import.meta.url);
  return compiled ? ['--import', module.href] : ['--import', 'tsx', '--import', fileURLToPath(module)];
}
