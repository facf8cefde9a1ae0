import { firstOfSegment, formatOfSegment, SEGMENT_FORMAT, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';
import type { SegmentFiles } from './segment-files.ts';
import { formatOfState, SLOT_BYTES, STATE_FORMAT } from './stream-state.ts';

/*
 * What lies in a stream's folder has a format, so that an agent that an update was taken back to does not misread what
 * the newer one wrote. In every format to come, the frame of a state's slot (length, CRC-32, JSON with `v`) and the
 * header of a segment (magic and version, boot id, CRC-32) stay as they are, and the state says the new format before
 * anything else is written in it: then any agent can tell that it must keep its hands off.
 */

/** A stream that an agent with a newer format wrote. This one leaves it as it is. */
export interface NewerStream {
  readonly stream: string;
  readonly folder: string;
  readonly format: number;
  readonly bytes: number;
}

/**
 * The newer format that a stream's state file and the header of its last segment tell of; `undefined` where this agent
 * can read both, or they are damaged or absent.
 */
export function newerFormat(stateFile: Buffer | undefined, lastHeader: Buffer | undefined): number | undefined {
  const ofState = (stateFile && formatOfState(stateFile)) ?? 0;
  if (ofState > STATE_FORMAT) return ofState;
  const ofSegment = (lastHeader && formatOfSegment(lastHeader)) ?? 0;
  return ofSegment > SEGMENT_FORMAT ? ofSegment : undefined;
}

/** The same of a stream's folder. */
export async function newerFormatIn(files: SegmentFiles, folder: string): Promise<number | undefined> {
  const names = (await files.list(folder)).map(({ name }) => name);
  const state = names.includes('state') ? await bytesOf(files, `${folder}/state`, 2 * SLOT_BYTES) : undefined;
  const last = names.reduce((most, name) => Math.max(most, firstOfSegment(name) ?? -1), -1);
  const header = last < 0 ? undefined : await bytesOf(files, `${folder}/${segmentName(last)}`, SEGMENT_HEADER_BYTES);
  return newerFormat(state, header);
}

async function bytesOf(files: SegmentFiles, path: string, length: number): Promise<Buffer> {
  const file = await files.open(path);
  try {
    return Buffer.from(await file.read(0, length)); // the file's own buffer is good until it is closed
  } finally {
    await file.close();
  }
}
