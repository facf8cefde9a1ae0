import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The agent's job as a careful user of Node-RED would draw it: a serial line, JSON, a file that keeps what waits, and
 * one post at a time, once a second, of all that waits. What was answered with 204 leaves memory and file; anything else is tried again a second
 * later. After a restart the file is read, and what is in it is posted.
 *
 * It forces nothing onto the disk, numbers nothing, and has no bound: a power cut takes what the kernel had not yet
 * written, a post whose answer was lost counts twice, and a long outage fills memory and disk.
 */
function flow({ tty, url, buffer }: NodeRedJob): object[] {
  const at = (id: string, type: string, fields: object) => ({ id, type, z: 'tab', x: 0, y: 0, ...fields });
  const does = (id: string, func: string, wires: string[][]) =>
    at(id, 'function', { func, outputs: wires.length, initialize: '', finalize: '', libs: [], wires });
  const tick = (id: string, fields: object, to: string) => at(id, 'inject', { props: [], ...fields, wires: [[to]] });
  const appends = { filename: buffer, filenameType: 'str', appendNewline: true, overwriteFile: 'false' };
  return [
    { id: 'tab', type: 'tab', label: 'serial line to HTTP' },
    { id: 'port', type: 'serial-port', serialport: tty, serialbaud: '115200', newline: '\\n', ...LINES },
    tick('start', { once: true, onceDelay: 0, repeat: '' }, 'restored'),
    at('restored', 'file in', { filename: buffer, filenameType: 'str', format: 'utf8', wires: [['restore']] }),
    does('restore', RESTORE, [[]]),
    at('line', 'serial in', { serial: 'port', wires: [['parse']] }),
    at('parse', 'json', { property: 'payload', action: 'obj', wires: [['stamp']] }),
    does('stamp', STAMP, [['keep']]),
    at('keep', 'file', { ...appends, wires: [[]] }),
    tick('second', { once: true, onceDelay: 1, repeat: '1' }, 'collect'),
    does('collect', COLLECT, [['post']]),
    at('post', 'http request', {
      method: 'POST',
      ret: 'txt',
      paytoqs: 'ignore',
      url,
      senderr: false,
      wires: [['answered']],
    }),
    does('answered', ANSWERED, [['forget']]),
    at('forget', 'file', { ...appends, appendNewline: false, overwriteFile: 'true', wires: [[]] }),
  ];
}

const LINES = { databits: '8', parity: 'none', stopbits: '1', waitfor: '', bin: 'false', out: 'char', addchar: '' };

const RESTORE = `
const kept = String(msg.payload || '').split('\\n').filter(Boolean).map((line) => JSON.parse(line));
flow.set('waiting', kept.concat(flow.get('waiting') || []));
return null;`;

const STAMP = `
const records = Object.entries(msg.payload).map(([n, v]) => ({ n, v, t: Date.now() / 1000 }));
flow.set('waiting', (flow.get('waiting') || []).concat(records));
return { payload: records.map((record) => JSON.stringify(record)).join('\\n') };`;

const COLLECT = `
const waiting = flow.get('waiting') || [];
if (flow.get('underWay') || waiting.length === 0) return null;
const batch = waiting.slice(0, 1000);
flow.set('underWay', batch.length);
return { payload: JSON.stringify(batch), headers: { 'content-type': 'application/json' } };`;

const ANSWERED = `
const sent = flow.get('underWay');
flow.set('underWay', 0);
if (msg.statusCode !== 204) return null;
const waiting = (flow.get('waiting') || []).slice(sent);
flow.set('waiting', waiting);
return { payload: waiting.map((record) => JSON.stringify(record) + '\\n').join('') };`;

export interface NodeRedJob {
  readonly tty: string;
  readonly url: string;
  /** The file that keeps what waits. */
  readonly buffer: string;
}

/** Writes a user directory with the flow, and answers the arguments that run it: without the editor. */
export function nodeRedArguments(directory: string, job: NodeRedJob, port: number): string[] {
  mkdirSync(directory, { recursive: true });
  const [flows, settings] = [join(directory, 'flows.json'), join(directory, 'settings.cjs')];
  writeFileSync(flows, JSON.stringify(flow(job)));
  writeFileSync(
    settings,
    `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, httpAdminRoot: false, httpNodeRoot: false,
  logging: { console: { level: 'error' } }, telemetry: { enabled: false } };`,
  );
  writeFileSync(job.buffer, '');
  return ['--userDir', directory, '--settings', settings, flows];
}
