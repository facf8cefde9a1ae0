import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { ApiDocument } from './document.ts';

type Injected = { readonly method?: string; readonly url: string };

/** The same API, of which every answer to `inject` is held against the OpenAPI document that it serves. */
export async function heldToItsDocument(app: FastifyInstance): Promise<FastifyInstance> {
  const document = await ApiDocument.of(app);
  const inject = app.inject.bind(app) as (request: string | Injected) => Promise<LightMyRequestResponse>;
  async function held(request: string | Injected): Promise<LightMyRequestResponse> {
    const answer = await inject(request);
    const { method = 'GET', url } = typeof request === 'string' ? { url: request } : request;
    const faults = document.documents(method, url) ? document.faults(method, url, answer) : [];
    if (faults.length > 0)
      throw new Error(`${method} ${url}: ${answer.statusCode} is not as documented: ${faults.join('; ')}`);
    return answer;
  }
  return Object.assign(app, { inject: held as FastifyInstance['inject'] });
}
