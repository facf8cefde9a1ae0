import type { Migration } from './migration.ts';

export const workerKeys: Migration = {
  id: 6,
  name: 'which key each worker reads the hub with',
  sql: `
-- The fingerprint of the key that the worker reads with; NULL where it does not say.
ALTER TABLE worker ADD COLUMN hub_key text;
`,
};
