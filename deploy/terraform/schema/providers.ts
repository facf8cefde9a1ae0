import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TERRAFORM } from '../place.ts';
import { type Answers, serveProvider } from './provider.ts';
import type { SchemaDump } from './provider-schema.ts';

/** Providers that are being served, until they are closed. */
export interface Providers {
  /** The value of `TF_REATTACH_PROVIDERS` for a Terraform that shall use them. */
  readonly reattach: string;
  close(): void;
}

/** The committed schemas of the providers that the modules use; `schema/dump.ts` wrote them. */
export function committedSchemas(): SchemaDump['provider_schemas'] {
  const dump = JSON.parse(readFileSync(join(TERRAFORM, 'schema/schemas.json'), 'utf8')) as SchemaDump;
  return dump.provider_schemas;
}

/** Serves every provider that the modules use, by its schema alone. */
export async function serveProviders(answers: Answers = {}): Promise<Providers> {
  const served = await Promise.all(
    Object.entries(committedSchemas()).map(
      async ([address, schema]) => [address, await serveProvider(schema, answers)] as const,
    ),
  );
  return {
    reattach: JSON.stringify(Object.fromEntries(served.map(([address, { reattach }]) => [address, reattach]))),
    close: () => {
      for (const [, provider] of served) provider.close();
    },
  };
}
