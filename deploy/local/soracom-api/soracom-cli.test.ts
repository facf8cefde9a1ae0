import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simIdOf, simOf } from '../sims/index.ts';
import { type SoracomApi, startSoracomApi } from './index.ts';

const SIMS = Array.from({ length: 5 }, (_, n) => ({ sim: simOf(`127.1.0.${n + 1}`)!, tags: { pref: '13' } }));
const SIM_ID = simIdOf(SIMS[0]!.sim);

async function started(): Promise<SoracomApi> {
  const api = await startSoracomApi({ sims: SIMS });
  onTestFinished(() => api.close());
  return api;
}

/** What soracom-cli 1.7.0 sends, as it was seen: a question mark behind each path, and headers of its own. */
describe('requests in the form of soracom-cli', () => {
  it.each([
    ['GET', '/groups?', undefined, 200],
    ['GET', '/sims?last_evaluated_key=8981295000000065537&limit=2', undefined, 200],
    ['GET', '/query/sims?name=ab&name=cd&search_type=or', undefined, 200],
    ['POST', `/sims/${SIM_ID}/unset_group?`, '', 200],
    ['PUT', `/sims/${SIM_ID}/tags?`, '[{"tagName":"名 前","tagValue":"x"}]', 200],
    ['DELETE', `/sims/${SIM_ID}/tags/%E5%90%8D%20%E5%89%8D?`, undefined, 404],
    ['GET', '/logs?from=1&service=Funnel&to=2', undefined, 200],
    ['POST', '/auth/logout?', '', 204],
  ])('%s %s', async (method, path, body, status) => {
    const api = await started();
    const own = { 'user-agent': 'soracom-cli/', 'x-soracom-lang': 'en', 'accept-encoding': 'gzip' };
    const login = await fetch(`${api.url}/v1/auth?`, {
      method: 'POST',
      headers: { ...own, 'content-type': 'application/json' },
      body: JSON.stringify(api.authKey),
    });
    const { apiKey, token } = (await login.json()) as { apiKey: string; token: string };
    const answer = await fetch(`${api.url}/v1${path}`, {
      method,
      headers: {
        ...{ ...own, 'x-soracom-api-key': apiKey, 'x-soracom-token': token },
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    });
    expect(answer.status).toBe(status);
  });
});

const CLI = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'soracom'))
  .find((path) => existsSync(path));

// No package registry has it, so this is not skipped where it is missing, but left out: README.md says how it was run.
if (!CLI) console.info('soracom-cli (`soracom`) is not in the PATH: it is not run against the API.');
else
  describe('the real soracom-cli', () => {
    it('manages groups, SIMs and credentials', async () => {
      const api = await started();
      const cli = (...args: readonly string[]) => run(CLI, args, api);
      const body = (value: unknown) => ['--body', JSON.stringify(value)];

      const group = JSON.parse(await cli('groups', 'create', ...body({ tags: { name: 'pi' } })));
      const ofGroup = ['--group-id', group.groupId];
      const inAir = [...ofGroup, '--namespace', 'SoracomAir'];
      await cli('groups', 'put-config', ...inAir, ...body([{ key: 'userdata', value: 'あ' }]));
      await cli('groups', 'put-tags', ...ofGroup, ...body([{ tagName: 'site', tagValue: '仙台' }]));
      expect(JSON.parse(await cli('groups', 'get', ...ofGroup))).toMatchObject({
        ...{ tags: { name: 'pi', site: '仙台' }, configuration: { SoracomAir: { userdata: 'あ' } } },
      });
      await cli('groups', 'delete-config', ...inAir, '--name', 'userdata');
      await cli('groups', 'delete-config-namespace', ...inAir);
      expect(JSON.parse(await cli('groups', 'list'))).toMatchObject([{ configuration: {} }]);

      expect(JSON.parse(await cli('sims', 'list', '--limit', '2', '--fetch-all'))).toHaveLength(SIMS.length);
      const ofSim = ['--sim-id', SIM_ID];
      await cli('sims', 'put-tags', ...ofSim, ...body([{ tagName: 'name', tagValue: 'Well 7' }]));
      await cli('sims', 'set-group', ...ofSim, ...ofGroup);
      expect(JSON.parse(await cli('query', 'sims', '--name', 'well'))).toMatchObject([{ groupId: group.groupId }]);
      await cli('sims', 'delete-tag', ...ofSim, '--tag-name', 'pref');
      expect(JSON.parse(await cli('sims', 'unset-group', ...ofSim)).tags).toEqual({ name: 'Well 7' });

      const ofCredentials = ['--credentials-id', 'azure-eh'];
      const azure = (key: string) => body({ type: 'azure-credentials', credentials: { policyName: 'Send', key } });
      await cli('credentials', 'create', ...ofCredentials, ...azure('hush-1'));
      await cli('credentials', 'update', ...ofCredentials, ...azure('hush-2'));
      expect(await cli('credentials', 'list')).not.toContain('hush');
      expect(api.state.use('azure-eh', 0)?.credentials.key).toBe('hush-2');
      await cli('credentials', 'delete', ...ofCredentials);

      await expect(cli('groups', 'get', '--group-id', 'none')).rejects.toThrow('LOC0404');
      await cli('groups', 'delete', ...ofGroup);
      expect(api.state.settings).toMatchObject({ groups: [], credentials: [] });
    });
  });

function run(cli: string, args: readonly string[], { url, authKey }: SoracomApi): Promise<string> {
  const login = ['--auth-key-id', authKey.authKeyId, '--auth-key', authKey.authKey];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, SORACOM_ENDPOINT: url, SORACOM_PROFILE: '' };
    execFile(cli, [...args, ...login], { env }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stdout),
    );
  });
}
