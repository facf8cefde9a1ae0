import { firstSchema } from './0001-first-schema.ts';
import { windowPolicies } from './0002-window-policies.ts';
import { sketches } from './0003-sketches.ts';
import { losses } from './0004-losses.ts';
import { operations } from './0005-operations.ts';
import { workerKeys } from './0006-worker-keys.ts';
import { sealing } from './0007-sealing.ts';
import { fleet } from './0008-fleet.ts';
import { reasons } from './0009-reasons.ts';
import type { Migration } from './migration.ts';

export type { Migration } from './migration.ts';

/** Every step of the schema, in order. */
export const migrations: readonly Migration[] = [
  firstSchema,
  windowPolicies,
  sketches,
  losses,
  operations,
  workerKeys,
  sealing,
  fleet,
  reasons,
];
