import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LibgpiodMajor } from '../libgpiod.ts';

const VERSION = { 1: '1.6.3', 2: '2.2.1' };

/**
 * Stands where libgpiod's programs are installed: scripts that take the same arguments, and print what the real ones
 * print. `gpiomon` prints the edges that the test has it see, until the test ends it.
 */
export class ScriptedGpiod {
  readonly folder = mkdtempSync(join(tmpdir(), 'tashika-gpiod-'));
  readonly major: LibgpiodMajor;
  #edges: FileHandle | undefined;
  #seconds = 1_000;

  /** @param chips what `gpiodetect` prints; @param detectFails what it complains of besides */
  constructor(major: LibgpiodMajor, { chips = 'gpiochip0 [pinctrl-bcm2711] (58 lines)\n', detectFails = '' } = {}) {
    this.major = major;
    execFileSync('mkfifo', [this.#path('edges')]);
    this.#script('gpiodetect', `printf '%s' '${chips}'${detectFails && `; echo '${detectFails}' >&2; exit 1`}`);
    this.#script('gpioinfo', ':');
    this.#script('gpioget', `${this.#noted('gpioget')}; cat '${this.#path('level')}'`);
    const banner = major === 2 ? 'echo "Monitoring line 17..."' : ':';
    this.#script(
      'gpiomon',
      `[ "$1" = --version ] && { echo 'gpiomon (libgpiod) v${VERSION[major]}'; echo 'License: …'; exit 0; }
${this.#noted('gpiomon')}
${banner}
exec < '${this.#path('edges')}'
while read -r line; do
  case "$line" in
    end*) echo "\${line#end }" >&2; exit 1 ;;
    *) echo "$line" ;;
  esac
done`,
    );
    this.level(false);
  }

  /** The arguments of each call of a program so far. */
  calls(program: 'gpiomon' | 'gpioget'): readonly string[] {
    const file = this.#path(`${program}.calls`);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** What `gpioget` reads from now on. */
  level(level: boolean): void {
    writeFileSync(this.#path('level'), level ? '1\n' : '0\n');
  }

  /** The line changes `afterMs` after the change before; `gpiomon` tells it. Resolves when it is there to tell it. */
  async edge(level: boolean, afterMs = 1_000): Promise<void> {
    this.#seconds += afterMs / 1_000;
    const [whole, rest] = [Math.floor(this.#seconds), Math.round((this.#seconds % 1) * 1e9)];
    const printed =
      this.major === 1
        ? `${level ? 1 : 0} 17 ${whole} ${rest}\n`
        : `${level ? 1 : 2} 17 ${whole}.${String(rest).padStart(9, '0')}\n`;
    await (await this.#open()).write(printed);
  }

  /** `gpiomon` says this and ends. */
  async end(lastWords: string): Promise<void> {
    const edges = await this.#open();
    await edges.write(`end ${lastWords}\n`);
    await edges.close();
    this.#edges = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#edges?.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Opening a FIFO waits for its reader. */
  async #open(): Promise<FileHandle> {
    this.#edges ??= await open(this.#path('edges'), 'w');
    return this.#edges;
  }

  #noted(program: string): string {
    return `echo "$@" >> '${this.#path(`${program}.calls`)}'`;
  }

  #script(name: string, body: string): void {
    appendFileSync(this.#path(name), `#!/bin/sh\n${body}\n`);
    chmodSync(this.#path(name), 0o755);
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}
