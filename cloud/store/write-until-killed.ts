/**
 * The child of the test "survives kill -9": it commits one number after the other and says so, until it is killed.
 * Its argument is the data directory.
 */
import { openStore } from './open.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const store = await openStore(`pglite:${process.argv[2]}`, { logger: silent });
await store.script('CREATE TABLE IF NOT EXISTS written (n integer PRIMARY KEY)');
const [latest] = await store.query<{ n: number }>('SELECT coalesce(max(n), 0) AS n FROM written');
for (let n = (latest?.n ?? 0) + 1; ; n++) {
  await store.transaction((transaction) => transaction.query('INSERT INTO written VALUES ($1)', [n]));
  process.stdout.write(`${n}\n`);
}
