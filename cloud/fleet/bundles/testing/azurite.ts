import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The account that every Azurite has ("Use the Azurite emulator", well-known storage account and key). */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azurite's blob service, with all that it has in memory. Its own process, for it changes what it runs in. */
const SCRIPT = `
const BlobServer = require('azurite/dist/src/blob/BlobServer').default;
const BlobConfiguration = require('azurite/dist/src/blob/BlobConfiguration').default;
const extents = [{ locationId: 'Default', locationPath: '', maxConcurrency: 10 }];
const none = undefined;
const server = new BlobServer(new BlobConfiguration('127.0.0.1', 0, 5, '', '', extents, false, none, false, none, false,
  true, '', '', '', none, false, true));
server.start().then(() => console.log(server.getHttpServerAddress()));
process.stdin.resume().once('end', () => process.exit());
`;

export interface Azurite {
  readonly url: string;
  readonly connectionString: string;
  readonly account: string;
  readonly key: string;
  stop(): Promise<void>;
}

export async function startAzurite(): Promise<Azurite> {
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const child = spawn(process.execPath, ['-e', SCRIPT], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = `${address}/${ACCOUNT}`;
  return {
    url,
    account: ACCOUNT,
    key: KEY,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${url};`,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
