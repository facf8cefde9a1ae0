import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { TashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { type FrontDoorProcess, frontDoor } from './front-door.ts';
import type { Command, CommandArguments } from './group.ts';
import { GROUPS, type LazyGroup } from './groups.ts';

/** A process whose output a test can read. */
class FakeProcess extends EventEmitter implements FrontDoorProcess {
  readonly env = {};
  readonly stdout: PassThrough & { columns?: number } = new PassThrough();
  readonly stderr: PassThrough & { isTTY?: boolean; columns?: number } = new PassThrough();
  stdin: Readable & { isTTY?: boolean } = Readable.from([]);
  readonly exits: number[] = [];

  cwd(): string {
    return '/somewhere';
  }

  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }

  get said(): string {
    return (this.stdout.read() as Buffer | null)?.toString() ?? '';
  }

  get complained(): string {
    return (this.stderr.read() as Buffer | null)?.toString() ?? '';
  }
}

function groupOf(...commands: readonly (Partial<Command> & Pick<Command, 'run'>)[]): readonly LazyGroup[] {
  const group = {
    name: 'ship',
    summary: 'Send things',
    commands: commands.map((command, index) => ({ name: `send${index || ''}`, summary: 'Send one thing', ...command })),
  };
  return [{ name: group.name, summary: group.summary, load: async () => group }];
}

async function run(
  args: readonly string[],
  groups: readonly LazyGroup[],
  process = new FakeProcess(),
  clock = new TestClock(0),
) {
  const code = await frontDoor(args, process, { version: '9.9.9', groups, clock });
  return { code, out: process.said, err: process.complained };
}

describe('the arguments of a command', () => {
  async function given(args: readonly string[]): Promise<CommandArguments> {
    let seen: CommandArguments = {};
    const { code, err } = await run(
      ['ship', 'send', ...args],
      groupOf({
        positionals: [
          { name: 'what', summary: 'What', required: true },
          { name: 'more', summary: 'More', many: true },
        ],
        options: {
          'to-whom': { type: 'text', summary: 'Who gets it', value: 'NAME' },
          times: { type: 'number', summary: 'How often', standard: 1 },
          note: { type: 'list', summary: 'What to write on it' },
          'dry-run': { type: 'flag', summary: 'Send nothing' },
        },
        async run(args) {
          seen = args;
          return 0;
        },
      }),
    );
    expect([code, err]).toEqual([0, '']);
    return seen;
  }

  it('are known by the names that were declared, with the standard of what is left out', async () => {
    expect(await given(['box'])).toEqual({ what: 'box', more: [], times: 1, '--': [] });
  });

  it('are texts, numbers, lists and flags as declared', async () => {
    expect(
      await given(['0012', '7', '8', '--to-whom', '007', '--times=3', '--note', 'a', '--note', 'b', '--dry-run']),
    ).toEqual({
      what: '0012',
      more: ['7', '8'],
      'to-whom': '007',
      times: 3,
      note: ['a', 'b'],
      'dry-run': true,
      '--': [],
    });
  });

  it('may be a lone dash, by custom standard input', async () => {
    expect(await given(['-', 'a', '-', '--to-whom', '-'])).toMatchObject({
      what: '-',
      more: ['a', '-'],
      'to-whom': '-',
    });
  });

  it('end at a lone --', async () => {
    expect(await given(['box', '--', '--times', '9'])).toMatchObject({ times: 1, '--': ['--times', '9'] });
  });
});

describe('wrong usage ends with 2 and says what is wrong where', () => {
  const groups = groupOf({
    positionals: [{ name: 'what', summary: 'What', required: true }],
    options: {
      times: { type: 'number', summary: 'How often' },
      how: { type: 'text', summary: 'How', choices: ['slow', 'fast'] },
      note: { type: 'list', summary: 'What to write on it' },
    },
    run: async () => 0,
  });

  it.each([
    [[], /^USAGE: A group is missing\. tashika --help lists what there is\.\n$/],
    [['shop'], /^USAGE: There is no group shop; the nearest is ship\. tashika --help lists/],
    [['shop', 'ship'], /^USAGE: There is no group shop; the nearest is ship\. tashika --help lists/],
    [['nothing', 'like', 'it'], /^USAGE: .*nothing.* tashika --help lists/],
    [['ship'], /^USAGE: A command is missing\. tashika ship --help lists/],
    [['ship', 'sent'], /^USAGE: There is no command sent; the nearest is send\. tashika ship --help lists/],
    [['ship', 'send'], /^USAGE: It takes WHAT\. tashika ship send --help lists/],
    [['ship', 'send', 'a', 'b'], /^USAGE: Unknown .*b\. tashika ship send --help lists/],
    [['ship', 'send', 'a', '--tims', '3'], /^USAGE: Unknown argument: tims\. tashika ship send --help lists/],
    [['ship', 'send', 'a', '--times', 'often'], /^USAGE: --times takes a number\. tashika ship send --help lists/],
    [['ship', 'send', 'a', '--times', '1', '--times', '2'], /^USAGE: --times was given more than once\. /],
    [['ship', 'send', 'a', '--times'], /^USAGE: .*times.* tashika ship send --help lists/],
    [
      ['ship', 'send', 'a', '--how', 'well'],
      /^USAGE: --how is "well"; it must be one of slow, fast\. tashika ship send --help lists/,
    ],
    [['ship', 'send', ''], /^USAGE: WHAT is empty\. tashika ship send --help lists/],
    [['ship', 'send', 'a', '--how='], /^USAGE: --how .*\. tashika ship send --help lists/],
    [['ship', 'send', 'a', '--note', 'b', '--note', ''], /^USAGE: --note is empty\. tashika ship send --help lists/],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await run(args, groups);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

describe('what a command ends with', () => {
  it.each([
    ['what it returned', async () => 3 as const, 3, ''],
    [
      '1 for an error of ours, as a sentence without a stack',
      async () => {
        throw new TashikaError('NOT_FOUND', 'It is not there.');
      },
      1,
      'NOT_FOUND: It is not there.\n',
    ],
    [
      '78 for a wrong configuration',
      async () => {
        throw new TashikaError('CONFIG_INVALID', 'port is text.');
      },
      78,
      'CONFIG_INVALID: port is text.\n',
    ],
  ])('is %s', async (_what, command, code, err) => {
    expect(await run(['ship', 'send'], groupOf({ run: command }))).toEqual({ code, out: '', err });
  });

  it('is 1 for a fault of the program, which is told with its place', async () => {
    const { code, err } = await run(
      ['ship', 'send'],
      groupOf({
        async run() {
          throw new TypeError('x is undefined');
        },
      }),
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^INTERNAL: x is undefined\n[\s\S]*front-door\.test\.ts/);
  });
});

describe('with --json', () => {
  it('stdout is one document and nothing for a person', async () => {
    const { code, out, err } = await run(
      ['ship', 'send', '--json'],
      groupOf({
        async run(_args, { print, answer, progress, json }) {
          progress('half');
          print('sent');
          answer({ sent: 1, json });
          return 0;
        },
      }),
    );
    expect({ code, answer: JSON.parse(out), err }).toEqual({ code: 0, answer: { sent: 1, json: true }, err: 'half\n' });
  });

  it('an error is the document', async () => {
    const { code, out, err } = await run(['ship', 'fly', '--json'], groupOf({ run: async () => 0 }));
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toEqual({ error: { code: 'USAGE', message: expect.stringContaining('fly') } });
  });
});

describe('a signal', () => {
  it('aborts the work, which ends with 130 for Ctrl-C', async () => {
    const process = new FakeProcess();
    const outcome = run(
      ['ship', 'send'],
      groupOf({
        async run(_args, { clock, signal }) {
          queueMicrotask(() => process.emit('SIGINT'));
          await clock.sleep(60_000, signal);
          return 0;
        },
      }),
      process,
    );
    expect(await outcome).toEqual({
      code: 130,
      out: '',
      err: 'INTERRUPTED: Stopped by SIGINT. It can be run again.\n',
    });
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('ends as many waits as there are, without a warning', async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown) => warnings.push(warning);
    globalThis.process.on('warning', note);
    const process = new FakeProcess();
    const { code } = await run(
      ['ship', 'send'],
      groupOf({
        async run(_args, { clock, signal }) {
          const waits = Array.from({ length: 40 }, () => clock.sleep(60_000, signal));
          process.emit('SIGINT');
          await Promise.allSettled(waits);
          return 0;
        },
      }),
      process,
    );
    await new Promise(setImmediate);
    globalThis.process.off('warning', note);
    expect([code, warnings]).toEqual([130, []]);
  });

  it('lets work that finishes what it began say so, and still ends with its number', async () => {
    const process = new FakeProcess();
    const outcome = await run(
      ['ship', 'send'],
      groupOf({
        async run(_args, { print }) {
          process.emit('SIGTERM');
          print('two of three are sent');
          return 0;
        },
      }),
      process,
    );
    expect(outcome).toEqual({ code: 143, out: 'two of three are sent\n', err: '' });
  });

  it('that comes again ends the process, but for the one that npm hands on as well', async () => {
    const process = new FakeProcess();
    const clock = new TestClock(0);
    await run(
      ['ship', 'send'],
      groupOf({
        async run() {
          process.emit('SIGINT');
          await clock.advance(400);
          process.emit('SIGINT');
          expect(process.exits).toEqual([]);
          await clock.advance(200);
          process.emit('SIGINT');
          return 0;
        },
      }),
      process,
      clock,
    );
    expect(process.exits).toEqual([130]);
  });
});

describe('a question', () => {
  const asking = groupOf({
    async run(_args, { confirm, print }) {
      print((await confirm('Delete it?')) ? 'deleted' : 'kept');
      return 0;
    },
  });

  it.each([
    ['y\n', 'deleted\n'],
    ['yes\n', 'deleted\n'],
    ['n\n', 'kept\n'],
    ['\n', 'kept\n'],
    ['', 'kept\n'],
  ])('answered with %j on a terminal', async (typed, out) => {
    const process = new FakeProcess();
    process.stdin = Readable.from([typed]);
    process.stdin.isTTY = true;
    expect(await run(['ship', 'send'], asking, process)).toEqual({ code: 0, out, err: 'Delete it? [y/N] ' });
  });

  it('is answered by --yes', async () => {
    expect(await run(['ship', 'send', '--yes'], asking)).toEqual({ code: 0, out: 'deleted\n', err: '' });
  });

  it('that nobody can be asked is wrong usage', async () => {
    const { code, err } = await run(['ship', 'send'], asking);
    expect([code, err]).toEqual([2, expect.stringContaining('"Delete it?" can\'t be asked here; --yes answers it.')]);
  });
});

describe('help', () => {
  it('lists the groups without loading one', async () => {
    const unloadable = GROUPS.map((group) => ({
      ...group,
      load: () => Promise.reject(new Error('It was loaded.')),
    }));
    const { code, out } = await run(['--help'], unloadable);
    expect(code).toBe(0);
    for (const { name, summary } of GROUPS) expect(out.replace(/\s+/g, ' ')).toContain(`tashika ${name} ${summary}`);
  });

  it('of a command names what it takes', async () => {
    const { code, out } = await run(
      ['ship', 'send', '--help'],
      groupOf({
        description: 'Sends it, and says when it has arrived.',
        positionals: [{ name: 'what', summary: 'What is sent', required: true }],
        options: { to: { type: 'text', value: 'NAME', summary: 'who gets it' } },
        run: async () => 0,
      }),
    );
    expect(code).toBe(0);
    expect(out).toContain('Sends it, and says when it has arrived.');
    expect(out).toMatch(/tashika ship send <what>/);
    expect(out).toMatch(/what\s+What is sent/);
    expect(out).toMatch(/--to\s+NAME: who gets it/);
    expect(out).toMatch(/--json/);
  });

  it('of a command says which values there are, what holds where one is left out, and what is needed', async () => {
    const groups = groupOf({
      positionals: [{ name: 'what', summary: 'What is sent', required: true, choices: ['box', 'letter'] }],
      options: {
        how: { type: 'text', summary: 'How', choices: ['slow', 'fast'], standard: 'slow' },
        to: { type: 'text', value: 'NAME', summary: 'Who gets it', required: true },
        times: { type: 'number', summary: 'How often', standard: 1 },
      },
      run: async () => 0,
    });
    const { out } = await run(['ship', 'send', '--help'], groups);
    expect(out).toMatch(/what\s+What is sent \(box, letter\)$/m);
    expect(out).toMatch(/--how\s+How \(slow, fast; slow where left out\)$/m);
    expect(out).toMatch(/--to\s+NAME: Who gets it \(required\)$/m);
    expect(out).toMatch(/--times\s+How often \(1 where left out\)$/m);
    const { err } = await run(['ship', 'send', 'box'], groups);
    expect(err).toBe('USAGE: It needs --to. tashika ship send --help lists what there is.\n');
    expect((await run(['ship', 'send', 'crate', '--to', 'me'], groups)).err).toMatch(
      /^USAGE: WHAT is "crate"; it must be one of box, letter\. /,
    );
  });

  it.each(GROUPS.map((group) => [group.name, group] as const))(
    'of %s says what the group says of itself, and names its commands',
    async (_name, { name, summary, load }) => {
      const group = await load();
      expect(group).toMatchObject({ name, summary });
      const { code, out } = await run([name, '--help'], GROUPS);
      expect(code).toBe(0);
      for (const command of group.commands)
        expect(out).toMatch(new RegExp(`^ +tashika ${name} ${command.name}\\b`, 'm'));
    },
  );

  it('has the version beside it', async () => {
    expect(await run(['--version'], GROUPS)).toEqual({ code: 0, out: '9.9.9\n', err: '' });
  });
});

describe('a command that hands on', () => {
  it('gets all that follows its name, --help and --json too', async () => {
    let seen: CommandArguments = {};
    const { code } = await run(
      ['ship', 'send', '--help', '--json', '--', 'x'],
      groupOf({
        handsOn: true,
        async run(args) {
          seen = args;
          return 0;
        },
      }),
    );
    expect([code, seen]).toEqual([0, { '--': ['--help', '--json', '--', 'x'] }]);
  });
});

describe('a reader that has gone', () => {
  it('ends nothing', async () => {
    const process = new FakeProcess();
    const { code } = await run(
      ['ship', 'send'],
      groupOf({
        async run(_args, { print }) {
          process.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
          print('nobody reads this');
          await new Promise(setImmediate);
          return 0;
        },
      }),
      process,
    );
    expect(code).toBe(0);
  });
});
