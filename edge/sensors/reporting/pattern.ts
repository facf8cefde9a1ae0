/**
 * Whether a reading's name matches a pattern in which `*` stands for any letters, or none. It takes time in proportion
 * to the product of both lengths at most, whatever the pattern.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  // Where to go on when what follows the last star did not match: the star takes one letter more.
  let afterStar = -1;
  let taken = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      afterStar = ++p;
      taken = n;
    } else if (pattern[p] === name[n]) {
      p++;
      n++;
    } else if (afterStar >= 0) {
      p = afterStar;
      n = ++taken;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
