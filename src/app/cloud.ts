// JumpCloud's API beside the binds, where `upstream.api` says who asks. Without it nothing of it is loaded, and nothing is different.
import type { JumpCloudApi } from '../cloud/api.js';
import type { ApiConfig, AppConfig, Config } from '../config/config.js';
import type { Snapshot } from '../directory/snapshot.js';
import type { CloudFinding } from '../gate/explain/cloud-reason.js';
import type { Trace } from '../gate/trace.js';
import type { LogSource } from '../ops/log/source.js';
import type { CloudCounts, CloudState, LagState } from '../ops/state.js';
import type { NamedListener } from '../ops/telemetry/listeners.js';
import { regionOf } from '../upstream/regions.js';
import { gateNames } from './app-parts.js';
import type { CloudSide, CloudSideParts, Standing } from './cloud-side.js';
import type { CloudWatch, CloudWatchParts } from './cloud-watch.js';
import { same } from './differing-keys.js';
import type { LagSide, LagSideParts } from './lag-side.js';
import { endpointsOf, readerName } from './names.js';
import type { Revocation, RevocationParts } from './revocation.js';
import type { TenantLimits, TenantLimitsParts } from './tenant-limits.js';

/** What it needs from the rest of the product. */
export interface CloudSurroundings extends Pick<CloudSideParts, 'report' | 'found' | 'defect'> {
  readonly standing: (account: string, app: string | undefined) => Standing | undefined;
  /** Undefined: nothing here is changed by events, and nobody asks for them. */
  readonly revocation?: Omit<RevocationParts, 'defect' | 'membersChanged' | 'userChanged' | 'nameOf'>;
  /** Undefined: `binds.fromTenant` is not looked at. */
  readonly limits?: Omit<TenantLimitsParts, 'defect'>;
  /** Undefined: members are not compared. */
  readonly lag?: LagSideParts;
  /** Undefined: nobody asks about the reader. */
  readonly reader?: Pick<CloudWatchParts, 'changed'>;
  /** The API cannot be asked at all, for instance because the proxy's address is invalid. */
  readonly failed: (message: string) => void;
}

/** Milliseconds for which `explain` waits for JumpCloud's reason. */
const PATIENCE = 8000;

/** Everything about JumpCloud's API in a running app. Loads its parts only while `upstream.api` is set, and follows reloads. */
export class Cloud implements NamedListener {
  readonly name = 'cloud';
  private config: ApiConfig | undefined;
  private api: JumpCloudApi | undefined;
  private side: CloudSide | undefined;
  /** Kept while it is stopped: it goes on from where it was. */
  private revocation: Revocation | undefined;
  private limits: TenantLimits | undefined;
  private lag: LagSide | undefined;
  private watch: CloudWatch | undefined;

  constructor(private readonly surroundings: CloudSurroundings) {}

  /** Asks there from now on, or nobody. Never rejects: without an API Jumpgate works as well. */
  async use(config: Config): Promise<void> {
    await this.connect(config.upstream.api);
    // Another configuration may have come meanwhile.
    if (same(config.upstream.api, this.config)) await this.follow(config.binds.fromTenant);
    if (same(config.upstream.api, this.config)) await this.watchReader(readerName(config));
  }

  /** What is known stays known where only the credential is another. */
  private async watchReader(name: string): Promise<void> {
    const { api, surroundings } = this;
    if (api === undefined || surroundings.reader === undefined) return;
    const { CloudWatch } = await import('./cloud-watch.js');
    if (api !== this.api) return;
    this.watch ??= new CloudWatch({ ...surroundings.reader, defect: surroundings.defect });
    this.watch.use(api, name);
  }

  /** The upstream has refused the reader, or an event was about it: what the console says of it may be another thing now. */
  lookAtReader(): void {
    this.watch?.lookAtReader();
  }

  /** Undefined where nobody is asked. */
  get state(): CloudState | undefined {
    return this.watch?.state;
  }

  /** The tenant's limits, or those of the configuration alone. */
  private async follow(fromTenant: boolean): Promise<void> {
    const { api, surroundings } = this;
    if (!fromTenant || api === undefined || surroundings.limits === undefined) return this.limits?.use(undefined);
    const { TenantLimits } = await import('./tenant-limits.js');
    if (api !== this.api) return;
    this.limits ??= new TenantLimits({ ...surroundings.limits, defect: surroundings.defect });
    this.limits.use(api);
  }

  private async connect(api: ApiConfig | undefined): Promise<void> {
    if (same(api, this.config) && (api === undefined) === (this.api === undefined)) return;
    this.stop();
    this.config = api;
    if (api === undefined) return;
    try {
      const made = await makeCloud(api);
      const [{ cloudSide }, { Revocation }, { LagSide }] = await Promise.all([
        import('./cloud-side.js'),
        import('./revocation.js'),
        import('./lag-side.js'),
      ]);
      // Another configuration may have come meanwhile.
      if (this.config !== api) return made.stop();
      this.api = made;
      const { revocation, defect } = this.surroundings;
      this.lag = this.surroundings.lag && new LagSide(this.surroundings.lag, defect);
      this.lag?.start(made);
      const missingSince: LagSide['missingSince'] = (account, groups) => this.lag?.missingSince(account, groups);
      this.side = cloudSide(made, { ...this.surroundings, missingSince });
      if (revocation !== undefined) {
        this.revocation ??= new Revocation({
          ...{ ...revocation, defect },
          membersChanged: () => this.lag?.soon(),
          nameOf: (id) => this.lag?.nameOf(id),
          userChanged: (name) => {
            this.lag?.doubt(name);
            this.side?.forget(name);
            this.watch?.changed(name);
          },
          unresolved: (...events) => {
            revocation.unresolved(...events);
            this.watch?.changed(undefined);
          },
        });
        this.revocation.start(made);
      }
    } catch (error) {
      this.surroundings.failed((error as Error).message);
    }
  }

  operation(trace: Trace, source: LogSource): void {
    const { side } = this;
    if (side === undefined || trace.operation !== 'bind' || trace.reason === 'ok') return;
    // After the answer, which is written at the end of this turn: its timing must not show whether an account is asked about (R117).
    setImmediate(() => {
      if (side !== this.side) return;
      try {
        side.operation(trace, source);
      } catch (error) {
        this.surroundings.defect(error);
      }
    });
  }

  /** JumpCloud's reason, for an explanation; undefined if there is none. A reason that does not come in time counts as unknown. */
  async ask(account: string, app: string | undefined, isCredentialRefused: boolean): Promise<CloudFinding | undefined> {
    const { side } = this;
    if (side === undefined) return undefined;
    const late = new Promise<CloudFinding>((resolve) => {
      const finding = { reason: 'not-known', account, foundAt: Date.now(), fault: 'slow', calls: 0 } as const;
      setTimeout(() => resolve(finding), PATIENCE).unref();
    });
    const finding = await Promise.race([side.ask(account, app, isCredentialRefused), late]);
    // Of an account in order there is nothing to say before a password was refused; that nobody was asked is another thing.
    const isNothing = finding?.reason === 'not-known' && finding.fault !== 'budget' && !isCredentialRefused;
    return isNothing ? undefined : finding;
  }

  /** Undefined where nobody is asked. */
  get counts(): CloudCounts | undefined {
    const { api, side } = this;
    if (api === undefined || side === undefined) return undefined;
    const { calls, lastHour, lastError, isStopped } = api.health;
    const revocation = this.revocation?.counts;
    return { calls, lastHour, lastError, isStopped, found: [...side.found], dropped: side.dropped, revocation };
  }

  /** Whom JumpCloud has not finished; undefined where nobody is asked. */
  get behind(): LagState | undefined {
    return this.lag?.state;
  }

  stop(): void {
    this.side?.stop();
    this.lag?.stop();
    this.lag = undefined;
    this.revocation?.stop();
    this.limits?.use(undefined);
    this.watch?.use(undefined);
    this.api?.stop();
    this.side = this.api = this.config = undefined;
  }
}

/** A client for these credentials; nothing is asked yet. Rejects with an Error for an invalid proxy address. */
export async function makeCloud({ clientId, clientSecret, key, urls, orgId }: ApiConfig): Promise<JumpCloudApi> {
  const [{ JumpCloudApi }, { fetchFor }] = await Promise.all([
    import('../cloud/api.js'),
    import('../cloud/client/proxy.js'),
  ]);
  const access =
    key === undefined
      ? { kind: 'client', clientId: clientId ?? '', clientSecret: clientSecret ?? NO_SECRET, tokenUrl: urls.token }
      : { kind: 'key', key };
  return new JumpCloudApi(urls, {
    access: access as ConstructorParameters<typeof JumpCloudApi>[1]['access'],
    fetch: await fetchFor(process.env),
    orgId,
    clock: () => performance.now(),
    random: Math.random,
    pause,
  });
}

const NO_SECRET = { reveal: () => '' };

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    // It keeps the process: a command that waits for the next try would end in the middle, with exit code 0. A stop ends it.
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** What is known here of an account. `app`: as operations name it; undefined for the only one. */
export function standingOf(
  account: string,
  app: AppConfig | undefined,
  snapshot: Snapshot | undefined,
  config: Config,
): Standing | undefined {
  if (app === undefined) return undefined;
  const known = snapshot?.named('uid', account);
  const uid = known === undefined || known === 'ambiguous' ? undefined : known.uid;
  return {
    groups: app.everyone ? undefined : app.groups,
    isInMirror: uid !== undefined && snapshot?.membersOf(gateNames(app)).has(uid) === true,
    isMfaHost: takesSecondFactors(config),
    isKnownAccount: uid !== undefined,
  };
}

/** Only of JumpCloud's own plain hosts is it known that they take none. */
function takesSecondFactors(config: Config): boolean {
  return endpointsOf(config).some(
    ({ host, asksForSecondFactor }) => asksForSecondFactor || regionOf(host) === undefined,
  );
}

/** The app that an operation was for. */
export function appOf({ apps }: Pick<Config, 'apps'>, label: string | undefined): AppConfig | undefined {
  return label === undefined ? (apps.length === 1 ? apps[0] : undefined) : apps.find(({ name }) => name === label);
}
