import { createHash } from 'node:crypto';
import { localSettingsIn } from '@tashika/shared/config';
import { messageOf } from '@tashika/shared/errors';
import { configurationOf, type EdgeConfiguration, edgeSchema, type LocalSettings } from '../config/index.ts';

/** Longest user data that are looked at, in bytes. SORACOM limits a whole group's configuration to 8 KB. */
export const MOST_USER_DATA_BYTES = 65_536;

/** What user data come to on this device: the configuration to run with, or why they are refused. */
export type Judgement =
  | { readonly ok: true; readonly configuration: EdgeConfiguration; readonly groupRegion: string | undefined }
  | { readonly ok: false; readonly reason: string };

/**
 * A short name for user data: the first 12 hex digits of the SHA-256 of the text without white space around it, so
 * that whoever set them can work it out with `sha256sum`.
 */
export function hashOf(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 12);
}

/**
 * Judges user data by the agent's own schema and rules, together with what the device itself says. They are refused as
 * a whole: half a configuration is one that nobody wrote. The region in them is what a SIM without a tag gets.
 */
export function judge(text: string, local: LocalSettings): Judgement {
  if (Buffer.byteLength(text) >= MOST_USER_DATA_BYTES)
    return refused(`User data must be shorter than ${MOST_USER_DATA_BYTES} bytes.`);
  const document = parsed(text);
  if (document === undefined)
    return refused('User data must be one JSON object in the form of the configuration file.');
  const forbidden = localSettingsIn(edgeSchema, document);
  if (forbidden.length > 0)
    return refused(`${forbidden.join(', ')} can only be set on the device itself, not by user data.`);
  try {
    const { region: groupRegion, ...settings } = document;
    const whole = configurationOf(local, document); // a wrong region is a wrong configuration
    const configuration = groupRegion === undefined ? whole : configurationOf(local, settings);
    return { ok: true, configuration, groupRegion: groupRegion as string | undefined };
  } catch (error) {
    return refused(
      messageOf(error)
        .replaceAll(/ \(environment: \w+\)/g, '')
        .replaceAll('\n', ' '),
    );
  }
}

function refused(reason: string): Judgement {
  return { ok: false, reason };
}

/** No part of a text that is not JSON is shown: it may be a password in the wrong place. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
    return isObject ? (document as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
