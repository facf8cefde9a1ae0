import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { terraformFiles } from '../directories.ts';
import { TERRAFORM } from '../place.ts';

/** A resource or data source that a module names. */
export interface TypeInUse {
  readonly kind: 'resource' | 'data';
  /** Such as `azurerm_eventhub`. */
  readonly type: string;
}

/** Every type of resource and data source that modules and stacks name, but for Terraform's own. */
export function typesInUse(): readonly TypeInUse[] {
  const found = new Map<string, TypeInUse>();
  for (const file of terraformFiles()) {
    const text = readFileSync(join(TERRAFORM, file), 'utf8');
    for (const [, kind, type] of text.matchAll(/^(resource|data) "(\w+)" "/gm))
      if (type !== 'terraform_data') found.set(`${kind} ${type}`, { kind: kind as TypeInUse['kind'], type: type! });
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
