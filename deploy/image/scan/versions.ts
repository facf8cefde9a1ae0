/**
 * Which of two Debian versions is the newer one (deb-version(7)).
 *
 * @returns less than 0 where `a` is older, more where it is newer
 */
export function compareDebian(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  return (
    one.epoch - other.epoch || compareParts(one.upstream, other.upstream) || compareParts(one.revision, other.revision)
  );
}

function partsOf(version: string) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version)!;
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch: Number(epoch), upstream: rest, revision: '' }
    : { epoch: Number(epoch), upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Text and numbers in turn. `~` is before the end itself, letters are before all other signs. */
function compareParts(a: string, b: string): number {
  const [one, other] = [inTurn(a), inTurn(b)];
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const [left = '', right = ''] = [one[index], other[index]];
    const difference = index % 2 === 0 ? compareText(left, right) : Number(left || 0) - Number(right || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Text, digits, text, …; a part that begins with digits has an empty text before them. */
function inTurn(part: string): string[] {
  const found = part.match(/\d+|\D+/g) ?? [];
  return /^\d/.test(part) ? ['', ...found] : [...found];
}

function compareText(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = rankOf(a[index]) - rankOf(b[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankOf(sign: string | undefined): number {
  if (sign === '~') return -1;
  if (sign === undefined) return 0;
  return /[A-Za-z]/.test(sign) ? sign.charCodeAt(0) : sign.charCodeAt(0) + 256;
}

/** Which of two semantic versions is the newer one (semver.org, 2.0.0, section 11). Build metadata does not count. */
export function compareSemantic(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => /^([\d.]+)(?:-([^+]+))?/.exec(text) ?? [text, '0']);
  const [left, right] = [one, other].map((match) => match![1]!.split('.').map(Number)) as [number[], number[]];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(one![2], other![2]);
}

function comparePreReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [left, right] = [a.split('.'), b.split('.')];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const numeric = [one, other].map((each) => /^\d+$/.test(each));
    if (numeric[0] && numeric[1]) return Number(one) - Number(other);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}
