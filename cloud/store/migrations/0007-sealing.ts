import type { Migration } from './migration.ts';

export const sealing: Migration = {
  id: 7,
  name: 'dead letters may be sealed',
  sql: `
-- Whether detail and body are sealed texts, which only who may decrypt in Vault can read.
ALTER TABLE dead_letter ADD COLUMN sealed boolean NOT NULL DEFAULT false;
`,
};
