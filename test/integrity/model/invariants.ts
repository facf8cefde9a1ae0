import type { Changes, Shown } from './shown.ts';

export interface Look {
  readonly shown: Shown;
  readonly changes: Changes;
}

/** What is wrong with how the store went from one look to the next, whatever happened in between; sentences. */
export function brokenBetween(before: Look, after: Look): string[] {
  const wrong: string[] = [];
  const hold = (holds: boolean, sentence: string) => {
    if (!holds) wrong.push(sentence);
  };
  hold(!wentBack(before.shown.watermark, after.shown.watermark), 'the combined watermark went back');
  hold(after.changes.latest >= before.changes.latest, 'the number of changes went back');
  for (const [id, was] of Object.entries(before.shown.partitions)) {
    const is = after.shown.partitions[id]!;
    hold(!wentBack(was.watermark, is.watermark), `the watermark of partition ${id} went back`);
    hold((is.position ?? -1) >= (was.position ?? -1), `the checkpoint of partition ${id} went back`);
    hold(is.position === was.position || is.events > was.events, `the checkpoint of ${id} moved and no event counted`);
  }
  for (const [key, was] of Object.entries(before.shown.windows)) {
    const is = after.shown.windows[key];
    if (!is) {
      wrong.push(`the window ${key} is gone`);
      continue;
    }
    const changed = is.readings !== was.readings || is.events !== was.events || is.late !== was.late;
    hold(is.readings >= was.readings, `the window ${key} counts less than before`);
    hold(is.revision >= was.revision, `the revision of ${key} went back`);
    hold(was.state === 'provisional' || is.state !== 'provisional', `the window ${key} was final and is open again`);
    hold(
      was.state === 'provisional' || !changed || is.revision > was.revision,
      `the window ${key} was shown final and changed without a higher revision`,
    );
    const [numberWas, numberIs] = [before.changes.ofWindow[key]!, after.changes.ofWindow[key]!];
    hold(!changed || numberIs > before.changes.latest, `the window ${key} changed without a new change number`);
    hold(numberIs >= numberWas && numberIs <= after.changes.latest, `the change number of ${key} makes no sense`);
  }
  for (const [key, was] of Object.entries(before.shown.streams)) {
    const received = new Set(after.shown.streams[key]?.received);
    hold(
      was.received.every((number) => received.has(number)),
      `the ledger forgot a number of ${key}`,
    );
  }
  return wrong;
}

/**
 * What is wrong with what the store shows at one moment; sentences.
 *
 * @param windowsAReading in how many windows each reading counts
 */
export function brokenIn({ shown }: Look, windowsAReading: number): string[] {
  const wrong: string[] = [];
  for (const [key, { lost, received }] of Object.entries(shown.streams))
    if (lost.some((number) => received.includes(number))) wrong.push(`a number of ${key} is received and lost`);
  const counted = sum(Object.values(shown.windows), 'readings');
  const told = sum(Object.values(shown.partitions), 'readings');
  if (counted !== told * windowsAReading) wrong.push(`the windows count ${counted} readings, the partitions ${told}`);
  return wrong;
}

/** ISO 8601 compares as times do. */
function wentBack(before: string | null, after: string | null): boolean {
  return before !== null && (after === null || after < before);
}

function sum<Key extends string>(all: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return all.reduce((total, each) => total + each[key], 0);
}
