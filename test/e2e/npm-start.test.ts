import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CloudApi, elsewhere, Program, temporaryDirectory, until } from '../rig/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = 'deploy/dist/local/main.js';
const AGENT = '295000000130817'; // the SIM of 127.1.255.1

type Environment = Record<string, string>;

/** Processes whose environment names `data`, from the kernel's own list: what npm start left running. */
function processesOn(data: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(data);
      } catch {
        return false; // gone meanwhile, or a kernel thread
      }
    });
}

function post(env: Environment, body: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${env.TASHIKA_FUNNEL_HTTP_PORT}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

/** The second reading of a stream whose first never came. */
const MY_OWN_POST = JSON.stringify({
  v: 1,
  pref: '47',
  stream: 'of-my-own',
  seq: 2,
  held: 0,
  pack: [{ n: 'a', v: 1 }],
});

/** A request from the source address that is the SIM, as `curl --interface` makes it. */
async function from(address: string, url: string, body?: string): Promise<{ status: number; text: string }> {
  const dispatcher = new Agent({ localAddress: address });
  const answer = await request(url, {
    dispatcher,
    ...(body !== undefined && { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
  });
  const text = await answer.body.text();
  await dispatcher.close();
  return { status: answer.statusCode, text };
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Response>;

/** A client of SORACOM's API, logged in with what `npm start` wrote down for it. */
async function soracom(data: string): Promise<Ask> {
  const lines = readFileSync(join(data, 'soracom/soracom.env'), 'utf8').trim().split('\n');
  const of = Object.fromEntries(lines.map((line) => line.split('=', 2)));
  const json = { 'content-type': 'application/json' };
  const login = await fetch(`${of.SORACOM_ENDPOINT}/v1/auth`, {
    ...{ method: 'POST', headers: json },
    body: JSON.stringify({ authKeyId: of.SORACOM_AUTH_KEY_ID, authKey: of.SORACOM_AUTH_KEY }),
  });
  const { apiKey, token } = (await login.json()) as { apiKey: string; token: string };
  const headers = { ...json, 'x-soracom-api-key': apiKey, 'x-soracom-token': token };
  return (method, path, body) =>
    fetch(`${of.SORACOM_ENDPOINT}/v1${path}`, {
      ...{ method, headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
}

/** The SIMs of the account, read page by page. */
async function simIdsOf(ask: Ask): Promise<readonly string[]> {
  const found: string[] = [];
  let from: string | null = '';
  while (from !== null) {
    const page: Response = await ask('GET', `/sims?limit=10${from && `&last_evaluated_key=${from}`}`);
    found.push(...((await page.json()) as { simId: string }[]).map(({ simId }) => simId));
    from = page.headers.get('x-soracom-next-key');
  }
  return found;
}

async function countIn(api: CloudApi, region: string): Promise<number> {
  return (await api.windows(`?region=${region}`)).reduce((sum, { readings }) => sum + readings, 0);
}

describe('npm start', () => {
  it('runs everything, counts a message of one’s own within two seconds, stops clean, and keeps what was counted', async () => {
    const data = temporaryDirectory();
    const env = await elsewhere(data);
    const api = new CloudApi(`http://127.0.0.1:${env.TASHIKA_API_PORT}`);

    // The front door itself: npm, in a process group of its own, as a terminal would have it.
    const npm = spawn('npm', ['start', '--', '--devices', '20'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      detached: true,
    });
    onTestFinished(() => endGroup(npm));
    let said = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    npm.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await until(
      'the dashboard’s address',
      () => said.includes(`http://127.0.0.1:${env.TASHIKA_API_PORT}`),
      120_000,
    ).catch((error) => {
      throw new Error(`${error}\n${said}`);
    });
    expect(said).toContain(
      `curl -d '{"pref":"東京都"}' -H 'content-type: application/json' http://127.0.0.1:${env.TASHIKA_FUNNEL_HTTP_PORT}/`,
    );

    const before = (await api.windows('?region=47')).reduce((sum, { events }) => sum + events, 0);
    expect((await post(env, '{"pref":"沖縄県"}')).status).toBe(204);
    const posted = performance.now();
    await until(
      'the message on the dashboard',
      async () => (await api.windows('?region=47')).reduce((sum, { events }) => sum + events, 0) > before,
      2_000,
    );
    expect(performance.now() - posted).toBeLessThan(2_000);

    // A device asks through Beam what has been received; without its signature the cloud tells nobody.
    const path = '/v1/receipts?stream=of-my-own';
    const funnel = `http://127.0.0.1:${env.TASHIKA_FUNNEL_HTTP_PORT}/`;
    const receipt = async (sim: string) =>
      JSON.parse((await from(sim, `http://127.0.0.1:${env.TASHIKA_BEAM_PORT}${path}`)).text);
    expect((await from('127.1.0.7', funnel, MY_OWN_POST)).status).toBe(204);
    await until('the receipt', async () => (await receipt('127.1.0.7')).through === 2);
    expect(await receipt('127.1.0.7')).toEqual({ stream: 'of-my-own', through: 2, missing: [[1, 1]] });
    expect(await receipt('127.1.0.8')).toEqual({ stream: 'of-my-own', through: 0, missing: [] });
    expect((await fetch(`${api.url}${path}`)).status).toBe(401);

    // SORACOM's API lists the SIMs of fleet and agent, and what is set there is what a device is served.
    const ask = await soracom(data);
    const simIds = await simIdsOf(ask);
    expect(simIds).toContain(`8981${AGENT}`);
    expect(new Set(simIds).size).toBe(simIds.length);
    expect(simIds.length).toBeGreaterThanOrEqual(21);
    const [group] = (await (await ask('GET', '/groups')).json()) as { groupId: string }[];
    const userData = [{ key: 'userdata', value: '{"log":{"level":"warn"}}' }];
    expect((await ask('PUT', `/groups/${group!.groupId}/configuration/SoracomAir`, userData)).status).toBe(200);
    const metadata = `http://127.0.0.1:${env.TASHIKA_METADATA_PORT}/v1/userdata`;
    expect((await from('127.1.0.7', metadata)).text).toBe('{"log":{"level":"warn"}}');

    // The fleet and the real agent are counted too.
    await until('the agent and ten of the fleet among the devices', async () => {
      const imsis = (await api.devices()).map((device) => device.imsi);
      return imsis.includes(AGENT) && imsis.length > 10;
    });

    process.kill(-npm.pid!, 'SIGINT');
    await once(npm, 'exit');
    await until('every process to be gone', () => processesOn(data).length === 0, 30_000);

    // A rerun keeps what was counted.
    const again = new Program(MAIN, ['--devices', '0'], env);
    await again.printed(new RegExp(`http://127.0.0.1:${env.TASHIKA_API_PORT}`), 90_000);
    expect(await countIn(api, '47')).toBeGreaterThanOrEqual(1);
    const kept = await countIn(api, '47');
    await post(env, '{"pref":"沖縄県"}');
    await until('one more', async () => (await countIn(api, '47')) === kept + 1);

    expect((await from('127.1.0.7', metadata)).text).toBe('{"log":{"level":"warn"}}');

    // Killed outright, it takes its parts with it.
    await again.kill9();
    await until('every process to be gone', () => processesOn(data).length === 0, 30_000);
  });

  it('names the variable that moves a busy port, and starts nothing', async () => {
    const data = temporaryDirectory();
    const env = await elsewhere(data);
    const busy = createServer().listen(Number(env.TASHIKA_FUNNEL_HTTP_PORT), '127.0.0.1');
    onTestFinished(() => void busy.close());
    const program = new Program(MAIN, ['--devices', '0'], env);
    expect(await program.exited()).not.toBe(0);
    expect(program.errors).toMatch(/PORT_BUSY/);
    expect(program.errors).toContain('TASHIKA_FUNNEL_HTTP_PORT');
    expect(processesOn(data)).toEqual([]);
  });

  it('says clearly that a data directory cannot be written', async () => {
    const env = await elsewhere('/proc/tashika');
    const program = new Program(MAIN, ['--devices', '0'], env);
    expect(await program.exited()).not.toBe(0);
    expect(program.errors).toMatch(/DATA_DIRECTORY_UNWRITABLE.*\/proc\/tashika/);
  });

  it('explains each flag, and where the connection strings are', async () => {
    const program = new Program(MAIN, ['--help']);
    expect(await program.exited()).toBe(0);
    for (const text of ['--devices', 'TASHIKA_DATA', 'TASHIKA_API_PORT', 'connection-strings.txt'])
      expect(program.output).toContain(text);
  });

  it('refuses a flag it does not know', async () => {
    const program = new Program(MAIN, ['--device', '3']);
    expect(await program.exited()).toBe(2);
    expect(program.errors).toMatch(/USAGE.*--device/);
  });
});

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // gone already
  }
}
