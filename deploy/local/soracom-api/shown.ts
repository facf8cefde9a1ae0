import {
  type Account,
  type AuditEntry,
  type Credential,
  type Group,
  type LogEntry,
  type OwnedSim,
  settingsOf,
  shownTags,
} from './account/index.ts';

/** A group as the API shows it. */
export function shownGroup({ operatorId }: Account, group: Group): object {
  return { operatorId, ...group, tags: shownTags(group.tags) };
}

/** A credential as the API shows it: nothing of its content. */
export function shownCredential(account: Account, { credentials: _, ...credential }: Credential): object {
  return { ...credential, credentials: {}, lastUsedDateTime: account.lastUsed(credential.credentialsId) };
}

/** A SIM as the API shows it: a card with one subscription, which is in a session. */
export function shownSim(account: Account, owned: OwnedSim): object {
  const { sim, simId } = owned;
  const { groupId, tags, lastModifiedTime } = settingsOf(account.settings, owned);
  const subscriber = { imsi: sim.imsi, status: 'active', subscription: 'plan-D' };
  return {
    ...{ simId, operatorId: account.operatorId, type: 'uicc', moduleType: 'nano', status: 'active' },
    speedClass: 's1.standard',
    ...(groupId !== undefined && { groupId }),
    tags: shownTags(tags),
    activeProfileId: simId,
    profiles: { [simId]: { iccid: simId, primaryImsi: sim.imsi, subscribers: { [sim.imsi]: subscriber } } },
    sessionStatus: { online: true, imei: sim.imei, imsi: sim.imsi },
    terminationEnabled: false,
    createdTime: account.since,
    lastModifiedTime,
  };
}

export function shownLog({ operatorId }: Account, { time, service, imsi, body }: LogEntry): object {
  const resource = { resourceType: 'Subscriber', resourceId: imsi };
  return { time, logLevel: 'error', operatorId, service, ...resource, body };
}

export function shownAudit(
  { operatorId }: Account,
  { time, kind, path, statusCode, remoteAddress }: AuditEntry,
): object {
  return {
    ...{ apiKind: kind, operatorId, remoteIpAddress: remoteAddress, requestPath: path },
    ...{ requestedTimeEpochMs: time, statusCode },
  };
}
