import { Readable } from 'node:stream';
import { type Clock, systemClock } from '@tashika/shared/time';
import type { CommandArguments, CommandContext } from '../../command/index.ts';
import { fleetGroup } from '../command.ts';

/** What a command said and ended with. */
export interface Said {
  readonly code: number | undefined;
  readonly error: unknown;
  readonly out: string;
  readonly progress: readonly string[];
  readonly asked: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they know is there
  readonly answer: any;
}

export interface Surroundings {
  readonly api: string;
  readonly cwd?: string;
  readonly yes?: boolean;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** Runs `tashika fleet NAME` against the API at `api`. */
export async function run(name: string, args: CommandArguments, around: Surroundings): Promise<Said> {
  const out: string[] = [];
  const progress: string[] = [];
  const asked: string[] = [];
  let answer: unknown;
  const context: CommandContext = {
    env: { TASHIKA_API: around.api, USER: 'sato' },
    cwd: around.cwd ?? '/nowhere',
    json: true,
    stdin: Readable.from([]),
    clock: around.clock ?? systemClock,
    signal: around.signal ?? new AbortController().signal,
    print: (text) => out.push(text),
    answer: (value) => {
      answer = value;
    },
    progress: (text) => {
      progress.push(text);
      around.onProgress?.(text);
    },
    confirm: async (question) => {
      asked.push(question);
      return around.yes ?? true;
    },
  };
  let code: number | undefined;
  let error: unknown;
  try {
    code = await fleetGroup.commands.find((each) => each.name === name)!.run(args, context);
  } catch (thrown) {
    error = thrown;
  }
  return { code, error, out: out.join('\n'), progress, asked, answer };
}
