import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TERRAFORM } from './place.ts';

function within(folder: string): readonly string[] {
  return readdirSync(join(TERRAFORM, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}

/** Paths of the modules from `deploy/terraform`, in the order of their names. */
export function modules(): readonly string[] {
  return within('modules');
}

/** Paths of the stacks from `deploy/terraform`, in the order of their names. */
export function stacks(): readonly string[] {
  return within('stacks');
}

/** Paths of the files of Terraform's language in modules and stacks. */
export function terraformFiles(): readonly string[] {
  return [...modules(), ...stacks()].flatMap((directory) =>
    readdirSync(join(TERRAFORM, directory))
      .filter((name) => name.endsWith('.tf'))
      .sort()
      .map((name) => `${directory}/${name}`),
  );
}
