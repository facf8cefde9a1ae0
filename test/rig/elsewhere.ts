import { freePort } from './port.ts';

/** The environment of an `npm start` that keeps its data in `data`, and to whose ports nobody else listens. */
export async function elsewhere(data: string): Promise<Record<string, string>> {
  const names = ['API', 'FUNNEL_HTTP', 'FUNNEL', 'EVENT_HUBS', 'METADATA', 'BEAM', 'SORACOM_API'];
  const ports: Record<string, string> = {};
  for (const name of names) ports[`TASHIKA_${name}_PORT`] = String(await freePort());
  return { TASHIKA_DATA: data, ...ports };
}
