import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { nodeArgsOf } from '@tashika/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const NODE = [process.execPath, ...nodeArgsOf(new URL('main.ts', import.meta.url))] as const;

/** A folder whose `tashika` is the program. */
let bin: string;

beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), 'tashika-command-'));
  const words = NODE.map((word) => `'${word}'`).join(' ');
  await writeFile(join(bin, 'tashika'), `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(join(bin, 'tashika'), 0o755);
});

afterAll(() => rm(bin, { recursive: true }));

async function outcomeOf(command: string, ...args: readonly string[]) {
  const child = spawn(command, args, {
    env: { PATH: `${bin}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

const tashika = (...args: readonly string[]) => outcomeOf('tashika', ...args);

describe.concurrent('tashika', () => {
  it('names the nearest group for one that there is not, on stdout as JSON with --json', async () => {
    expect(await tashika('rum', '--json')).toEqual({
      code: 2,
      out: expect.stringMatching(/"code": "USAGE",\n +"message": "There is no group rum; the nearest is run\./),
      err: '',
    });
  });

  it('runs a stand-in as that program itself', async () => {
    const { code, out } = await tashika('run', 'event-hubs', '--help');
    expect([code, out]).toEqual([0, expect.stringContaining('Starts a local Event Hubs')]);
  });

  it('goes on when nobody reads its output any more', async () => {
    const { code, err } = await outcomeOf('bash', '-c', 'tashika --help | true; echo "ended with $PIPESTATUS" >&2');
    expect([code, err]).toEqual([0, 'ended with 0\n']);
  });
});

it('completes commands and options in bash', async () => {
  const { out, err } = await outcomeOf(
    'bash',
    '-c',
    `eval "$(tashika completion bash)"
     completed() {
       COMP_WORDS=(tashika "$@"); COMP_CWORD=$#
       _tashika_yargs_completions
       echo "\${COMPREPLY[@]}"
     }
     completed run ev
     completed run --js`,
  );
  expect({ out, err }).toEqual({ out: 'event-hubs\n--json\n', err: '' });
});
