import { join } from 'node:path';
import pg from 'pg';
import { request } from 'undici';
import { until } from '../../../rig/until.ts';
import { freePort, type Scene } from '../../scene.ts';
import { tokenOf } from '../poll-load.ts';
import { buildHawkbit } from './build.ts';
import type { KnownDevices, MeasuredServer } from './measured.ts';

/** As hawkBit's own container images say. */
const JVM = [
  ...['-Xms768m', '-Xmx768m', '-XX:MetaspaceSize=250m', '-XX:MaxMetaspaceSize=250m', '-Xss300K'],
  ...['-XX:+UseG1GC', '-XX:+UseStringDeduplication'],
];
/** Spring 5.2, of before Java 16, makes classes by a method that later ones have closed. */
const FOR_NEWER_JAVA = ['--add-opens', 'java.base/java.lang=ALL-UNNAMED'];
const AUTHORIZATION = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
/** `update_status` of a target that is known and has never been given anything. */
const REGISTERED = 4;
const STARTS_WITHIN_MS = 240_000;
/** Of what it said last, in characters. */
const SAID = 4_000;

/** hawkBit's update server as it is released, on a database of its own, and what an operator does by its Management API. */
export class Hawkbit implements MeasuredServer {
  readonly name: string;
  readonly tenant = 'DEFAULT';
  readonly #database: string;

  private constructor(
    readonly base: string,
    readonly process: MeasuredServer['process'],
    version: string,
    database: string,
  ) {
    this.#database = database;
    this.name = `hawkBit ${version}`;
  }

  /** Its own defaults, but for where it listens, keeps its data, and that it takes tokens and a whole load from one address. */
  static async start(scene: Scene, database: string): Promise<Hawkbit> {
    const { version, classPath, main } = buildHawkbit();
    const port = await freePort();
    const { hostname, port: databasePort, pathname, username, password } = new URL(database);
    const settings = {
      'server.address': '127.0.0.1',
      'server.port': port,
      'spring.jpa.database': 'POSTGRESQL',
      'spring.datasource.url': `jdbc:postgresql://${hostname}:${databasePort}${pathname}`,
      'spring.datasource.username': username,
      'spring.datasource.password': password,
      'spring.datasource.driverClassName': 'org.postgresql.Driver',
      'org.eclipse.hawkbit.repository.file.path': join(scene.directory, 'hawkbit-artifacts'),
      'hawkbit.server.ddi.security.authentication.targettoken.enabled': true,
      'hawkbit.server.security.dos.filter.enabled': false, // it would refuse the load: it comes from one address
      'spring.main.allow-bean-definition-overriding': true, // its modules want it
      'spring.main.banner-mode': 'off',
      'logging.level.root': 'error',
    };
    const program = [...JVM, ...FOR_NEWER_JAVA, '-cp', classPath, main];
    const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    const process = scene.run('java', [...program, ...args]);
    let said = '';
    process.stdout?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-SAID);
    });
    const hawkbit = new Hawkbit(`http://127.0.0.1:${port}`, process, version, database);
    const probe = async () => {
      if (process.exitCode !== null) return 'ended';
      return (await hawkbit.#ask('GET', '/rest/v1/targets?limit=1').catch(() => undefined)) && 'ready';
    };
    if ((await until('hawkBit', probe, STARTS_WITHIN_MS)) === 'ended')
      throw new Error(`hawkBit ended before it was ready: ${said}`);
    return hawkbit;
  }

  /**
   * Rows as if they had been registered, asked, and told of themselves: its API would take minutes for so many.
   *
   * @param waves cumulative; a device's own is its description
   */
  async addDevices({ prefix, count }: KnownDevices, waves: readonly number[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: this.#database });
    await client.connect();
    try {
      await client.query(
        `INSERT INTO sp_target (tenant, controller_id, name, description, sec_token, request_controller_attributes,
                                update_status, created_at, created_by, last_modified_at, last_modified_by,
                                last_target_query, optlock_revision)
         SELECT $1, $2::text || '-' || n, $2 || '-' || n,
                'wave-' || (SELECT 1 + count(*) FROM unnest($6::int[]) AS size WHERE size <= n),
                $3::text || n, false, $4, at, 'bench', at, 'bench', at, 1
           FROM generate_series(0, $5::int - 1) AS n, (SELECT (1000 * extract(epoch FROM now()))::bigint AS at)`,
        [this.tenant, prefix, tokenOf(''), REGISTERED, count, waves],
      );
      await client.query('VACUUM (ANALYZE) sp_target');
    } finally {
      await client.end();
    }
  }

  /** An image with one file, as what a rollout hands out. Answers its id. */
  async addImage(version: string, content: string): Promise<number> {
    const [module] = await this.#ask('POST', '/rest/v1/softwaremodules', [
      { name: 'agent', version, type: 'os', vendor: 'bench' },
    ]);
    const form = new FormData();
    form.append('file', new Blob([content]), `agent-${version}.raucb`);
    const url = `${this.base}/rest/v1/softwaremodules/${module.id}/artifacts`;
    const answer = await fetch(url, { method: 'POST', headers: { authorization: AUTHORIZATION }, body: form });
    if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${await answer.text()}`);
    const set = { name: 'agent', version, type: 'os', modules: [{ id: module.id }] };
    const [{ id }] = await this.#ask('POST', '/rest/v1/distributionsets', [set]);
    return id;
  }

  /**
   * Makes a rollout and starts it. A group goes on to the next by itself once all of it has reported success, and the
   * rollout pauses where more than one in a hundred of a group has reported an error.
   *
   * @param waves the cumulative sizes of its groups
   */
  async rollOut(name: string, image: number, { prefix }: KnownDevices, waves: readonly number[]): Promise<number> {
    const rollout = await this.#ask('POST', '/rest/v1/rollouts', {
      name,
      distributionSetId: image,
      targetFilterQuery: `controllerId==${prefix}-*`,
      type: 'forced',
      successCondition: { condition: 'THRESHOLD', expression: '100' },
      successAction: { action: 'NEXTGROUP', expression: '' },
      errorCondition: { condition: 'THRESHOLD', expression: '1' },
      errorAction: { action: 'PAUSE', expression: '' },
      // By a query each: a group that is a share can't be less than one in a hundred.
      groups: waves.map((_, index) => ({
        name: `wave ${index + 1}`,
        targetFilterQuery: `description==wave-${index + 1}`,
        targetPercentage: 100,
      })),
    });
    await until('hawkBit to make the groups', async () => (await this.state(rollout.id)) === 'ready', 60_000);
    const sizes = await this.#groupSizes(rollout.id);
    const planned = waves.map((size, index) => size - (waves[index - 1] ?? 0));
    if (String(sizes) !== String(planned)) throw new Error(`hawkBit made groups of ${sizes}, not of ${planned}.`);
    await this.#ask('POST', `/rest/v1/rollouts/${rollout.id}/start`);
    // It writes the actions of all its groups before the first is under way.
    await until('hawkBit to start', async () => (await this.state(rollout.id)) !== 'starting', STARTS_WITHIN_MS);
    return rollout.id;
  }

  async state(rollout: number): Promise<string> {
    return (await this.#ask('GET', `/rest/v1/rollouts/${rollout}`)).status;
  }

  async #groupSizes(rollout: number): Promise<readonly number[]> {
    const { content } = await this.#ask('GET', `/rest/v1/rollouts/${rollout}/deploygroups`);
    return content.map(({ totalTargets }: { totalTargets: number }) => totalTargets);
  }

  // biome-ignore lint/suspicious/noExplicitAny: each path has a shape of its own, hawkBit's Management API says which
  async #ask(method: 'GET' | 'POST', path: string, content?: object): Promise<any> {
    const { statusCode, body } = await request(this.base + path, {
      method,
      headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
      ...(content && { body: JSON.stringify(content) }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} was answered ${statusCode}: ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
