import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { childEnvironment } from '../../child-environment.ts';
import {
  type CharacterLine,
  gpiogetArguments,
  type LibgpiodMajor,
  libgpiodVersion,
  type WatchOptions,
} from './libgpiod.ts';

const run = promisify(execFile);
/** A tool that hangs must not hang the sensor. */
const MOST_MS = 10_000;

/** libgpiod's programs (Debian's package `gpiod`), as they are installed here. */
export class GpioTools {
  readonly major: LibgpiodMajor;
  /** Such as `2.2.1`. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;

  private constructor(major: LibgpiodMajor, version: string, env: NodeJS.ProcessEnv) {
    this.major = major;
    this.version = version;
    this.env = env;
  }

  /**
   * @param folder where the programs are; left out, where PATH says
   * @throws TashikaError `SENSOR_UNAVAILABLE` where they are not installed, or of a generation that is not known
   */
  static async find(folder?: string): Promise<GpioTools> {
    const { PATH = '' } = process.env;
    const env = { ...childEnvironment(), ...(folder !== undefined && { PATH: `${folder}${delimiter}${PATH}` }) };
    const printed = await run('gpiomon', ['--version'], { env, timeout: MOST_MS }).then(
      ({ stdout }) => stdout,
      (cause) => {
        throw new TashikaError('SENSOR_UNAVAILABLE', NOT_INSTALLED, { cause });
      },
    );
    const found = libgpiodVersion(printed);
    if (!found)
      throw new TashikaError(
        'SENSOR_UNAVAILABLE',
        `gpiomon is of a libgpiod that is neither 1 nor 2: ${firstLine(printed)}.`,
      );
    return new GpioTools(found.major, found.version, env);
  }

  /** What `gpiodetect` prints. */
  detect(): Promise<string> {
    return this.#run('gpiodetect', []);
  }

  /** What `gpioinfo` prints. */
  info(): Promise<string> {
    return this.#run('gpioinfo', []);
  }

  /** The level now. Rejects while the line is watched, by whomever. */
  async level(line: CharacterLine, options: WatchOptions): Promise<boolean> {
    const printed = (await this.#run('gpioget', gpiogetArguments(this.major, line, options))).trim();
    if (printed !== '0' && printed !== '1') throw new Error(`gpioget says ${firstLine(printed)}, which is no level.`);
    return printed === '1';
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    try {
      return (await run(program, [...args], { env: this.env, timeout: MOST_MS })).stdout;
    } catch (cause) {
      const { stdout, stderr = '' } = cause as { stdout?: string; stderr?: string };
      // A chip that this user may not open fails the tool, which lists the others all the same.
      if (stdout) return stdout;
      const said = firstLine(stderr) || messageOf(cause);
      throw new Error(explained(said), { cause });
    }
  }
}

const NOT_INSTALLED =
  'gpiomon is not installed; it counts pulses, sets pulls, and reads lines where the kernel has no sysfs GPIO. Install it with: apt install gpiod';

/** What libgpiod's programs say, with what a person can do about it. */
export function explained(said: string): string {
  return said.includes('Device or resource busy') ? `${said} (another program has the line: see gpioinfo)` : said;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
