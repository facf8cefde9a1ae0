import type { Server } from 'node:net';

/** A way into Funnel by connections; its server does not listen yet. */
export interface Entry {
  readonly server: Server;
  /** Cuts every connection, also those that have sent nothing yet. */
  cutAll(): void;
}
