import { fileURLToPath } from 'node:url';

/** `deploy/terraform` of the checkout, for source and for build alike: modules, stacks and schemas are not built. */
export const TERRAFORM = fileURLToPath(
  new URL(import.meta.url.includes('/dist/terraform/') ? '../../terraform/' : './', import.meta.url),
);
