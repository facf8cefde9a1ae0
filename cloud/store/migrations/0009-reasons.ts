import type { Migration } from './migration.ts';

export const reasons: Migration = {
  id: 9,
  name: 'what the reasons of rollouts are made of',
  sql: `
-- A reason as a code with its values ({"code","values"}), of which any language makes its sentence; beside the English one.
-- NULL where there is no reason, a person wrote it, or it is older than this.
ALTER TABLE rollout ADD COLUMN why jsonb;          -- of reason
ALTER TABLE rollout_device ADD COLUMN why jsonb;   -- of detail
ALTER TABLE fleet_audit ADD COLUMN why jsonb;      -- of reason
`,
};
