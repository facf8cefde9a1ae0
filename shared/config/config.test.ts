import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type from 'typebox';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration, localSettingsIn, renderReference } from './index.ts';

const schema = Type.Object({
  region: Type.Optional(Type.String({ description: 'Where it stands.', minLength: 1 })),
  uplink: Type.Object({
    url: Type.String({ description: 'Where posts go.', minLength: 1 }),
    batchBytes: Type.Integer({
      description: 'Most bytes of a post.',
      unit: 'bytes',
      default: 8_000,
      minimum: 256,
      maximum: 800_000,
    }),
    keepAlive: Type.Boolean({ description: 'Keep the connection.', default: true }),
    key: Type.Optional(Type.String({ description: 'A secret.', minLength: 8, secret: true })),
    topic: Type.Optional(
      Type.String({ description: 'Its topic.', pattern: '^[^+#]+$', says: 'a topic without + and #' }),
    ),
  }),
  policy: Type.Union([Type.Literal('drop-oldest'), Type.Literal('drop-newest')], {
    default: 'drop-oldest',
    description: 'When full.',
  }),
  serial: Type.Array(
    Type.Object({
      path: Type.String({ description: 'The tty.' }),
      resetCommand: Type.Optional(Type.String({ description: 'Run when it hangs.', local: true })),
      baud: Type.Integer({ default: 9600, description: 'Speed.' }),
      frame: Type.Optional(
        Type.Object({ bytes: Type.Integer({ description: 'Its length.' }) }, { description: 'What a frame is.' }),
      ),
    }),
    {
      default: [],
      description: 'Serial lines.',
    },
  ),
});

const folder = mkdtempSync(join(tmpdir(), 'tashika-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): string {
  const file = join(folder, 'configuration.json');
  writeFileSync(file, content);
  return file;
}

function load(document: object | undefined, env: Record<string, string> = {}, overrides: object = {}) {
  const file = document === undefined ? undefined : fileOf(JSON.stringify(document));
  return loadConfiguration({
    schema,
    prefix: 'TASHIKA_EDGE',
    file,
    env,
    overrides,
    foreignPrefixes: ['TASHIKA_EDGE_LAB'],
  });
}

describe('configuration', () => {
  it('takes defaults, the file, the environment and the command line, in this order', () => {
    const document = { uplink: { url: 'http://file', batchBytes: 1_000 }, serial: [{ path: '/dev/a' }] };
    expect(
      load(
        document,
        { TASHIKA_EDGE_UPLINK_URL: 'http://env', TASHIKA_EDGE_UPLINK_KEEP_ALIVE: 'false' },
        { policy: 'drop-newest' },
      ),
    ).toEqual({
      uplink: { url: 'http://env', batchBytes: 1_000, keepAlive: false },
      policy: 'drop-newest',
      serial: [{ path: '/dev/a', baud: 9600 }],
    });
  });

  it('takes documents beneath the file, each over the one before', () => {
    const documents = [
      { region: '01', uplink: { url: 'http://weakest', batchBytes: 300 }, policy: 'drop-newest' },
      { uplink: { url: 'http://weak', batchBytes: 400 } },
    ];
    const file = fileOf(JSON.stringify({ uplink: { url: 'http://file' } }));
    expect(loadConfiguration({ schema, prefix: 'X', documents, file, env: {} })).toMatchObject({
      region: '01',
      uplink: { url: 'http://file', batchBytes: 400 },
      policy: 'drop-newest',
    });
    expect(documents[0]).toMatchObject({ uplink: { url: 'http://weakest' } });
  });

  it('knows what only the device itself may set, in lists too', () => {
    const document = { uplink: { url: 'x' }, serial: [{ path: 'a' }, { path: 'b', resetCommand: 'reboot' }] };
    expect(localSettingsIn(schema, document)).toEqual(['serial[1].resetCommand']);
    expect(localSettingsIn(Type.Object({ a: Type.Object({}, { local: true }) }), { a: { b: 1 } })).toEqual(['a']);
  });

  it('can come from the environment alone, lists as JSON', () => {
    expect(
      load(undefined, {
        TASHIKA_EDGE_UPLINK_URL: 'http://env',
        TASHIKA_EDGE_SERIAL: '[{"path":"/dev/b","baud":4800}]',
        TASHIKA_EDGE_UPLINK_BATCH_BYTES: '512',
      }),
    ).toMatchObject({
      uplink: { url: 'http://env', batchBytes: 512 },
      serial: [{ path: '/dev/b', baud: 4800 }],
    });
  });

  it('leaves variables of other programs and empty ones alone', () => {
    expect(
      load(
        { uplink: { url: 'x' } },
        { TASHIKA_CLOUD_STORE_URL: 'y', TASHIKA_EDGE_LAB_X: '1', TASHIKA_EDGE_REGION: '', PATH: '/bin' },
      ),
    ).toMatchObject({ uplink: { url: 'x' } });
  });

  it.each<[string, object | undefined, Record<string, string>, string]>([
    [
      'a missing setting',
      {},
      {},
      'uplink.url is missing: it must be text that is not empty. (environment: TASHIKA_EDGE_UPLINK_URL)',
    ],
    [
      'an unknown setting',
      { uplink: { url: 'x', batchByte: 1 } },
      {},
      'uplink.batchByte is not a setting. Did you mean batchBytes?',
    ],
    [
      'an unknown setting in a list',
      { uplink: { url: 'x' }, serial: [{ path: 'a', bawd: 1 }] },
      {},
      'serial[0].bawd is not a setting. Did you mean baud?',
    ],
    [
      'an unknown variable',
      { uplink: { url: 'x' } },
      { TASHIKA_EDGE_UPLINK_URI: 'y' },
      'TASHIKA_EDGE_UPLINK_URI sets nothing: no setting has that name. Did you mean TASHIKA_EDGE_UPLINK_URL?',
    ],
    [
      'a value out of range',
      { uplink: { url: 'x', batchBytes: 5 } },
      {},
      'uplink.batchBytes must be a whole number from 256 to 800000, in bytes, found 5.',
    ],
    [
      'a value of another type',
      { uplink: { url: 'x' } },
      { TASHIKA_EDGE_UPLINK_BATCH_BYTES: 'many' },
      'uplink.batchBytes must be a whole number from 256 to 800000, in bytes, found "many". (environment: TASHIKA_EDGE_UPLINK_BATCH_BYTES)',
    ],
    [
      'a value that is not among the choices',
      { uplink: { url: 'x' }, policy: 'panic' },
      {},
      'policy must be "drop-oldest" or "drop-newest", found "panic".',
    ],
    [
      'a bad field of a list',
      { uplink: { url: 'x' }, serial: [{ baud: 'fast' }] },
      {},
      'serial[0].path is missing: it must be text.',
    ],
    [
      'a text of another form, in words',
      { uplink: { url: 'x', topic: 'a/#' } },
      {},
      'uplink.topic must be a topic without + and #, found "a/#".',
    ],
    ['a section that is no object', { uplink: 5 }, {}, 'uplink must be an object, found 5.'],
  ])('refuses %s by its name', (_name, document, env, problem) => {
    expect(() => load(document, env)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }),
    );
  });

  it('never shows a secret in a problem', () => {
    const problem = expect.objectContaining({ message: expect.not.stringContaining('hunter2') });
    expect(() => load({ uplink: { url: 'x', key: 'hunter2' } })).toThrowError(problem);
    expect(() => load({ uplink: { url: 'x', key: 'hunter2' } })).toThrowError(
      /uplink.key must be text of at least 8 characters, found something else \(hidden\)/,
    );
  });

  it.each([
    ['{"uplink":', /is not JSON \(line 1, column 11\)\. Correct it there\.$/],
    ['hunter2', /is not JSON \(line 1, column 1\)\. Correct it there\.$/],
    ['[]', /must hold one JSON object: put its settings between \{ and \}\.$/],
  ])('refuses the file %s', (content, problem) => {
    const file = fileOf(content);
    expect(() => loadConfiguration({ schema, prefix: 'X', file, env: {} })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE', message: expect.stringMatching(problem) }),
    );
  });

  it.each([
    ['is not there', 'absent.json', /absent\.json can't be read \(ENOENT.+\)\. Correct the path, or make the file\.$/],
    ['is a folder', '.', /can't be read \(EISDIR.+\)\. Name a file that can be read\.$/],
  ])('refuses a file that %s, and says what to do', (_what, name, problem) => {
    expect(() => loadConfiguration({ schema, prefix: 'X', file: join(folder, name), env: {} })).toThrowError(problem);
  });

  it('holds rules between fields', () => {
    const rules = ({ uplink }: { uplink: { batchBytes: number } }) =>
      uplink.batchBytes % 2 ? ['uplink.batchBytes must be even.'] : [];
    const source = { schema, prefix: 'X', env: { X_UPLINK_URL: 'u', X_UPLINK_BATCH_BYTES: '301' }, rules };
    expect(() => loadConfiguration(source)).toThrowError('uplink.batchBytes must be even.');
  });
});

describe('the reference page', () => {
  it('tells name, variable, range, unit, default and meaning of every setting', () => {
    const page = renderReference({ title: 'Edge', introduction: 'All of it.', prefix: 'TASHIKA_EDGE', schema });
    expect(page).toContain(
      '| `uplink.batchBytes` | `TASHIKA_EDGE_UPLINK_BATCH_BYTES` | a whole number from 256 to 800000, in bytes | `8000` | Most bytes of a post. |',
    );
    expect(page).toContain(
      '| `uplink.url` | `TASHIKA_EDGE_UPLINK_URL` | text that is not empty | **required** | Where posts go. |',
    );
    expect(page).toContain('| `path` | text | **required** | The tty. |');
    expect(page).toContain('## `serial[].frame`\n\nWhat a frame is.');
    expect(page).toContain('| `bytes` | a whole number | **required** | Its length. |');
    expect(page).toContain('| `resetCommand` | text | – | Run when it hangs. *Local only.* |');
  });
});
