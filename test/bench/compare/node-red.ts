import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The flow as one would draw it: a file read line by line, JSON, a function that counts, a file. */
function flow(recording: string, result: string): object[] {
  const at = (id: string, type: string, fields: object) => ({ id, type, z: 'tab', x: 0, y: 0, ...fields });
  return [
    { id: 'tab', type: 'tab', label: 'events by minute and region' },
    at('start', 'inject', { once: true, onceDelay: 1, repeat: '', props: [], wires: [['read']] }),
    at('read', 'file in', { filename: recording, filenameType: 'str', format: 'lines', wires: [['parse']] }),
    at('parse', 'json', { property: 'payload', action: 'obj', wires: [['count']] }),
    at('count', 'function', { func: COUNT, outputs: 1, initialize: '', finalize: '', libs: [], wires: [['write']] }),
    at('write', 'file', { filename: result, filenameType: 'str', overwriteFile: 'true', wires: [[]] }),
  ];
}

/** Counts are kept in the node's context; the last part of the file sends them on. */
const COUNT = `
const counts = context.get('counts') || {};
if (msg.payload && msg.payload.body) {
  const { timestamp, payloads } = msg.payload.body;
  const key = Math.ceil(timestamp / 60000) * 60000 + ' ' + payloads.pref;
  counts[key] = (counts[key] || 0) + 1;
}
context.set('counts', counts);
if (msg.parts && msg.parts.count !== undefined) return { payload: JSON.stringify(Object.entries(counts)) };
return null;`;

/** Writes a user directory of Node-RED with the flow, and answers the arguments that run it. */
export function nodeRedArguments(directory: string, recording: string, result: string, port: number): string[] {
  mkdirSync(directory, { recursive: true });
  const [flows, settings] = [join(directory, 'flows.json'), join(directory, 'settings.cjs')];
  writeFileSync(flows, JSON.stringify(flow(recording, result)));
  writeFileSync(
    settings,
    `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, httpAdminRoot: false, httpNodeRoot: false,
  logging: { console: { level: 'error' } }, telemetry: { enabled: false } };`,
  );
  return ['--userDir', directory, '--settings', settings, flows];
}
