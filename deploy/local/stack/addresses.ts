import type { LocalConfiguration } from '../config/index.ts';

/** Where each thing is, for the programs and for people. */
export interface Addresses {
  readonly dashboard: string;
  readonly api: string;
  readonly funnel: string;
  readonly metadata: string;
  readonly beam: string;
  readonly soracomApi: string;
}

export function addressesOf(configuration: LocalConfiguration): Addresses {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    dashboard: `${at(configuration.api.port)}/`,
    api: `${at(configuration.api.port)}/api`,
    funnel: `${at(configuration.funnel.httpPort)}/`,
    metadata: at(configuration.metadata.port),
    beam: at(configuration.beam.port),
    soracomApi: at(configuration.soracomApi.port),
  };
}
