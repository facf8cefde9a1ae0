import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetadataService {
  readonly url: string;
  /** The group's user data; undefined: it has none. */
  userData: string | undefined;
  /** Instead of all else: an answer of this status. */
  trouble: number | undefined;
  /** How often user data were asked for. */
  readonly asked: number;
  close(): void;
}

/** A metadata service with user data, and no tags. */
export async function startMetadataService(userData?: string): Promise<MetadataService> {
  let asked = 0;
  const service: MetadataService = {
    url: '',
    userData,
    trouble: undefined,
    get asked() {
      return asked;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server = createServer((request, response) => {
    const isUserData = request.url === '/v1/userdata';
    if (isUserData) asked++;
    const text = isUserData ? service.userData : undefined;
    const status = service.trouble ?? (text === undefined ? 404 : 200);
    response.writeHead(status).end(status === 200 ? text : 'Specified key does not exist.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(service, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
