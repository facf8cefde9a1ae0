import { shownAudit, shownLog } from '../shown.ts';
import type { Handler } from './handler.ts';
import { newestFirst } from './lists.ts';

const EVER = Number.POSITIVE_INFINITY;

const getLogs: Handler = ({ query }, parts) => {
  const { account } = parts;
  const { service, resource_type: type = 'Subscriber', resource_id: id, from = 0, to = EVER } = query;
  const entries = account.logs
    .newest()
    .filter((entry) => service === undefined || entry.service === service)
    .filter(({ imsi }) => type === 'Subscriber' && (id === undefined || imsi === id))
    .filter(({ time }) => time >= Number(from) && time <= Number(to));
  return newestFirst(query, parts, entries, (entry) => shownLog(account, entry));
};

const getApiAuditLogs: Handler = ({ query }, parts) => {
  const { account } = parts;
  const { api_kind: kind, from_epoch_ms: from = 0, to_epoch_ms: to = EVER } = query;
  const entries = account.audit
    .newest()
    .filter((entry) => kind === undefined || entry.kind === kind)
    .filter(({ time }) => time >= Number(from) && time <= Number(to));
  return newestFirst(query, parts, entries, (entry) => shownAudit(account, entry));
};

export const LOG_HANDLERS = { getLogs, getApiAuditLogs };
