/**
 * The child of the test "leaves nothing that has a name when its process is killed": it puts a part of a bundle, says so, and
 * waits for the rest for ever. Its arguments are the setting of the store and the SHA-256.
 */
import { systemClock } from '@tashika/shared/time';
import { openBundles } from '../open.ts';

const bundles = await openBundles(process.argv[2]!, systemClock);
async function* content() {
  for (let part = 0; part < 20; part++) yield Buffer.alloc(65_536);
  process.stdout.write('a part is there\n');
  await new Promise(() => setInterval(() => undefined, 60_000));
}
await bundles.put({ sha256: process.argv[3]!, mostBytes: 1024 ** 3 }, content());
