import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { cloudRules, cloudSchema } from '@tashika/cloud/config';
import { loadConfiguration } from '@tashika/shared/config';
import { describe, expect, it } from 'vitest';
import { haveCommand, temporaryDirectory } from '../../rig/index.ts';
import { parseJobFile } from './job-file.ts';
import { problemsOf } from './rules.ts';

const NAMES = ['worker', 'api'] as const;

function textOf(name: (typeof NAMES)[number]): string {
  return readFileSync(new URL(`../../../deploy/nomad/${name}.nomad.hcl`, import.meta.url), 'utf8');
}

async function problemsIn(text: string): Promise<readonly string[]> {
  return problemsOf(await parseJobFile('a.nomad.hcl', text), text);
}

describe.each(NAMES)('the job file of %s', (name) => {
  const text = textOf(name);

  it('is HCL, and has all that a job of ours must have', async () => {
    expect(await problemsIn(text)).toEqual([]);
  });

  it.each<readonly [RegExp, string, string]>([
    [/canary +=.*/, '', `group ${name}: it has no canary`],
    [/auto_promote += true/, 'auto_promote = false', `group ${name}: auto_promote is not true`],
    [/auto_revert +=.*/, '', `group ${name}: auto_revert is not true`],
    [/health_check +=.*/, 'health_check = "task_states"', `group ${name}: health_check is not checks`],
    [/"\/api\/ready"/, '"/"', `group ${name}: no check asks /api/ready`],
    [/"\/api\/health"/, '"/"', `group ${name}: no check asks /api/health`],
    [/check_restart \{[^}]*\}/, '', `group ${name}: no check starts it anew when it is stuck`],
    [/kill_timeout = "15s"/, 'kill_timeout = "9s"', `group ${name}: kill_timeout is 9s`],
    [/user +=.*/, 'user = "root"', `group ${name}: it runs as root`],
    [/readonly_rootfs +=.*/, '', `group ${name}: its root is not read-only`],
    [/cap_drop +=.*/, '', `group ${name}: it keeps capabilities`],
    [/image +=.*\n(\s+args)/, 'image = "tashika-cloud:latest"\n$1', `group ${name}: the image is written out`],
    [/ env += false.*/, '', `group ${name}: the program can read the token of Vault`],
    [/ role +=.*/, '', `group ${name}: it has no role in Vault`],
    [/memory += \d+/, '', `group ${name}: memory is not bounded`],
    [
      / env \{/,
      ' env {\n TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY = "a"',
      `group ${name}: TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY in env holds a secret`,
    ],
    [
      /"postgres:\/\/\$/,
      '"postgres://tashika:of-the-store@$',
      `group ${name}: TASHIKA_CLOUD_STORE_URL in env holds a secret`,
    ],
    [/ file +=.*/, '', `group ${name}: the program has no identity to log in to Vault with`],
    [/with pkiCert "/, 'with "', `group ${name}: no template asks Vault`],
    [/job "/, '# Endpoint=sb://a/;SharedAccessKey=abc\njob "', 'something in it looks like a key or a token'],
    [/count += .*/, 'count = 3', 'the number of replicas is no variable'],
  ])('is found out where %s becomes %j', async (from, to, problem) => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    expect(await problemsIn(changed)).toEqual([problem]);
  });

  it('asks Vault for nothing that its policy does not give', async () => {
    const policy = readFileSync(new URL(`../../../deploy/vault/policies/tashika-${name}.hcl`, import.meta.url), 'utf8');
    const { path: given } = (await parse('policy.hcl', policy)) as {
      path: Record<string, [{ capabilities: string[] }]>;
    };
    const asked = [...text.matchAll(/with (?:pkiCert|secret) "([^"]+)"/g)].map(([, path]) => path!);
    expect(asked).toEqual(['pki/issue/tashika-service']);
    expect(given['pki/issue/tashika-service']![0].capabilities).toEqual(['update']);
    expect(text).toMatch(new RegExp(`role += "tashika-${name}"`));
  });

  it('tells the program what it knows: its own schema takes the environment', async () => {
    const { job } = await parseJobFile(`${name}.nomad.hcl`, text);
    const [task] = job[`tashika-${name}`]![0].group[name]![0].task[name]!;
    const runtime: Readonly<Record<string, string>> = {
      [`NOMAD_PORT_${name === 'worker' ? 'health' : 'http'}`]: '25000',
      NOMAD_SECRETS_DIR: '/secrets',
      'var.database': 'db.example.com:5432/tashika',
      'var.vault.address': 'https://vault.example.com:8200',
    };
    const env = Object.entries(task.env![0]).map(([key, value]) => {
      const filled = String(value).replace(/\$\{([\w.]+)\}/g, (_, of: string) => runtime[of] ?? 'a');
      return [key, filled.startsWith('${') ? '' : filled] as const; // an expression that comes to nothing here
    });
    const source = { schema: cloudSchema, prefix: 'TASHIKA_CLOUD', rules: cloudRules };
    const configuration = loadConfiguration({ ...source, env: Object.fromEntries(env) });
    expect(configuration.secrets).toMatchObject({ source: 'vault', vault: { auth: { method: 'jwt' } } });
    expect(configuration[name].tls).toEqual({ certFile: '/secrets/service.pem', keyFile: '/secrets/service.pem' });
    expect(configuration[name].port).toBe(25_000);
  });

  it('that is no HCL is named with its line', async () => {
    const line = text.split('\n').findIndex((each) => each.includes('kill_timeout')) + 1;
    const broken = text.replace(/kill_timeout = "15s"/, 'kill_timeout = ');
    await expect(parseJobFile(`${name}.nomad.hcl`, broken)).rejects.toThrow(
      new RegExp(`${name}\\.nomad\\.hcl:${line},`),
    );
  });
});

// Terraform has the same blocks for variables, by the same library: it says what Nomad would of a value out of range.
describe.skipIf(!haveCommand('terraform'))('a value out of range', () => {
  function planned(name: (typeof NAMES)[number], values: Readonly<Record<string, string>>) {
    const directory = temporaryDirectory();
    const blocks = [...textOf(name).matchAll(/^variable "[^"]+" \{\n[\s\S]*?^\}$/gm)].map(([block]) => block);
    writeFileSync(join(directory, 'variables.tf'), blocks.join('\n\n'));
    const all = {
      image: 'registry.example.com/tashika-cloud:1.2.3',
      database: 'db.example.com:5432/tashika',
      vault: '{address="https://vault.example.com:8200",audience="vault",ca=""}',
      ...values,
    };
    const vars = Object.entries(all).map(([key, value]) => `-var=${key}=${value}`);
    const { status, stdout, stderr } = spawnSync('terraform', ['plan', '-input=false', '-no-color', ...vars], {
      cwd: directory,
      encoding: 'utf8',
    });
    return { status, said: `${stdout}${stderr}`.replace(/\s*[│╷╵]?\s+/g, ' ') };
  }

  it.each([
    ['worker', { scale: '{replicas=32,partitions=32}' }],
    ['worker', { image: `tashika-cloud@sha256:${'0'.repeat(64)}` }],
    ['api', { replicas: '8' }],
  ] as const)('is none for %s with %j', (name, values) => {
    expect(planned(name, values)).toMatchObject({ status: 0 });
  });

  it.each([
    ['worker', { scale: '{replicas=33,partitions=32}' }, 'no more than the event hub has partitions'],
    ['worker', { scale: '{replicas=0,partitions=32}' }, 'at least one worker'],
    ['worker', { scale: '{replicas=1,partitions=2000}' }, 'An event hub has 1 to 1024 partitions.'],
    ['worker', { image: 'tashika-cloud:latest' }, 'The image must be pinned'],
    ['worker', { vault: '{address="http://vault:8200",audience="vault",ca=""}' }, 'must be https://host:port'],
    ['api', { replicas: '9' }, 'There must be 1 to 8 APIs'],
    ['api', { database: 'postgres://tashika:secret@db/tashika' }, 'without user and password'],
  ] as const)('is refused for %s with %j', (name, values, reason) => {
    const { status, said } = planned(name, values);
    expect([status, said]).toEqual([1, expect.stringContaining(reason)]);
  });
});
