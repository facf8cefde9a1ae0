/** How a group's payloads are read: `json` is checked and passed on as JSON, `binary` as base64, the others as text. */
export type GroupContentType = 'json' | 'text' | 'unspecified' | 'binary' | 'application/x-soracom-bf-v1';

/** A SIM group's SORACOM Funnel settings, named as its API names them. */
export interface FunnelGroup {
  readonly enabled: boolean;
  readonly contentType: GroupContentType;
  /** The Event Hubs address in the envelope: `https://NAMESPACE.servicebus.windows.net/HUB/messages`. */
  readonly resourceUrl: string;
  /** Publish the payload alone, without the envelope: no imsi, no timestamp. */
  readonly payloadsOnly: boolean;
  readonly credentialsId: string;
  readonly addSimId: boolean;
}

/** What a group is set to where nothing else is said. */
export const STANDARD_GROUP: FunnelGroup = {
  enabled: true,
  contentType: 'json',
  resourceUrl: 'https://local.servicebus.windows.net/telemetry/messages',
  payloadsOnly: false,
  credentialsId: 'azure-eh',
  addSimId: false,
};
