/** A connection string as Event Hubs hands it out: `name=value`, separated by semicolons; values may hold `=`. */
export type ConnectionStringParts = Readonly<Record<string, string>>;

/** The parts by their names in lower case. What has no `=` is a part with an empty name. */
export function connectionStringParts(connectionString: string): ConnectionStringParts {
  const parts: Record<string, string> = {};
  for (const part of connectionString.split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    parts[part.slice(0, Math.max(at, 0)).trim().toLowerCase()] = part.slice(at + 1).trim();
  }
  return parts;
}

/** Host and port of the endpoint; undefined where there is none. */
export function endpointOf(connectionString: string): string | undefined {
  const { endpoint } = connectionStringParts(connectionString);
  return /^[a-z]+:\/\/([^/;\s]+)\/?$/i.exec(endpoint ?? '')?.[1]?.toLowerCase();
}

const FIELD = 'eventHubs.connectionString';

/**
 * What is wrong with a connection string for the hub that is configured; each a sentence that shows nothing of it but
 * the hub's name. The SDK would tell the same later, and less clearly.
 */
export function connectionStringProblems(connectionString: string, hub: string): readonly string[] {
  const parts = connectionStringParts(connectionString);
  const problems: string[] = [];
  if (!endpointOf(connectionString)) problems.push(`${FIELD} must have an Endpoint=sb://<host>/.`);
  if (!parts.sharedaccesssignature) {
    if (!parts.sharedaccesskeyname) problems.push(`${FIELD} must have a SharedAccessKeyName=….`);
    if (!parts.sharedaccesskey) problems.push(`${FIELD} must have a SharedAccessKey=….`);
  }
  if (parts.entitypath && parts.entitypath !== hub)
    problems.push(
      `${FIELD} is for the hub ${parts.entitypath} (EntityPath), and eventHubs.hub is ${hub}: give the same, or a connection string of the namespace.`,
    );
  const emulator = parts.usedevelopmentemulator;
  if (emulator !== undefined && emulator !== 'true')
    problems.push(`${FIELD} must have UseDevelopmentEmulator=true, in lower case, or leave it out.`);
  return problems;
}
