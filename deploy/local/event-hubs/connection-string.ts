/**
 * A connection string with which an SDK of any language reaches the stand-in without TLS. The endpoint
 * carries the port and no path; `UseDevelopmentEmulator` is in lower case, which every SDK compares with.
 */
export function formatConnectionString(parts: {
  readonly host: string;
  readonly port: number;
  readonly policy: string;
  readonly key: string;
  readonly hub?: string | undefined;
}): string {
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  const fields = [
    `Endpoint=sb://${host}:${parts.port}`,
    `SharedAccessKeyName=${parts.policy}`,
    `SharedAccessKey=${parts.key}`,
    'UseDevelopmentEmulator=true',
  ];
  if (parts.hub !== undefined) fields.push(`EntityPath=${parts.hub}`);
  return fields.join(';');
}
