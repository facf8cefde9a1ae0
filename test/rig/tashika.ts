import { Program } from './program.ts';

/** What a command ended with. */
export interface Answered<T> {
  readonly code: number | null;
  /** The one document that `--json` answers with; undefined where there is none. */
  readonly answer: T | undefined;
  /** What it told a person meanwhile. */
  readonly said: string;
}

/** Runs `tashika …` as a person at a terminal would, against the API at `url`; questions are answered with yes. */
export async function tashika<T = unknown>(url: string, ...args: readonly string[]): Promise<Answered<T>> {
  const command = new Program('deploy/dist/command/main.js', [...args, '--json', '--yes'], { TASHIKA_API: url });
  const code = await command.finished();
  const { output, errors: said } = command;
  return { code, answer: output === '' ? undefined : (JSON.parse(output) as T), said };
}
