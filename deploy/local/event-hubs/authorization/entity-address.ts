/**
 * What a client calls an entity, as path segments in lower case. Clients write a plain path
 * (`telemetry/Partitions/0`) or a whole URL (`amqps://host:5671/telemetry/`); the scheme and the port say
 * nothing about the entity.
 */
export interface EntityAddress {
  /** Without the port; undefined where only a path was given. */
  readonly host: string | undefined;
  readonly segments: readonly string[];
}

export function parseEntityAddress(address: string): EntityAddress {
  const [, authority, rest] = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)(.*)$/is.exec(address) ?? [];
  const path = rest ?? address;
  const host = authority?.replace(/:\d+$/, '').toLowerCase();
  return { host, segments: path.split('/').filter(Boolean).map(lowerCase) };
}

/** True where `entity` is `scope` or lies within it. A host counts only where both name one. */
export function isWithin(entity: EntityAddress, scope: EntityAddress): boolean {
  if (entity.host !== undefined && scope.host !== undefined && entity.host !== scope.host) return false;
  return scope.segments.every((segment, index) => segment === entity.segments[index]);
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
