import type { AuditDevice } from './declared.ts';

/** An audit device as OpenBao takes it, in its server's configuration. */
export function auditStanza({ path, type, options }: AuditDevice): string {
  const lines = Object.entries(options).map(([name, value]) => `    ${name} = ${JSON.stringify(value)}`);
  return [`audit "${type}" "${path}" {`, '  options {', ...lines, '  }', '}'].join('\n');
}
