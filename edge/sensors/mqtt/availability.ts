import { unreadable } from '../fields.ts';
import { parseJson } from '../json.ts';
import type { Message } from './message.ts';

/**
 * Whether a device can be reached, as the reading `DEVICE/available`: `online` or `offline` as text, or as the `state`
 * of a JSON object.
 */
export function readAvailability(device: string, payload: Uint8Array): Message {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  const parsed = parseJson(text);
  const said = typeof parsed === 'object' && parsed !== null ? (parsed as { state?: unknown }).state : text.trim();
  const word = String(said).toLowerCase();
  if (word !== 'online' && word !== 'offline') return { device, ...unreadable('Neither online nor offline.') };
  return { device, fields: [{ name: 'available', value: word === 'online' }], problems: [] };
}
