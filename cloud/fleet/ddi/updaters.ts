import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { BeamSettings, Headers } from '../../receipts/index.ts';
import type { Logger, Store } from '../../store/index.ts';
import { readAction } from './action.ts';
import { bindSim, refusalOf, register } from './admission.ts';
import { type ConfigData, takeConfigData } from './config-data.ts';
import { CONTROLLER_ID_RULE, isControllerId } from './controller-id.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { type BundleSource, type Download, type DownloadRequest, Downloads } from './downloads.ts';
import { type Feedback, takeCancelFeedback, takeFeedback } from './feedback.ts';
import { PollTimes } from './poll-times.ts';
import { PollRate, sleepOf, sleepText } from './polling.ts';
import type { Standing } from './standing.ts';
import { Standings } from './standings.ts';

/** A device tells of itself when it is new, when an action is over, and once a day. */
const ATTRIBUTES_GOOD_FOR_MS: Duration = 24 * 3_600_000;

export interface UpdatersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tenant: string;
  /** The token that any updater may come with; without it, a device needs its own or comes through Beam. */
  readonly gatewayToken?: string | undefined;
  /** How devices behind Beam are known; without it, none is by its SIM. */
  readonly beam?: BeamSettings | undefined;
  readonly pollMs: Duration;
  readonly bundles: BundleSource;
}

/** What an updater is told when it polls. */
export interface Poll {
  readonly config: { readonly polling: { readonly sleep: string } };
  readonly _links: Readonly<
    Partial<Record<'configData' | 'deploymentBase' | 'cancelAction', { readonly href: string }>>
  >;
}

/** The devices' updaters: who they are, what they are told, and what they say. */
export class Updaters {
  readonly tenant: string;
  readonly #options: UpdatersOptions;
  readonly #standings: Standings;
  readonly #pollTimes: PollTimes;
  readonly #rate: PollRate;
  readonly #downloads: Downloads;

  constructor(options: UpdatersOptions) {
    this.tenant = options.tenant;
    this.#options = options;
    this.#standings = new Standings(options);
    this.#pollTimes = new PollTimes(options);
    this.#rate = new PollRate(options.clock);
    this.#downloads = new Downloads(options);
  }

  start(): Promise<void> {
    return this.#standings.start();
  }

  /** Ends the downloads under way; their devices go on another time. */
  endDownloads(): void {
    this.#downloads.stop();
  }

  /** Writes when devices asked last, and lets go of the store. */
  async stop(): Promise<void> {
    await this.#standings.stop();
    await this.#pollTimes.stop();
  }

  /**
   * Lets a device in, or refuses it; makes its row where it is new, and moves a SIM that is in another device now.
   *
   * @throws TashikaError BAD_REQUEST, UPDATER_REFUSED, CONTROLLER_TAKEN; nothing is changed then
   */
  async enter(controllerId: string, headers: Headers): Promise<Standing> {
    if (!isControllerId(controllerId))
      throw new TashikaError('BAD_REQUEST', `There is no such device: ${CONTROLLER_ID_RULE}.`);
    const now = this.#options.clock.now();
    const credentials = credentialsOf(
      headers,
      { gatewayToken: this.#options.gatewayToken, beam: this.#options.beam },
      now,
    );
    if (typeof credentials === 'string') throw new TashikaError('UPDATER_REFUSED', credentials);
    const known = this.#standings.of(controllerId);
    const standing = known instanceof Promise ? await known : known;
    const refusal = refusalOf(credentials, standing);
    if (refusal !== undefined) throw new TashikaError('UPDATER_REFUSED', refusal);
    const entered = isAsKnown(credentials, standing) ? standing : await this.#settle(controllerId, credentials);
    this.#pollTimes.note(controllerId, now);
    return entered;
  }

  /** @param base address of the device's resources, without a slash at its end */
  poll({ controllerId, attributesAt, action }: Standing, base: string): Poll {
    const { clock, pollMs } = this.#options;
    const now = clock.now();
    const tell = attributesAt === null || now - attributesAt >= ATTRIBUTES_GOOD_FOR_MS;
    const sleep = sleepText(sleepOf(controllerId, now, pollMs, this.#rate.stretch()));
    return {
      config: { polling: { sleep } },
      _links: {
        ...(tell && { configData: { href: `${base}/configData` } }),
        ...(action?.state === 'open' &&
          !action.revoked && { deploymentBase: { href: `${base}/deploymentBase/${action.id}` } }),
        ...(action?.state === 'canceling' && { cancelAction: { href: `${base}/cancelAction/${action.id}` } }),
      },
    };
  }

  /** @throws TashikaError BAD_REQUEST */
  async tellConfigData({ controllerId }: Standing, data: ConfigData): Promise<void> {
    await takeConfigData(this.#options.store, this.#telling(controllerId), data);
    this.#standings.forget(controllerId);
  }

  /** @throws TashikaError NOT_FOUND where there is nothing of that number to install */
  async deployment({ controllerId, timeZone }: Standing, id: number, base: string): Promise<Deployment> {
    const { store, clock } = this.#options;
    const action = await readAction(store, { tenant: this.tenant, controllerId, id });
    if (action?.state !== 'open' || action.revoked)
      throw new TashikaError('NOT_FOUND', `${controllerId} has nothing to install by the number ${id}.`);
    const now = clock.now();
    if (action.fetchedAt === null)
      await store.query('UPDATE deployment_action SET fetched_at = $2 WHERE id = $1 AND fetched_at IS NULL', [
        id,
        new Date(now),
      ]);
    return deploymentOf(action, timeZone, base, now);
  }

  /** @throws TashikaError those of takeFeedback */
  async tellFeedback({ controllerId }: Standing, id: number, feedback: Feedback): Promise<void> {
    await takeFeedback(this.#options.store, { ...this.#telling(controllerId), id }, feedback);
    this.#standings.forget(controllerId);
  }

  /** @throws TashikaError NOT_FOUND where nothing of that number is being cancelled */
  async cancellation({ controllerId }: Standing, id: number) {
    const action = await readAction(this.#options.store, { tenant: this.tenant, controllerId, id });
    if (action?.state !== 'canceling')
      throw new TashikaError('NOT_FOUND', `${controllerId} has nothing to cancel by the number ${id}.`);
    return { id: String(id), cancelAction: { stopId: String(id) } };
  }

  /** @throws TashikaError those of takeCancelFeedback */
  async tellCancelFeedback({ controllerId }: Standing, id: number, feedback: Feedback): Promise<void> {
    await takeCancelFeedback(this.#options.store, { ...this.#telling(controllerId), id }, feedback);
    this.#standings.forget(controllerId);
  }

  /** @throws TashikaError those of Downloads.open */
  async download(
    { controllerId }: Standing,
    request: Omit<DownloadRequest, 'tenant' | 'controllerId'>,
  ): Promise<Download> {
    try {
      return await this.#downloads.open({ ...request, tenant: this.tenant, controllerId });
    } catch (error) {
      this.#standings.forget(controllerId); // its action may have been closed by this
      throw error;
    }
  }

  async #settle(controllerId: string, { gateway, imsi, tokenSha256 }: Credentials): Promise<Standing> {
    const { store, clock, pollMs } = this.#options;
    const device = { tenant: this.tenant, controllerId, now: clock.now() };
    const polledAt = (each: string) => this.#pollTimes.of(each);
    const token = tokenSha256 === undefined ? (gateway ? 'gateway' : undefined) : 'own';
    if (imsi === undefined) await register(store, device);
    else await bindSim(store, { ...device, imsi, token, quietMs: 2 * pollMs, polledAt });
    this.#standings.forget(controllerId);
    const standing = await this.#standings.of(controllerId);
    if (!standing) throw new TashikaError('NOT_FOUND', `${controllerId} was taken away meanwhile.`);
    return standing;
  }

  #telling(controllerId: string) {
    return { tenant: this.tenant, controllerId, now: this.#options.clock.now() };
  }
}

function isAsKnown({ imsi }: Credentials, standing: Standing | undefined): standing is Standing {
  return standing !== undefined && (imsi === undefined || (standing.imsiProved && standing.imsi === imsi));
}
