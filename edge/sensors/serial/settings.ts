import Type from 'typebox';
import { fields, name } from '../source-settings.ts';

/** A device on a serial line. */
export const serialSchema = Type.Object({
  name,
  path: Type.String({
    description: 'The device. Prefer `/dev/serial/by-id/…`, which stays the same after an unplug.',
    minLength: 1,
  }),
  baudRate: Type.Integer({
    description: 'Speed of the line.',
    unit: 'bit/s',
    default: 9_600,
    minimum: 50,
    maximum: 4_000_000,
  }),
  dataBits: Type.Union([Type.Literal(7), Type.Literal(8)], { description: 'Bits of a character.', default: 8 }),
  parity: Type.Union([Type.Literal('none'), Type.Literal('even'), Type.Literal('odd')], {
    description: 'Parity bit.',
    default: 'none',
  }),
  stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { description: 'Stop bits.', default: 1 }),
  format: Type.Union([Type.Literal('json'), Type.Literal('csv'), Type.Literal('nmea')], {
    description: 'What a line is: a JSON object, comma-separated values, or an NMEA 0183 sentence.',
  }),
  delimiter: Type.String({ description: 'What separates CSV values.', default: ',', pattern: '^[^"\\r\\n]$' }),
  columns: Type.Array(Type.String({ minLength: 1 }), {
    description:
      'Names of the CSV columns in order. Empty: the first line of different words names them, and again after a reconnect or an unreadable line. Set them where the values are words.',
    default: [],
  }),
  fields,
  ignore: Type.Array(Type.String({ minLength: 1 }), {
    description: "Fields that are no readings, such as the device's own clock: a line's time is that of its arrival.",
    default: ['time', 'timestamp'],
  }),
  firstLine: Type.Union([Type.Literal('keep'), Type.Literal('drop')], {
    description:
      'What becomes of the first line after opening. `drop` for CSV from a device that never pauses: the line may have lost its beginning, and half a number is a wrong number. (A cut JSON or NMEA line is noticed anyway.)',
    default: 'keep',
  }),
  maxLineBytes: Type.Integer({
    description: 'A longer line is thrown away and counted.',
    unit: 'bytes',
    default: 4_096,
    minimum: 16,
    maximum: 1_048_576,
  }),
  reconnectMs: Type.Integer({
    description: 'First pause before a lost device is opened again; it doubles up to 30 s.',
    unit: 'ms',
    default: 1_000,
    minimum: 10,
    maximum: 30_000,
  }),
});
