import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { CommandArguments, CommandContext } from '../../command/index.ts';
import { type Settings, type SimSeed, type SoracomApi, startSoracomApi } from '../../local/soracom-api/index.ts';
import { soracomGroup } from '../command.ts';
import { HastyClock } from './hasty-clock.ts';

export interface RigOptions {
  readonly settings?: Settings;
  /** Or how many of them, in no group. */
  readonly sims?: readonly SimSeed[] | number;
  readonly requestsPerMinute?: number;
}

/** What a command said and ended with. */
export interface Said {
  readonly code: number | undefined;
  readonly error: unknown;
  readonly out: string;
  readonly progress: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they know is there
  readonly answer: any;
  /** All of it, to look for what must not be in it. */
  readonly everything: string;
}

/** The stand-in of SORACOM's API, a folder for files, and the commands. */
export class Rig {
  readonly api: SoracomApi;
  readonly directory: string;
  readonly clock: HastyClock;
  readonly env: Record<string, string>;

  private constructor(api: SoracomApi, directory: string, clock: HastyClock) {
    this.api = api;
    this.directory = directory;
    this.clock = clock;
    const { authKeyId, authKey } = api.authKey;
    this.env = { SORACOM_ENDPOINT: api.url, SORACOM_AUTH_KEY_ID: authKeyId, SORACOM_AUTH_KEY: authKey };
  }

  static async start({ settings, sims = 3, requestsPerMinute = 100_000 }: RigOptions = {}): Promise<Rig> {
    const clock = new HastyClock();
    const api = await startSoracomApi({
      ...{ clock, requestsPerMinute, sims: typeof sims === 'number' ? simSeeds(sims) : sims },
      ...(settings && { settings }),
    });
    return new Rig(api, await mkdtemp(join(tmpdir(), 'tashika-soracom-')), clock);
  }

  /** Writes files below the folder; a text is written as it is. */
  async write(files: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.directory, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    }
  }

  /** Runs `tashika soracom NAME` in the folder. */
  async run(
    name: string,
    args: CommandArguments,
    {
      yes = true,
      signal = new AbortController().signal,
    }: Partial<Pick<CommandContext, 'signal'>> & { yes?: boolean } = {},
  ): Promise<Said> {
    const out: string[] = [];
    const progress: string[] = [];
    let answer: unknown;
    const context: CommandContext = {
      ...{ env: this.env, cwd: this.directory, json: true, stdin: Readable.from([]), clock: this.clock, signal },
      print: (text) => out.push(text),
      answer: (value) => {
        answer = value;
      },
      progress: (text) => progress.push(text),
      confirm: async () => yes,
    };
    const command = soracomGroup.commands.find((each) => each.name === name)!;
    let code: number | undefined;
    let error: unknown;
    try {
      code = await command.run(args, context);
    } catch (thrown) {
      error = thrown;
    }
    const everything = JSON.stringify([
      out,
      progress,
      answer,
      String(error),
      (error as Error | undefined)?.stack,
      causesOf(error),
    ]);
    return { code, error, out: out.join('\n'), progress, answer, everything };
  }

  /** What the account is set to, ids of groups replaced by their names, so that two runs can be compared. */
  state(): unknown {
    const { groups, credentials, sims } = this.api.state.settings;
    const names = new Map(groups.map(({ groupId, tags }) => [groupId, tags.name]));
    return {
      credentials: sorted(
        credentials.map(({ credentialsId, type, description, credentials: content }) => ({
          id: credentialsId,
          type,
          description,
          content,
        })),
      ),
      groups: sorted(groups.map(({ tags, configuration }) => ({ id: tags.name, tags, configuration }))),
      sims: sorted([...sims].map(([imsi, { groupId = '', tags }]) => ({ id: imsi, group: names.get(groupId), tags }))),
    };
  }

  async close(): Promise<void> {
    await this.api.close();
    await rm(this.directory, { recursive: true });
  }
}

/** The n-th SIM of the account, from 0. */
export function simOf(index: number): { readonly imsi: string; readonly imei: string } {
  const number = String(index).padStart(10, '0');
  return { imsi: `29500${number}`, imei: `86000${number}` };
}

function simSeeds(count: number): readonly SimSeed[] {
  return Array.from({ length: count }, (_, index) => ({ sim: simOf(index) }));
}

function sorted<T extends { readonly id: string | undefined }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
}

function causesOf(error: unknown): readonly string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? [] : [String(cause), (cause as Error).stack ?? '', ...causesOf(cause)];
}
