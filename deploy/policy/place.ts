import { fileURLToPath } from 'node:url';

/** `deploy/policy/base` of the checkout, for source and for build alike: Rego is not built. */
export const BASE = fileURLToPath(
  new URL(import.meta.url.includes('/dist/policy/') ? '../../policy/base/' : 'base/', import.meta.url),
);
