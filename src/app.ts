// The composition root: builds the proxy from a Config, starts it, changes it while it runs, and stops it.
import { performance } from 'node:perf_hooks';
import { viewsOf } from './app/app-parts.js';
import { changedKeys, needsRestart } from './app/changes.js';
import { Cloud } from './app/cloud.js';
import { cloudSurroundings } from './app/cloud-surroundings.js';
import { entrancesOf, type House } from './app/doors.js';
import { EndedSessions } from './app/ended-sessions.js';
import { explainContextOf } from './app/explain-context.js';
import { explainIn, withCloud, withRefusals } from './app/explain-in.js';
import { Fleet } from './app/fleet.js';
import { FleetMembers } from './app/fleet-members.js';
import { GuardedLog } from './app/guarded-log.js';
import { attributeKnowledge } from './app/known-attributes.js';
import { makeListeners } from './app/listeners.js';
import { NOTHING_OPENED, openedUrls } from './app/opened-urls.js';
import { OpsSide } from './app/ops-side.js';
import { namesOf } from './app/pick-app.js';
import { accountOf, purgeHere } from './app/purge-here.js';
import type { Reloaded } from './app/reloaded.js';
import { type Setup, Setups } from './app/setup.js';
import { stateOf } from './app/state.js';
import type { LagPace } from './cloud/lag.js';
import type { Config } from './config/config.js';
import type { MirrorEvent } from './directory/mirror.js';
import type { Purge } from './fleet/purges.js';
import type { ExplainedResult, ExplainRequest } from './gate/explain/explain.js';
import { tokenFolders } from './ops/http/token-file.js';
import type { Audit } from './ops/log/audit.js';
import { ClientLines } from './ops/log/client-lines.js';
import { logExplained } from './ops/log/explain-log.js';
import { logFleet } from './ops/log/fleet-log.js';
import type { Logger } from './ops/log/log.js';
import type { State } from './ops/state.js';
import { Refreshes } from './ops/telemetry/refreshes.js';
import { Telemetry, type TelemetryListener } from './ops/telemetry/telemetry.js';
import { networkList } from './runtime/networks.js';
import { Listener } from './server/listener.js';

export { makeLayout, makeReader, upstreamReaderDN } from './app/names.js';

export interface App {
  readonly ldapUrl: string | undefined;
  readonly ldapsUrl: string | undefined;
  readonly ldapiUrl: string | undefined;
  readonly opsUrl: string | undefined;
  /** With the token that POST wants at the ops port, where none is configured. */
  readonly opsTokenFile: string | undefined;
  readonly readiness: () => State;
  /** Switches to another configuration without dropping a connection; or keeps the old one and says why. */
  reload(config: Config): Promise<Reloaded>;
  /** Forgets the cached passwords and attempts of one account; true if a verdict was cached. */
  purge(uid: string): Promise<boolean>;
  /** Receives every operation and fault from now on; the function returned ends that. */
  listen(listener: TelemetryListener): () => void;
  /** Drains for at most `listen.limits.drainTime`, then ends everything. */
  stop(): Promise<void>;
}

/** What it writes beside the log itself. */
export interface Written {
  /** Where it may keep a token for its ops port, the best first. */
  readonly tokenFolders?: readonly string[];
  readonly audit?: Audit | undefined;
  /** What becomes of the log's lines. */
  readonly lines?: { readonly lost: number };
  /** Where a defect of the log itself is reported: standard error unless given. */
  readonly elsewhere?: (text: string) => void;
  /** Called when the first read of the directory is over, whatever came of it. */
  readonly firstReadIsOver?: () => void;
  /** For tests: how soon members are compared with JumpCloud's API. */
  readonly lagPace?: LagPace;
}

const clock = () => performance.now();

/** Starts listening immediately, even while the upstream is down (R101). Rejects if a port cannot be opened. */
export async function startApp(config: Config, log: Logger, written: Written = {}): Promise<App> {
  const app = new RunningApp(config, log, written);
  await app.start();
  return app;
}

/** Each part knows what is beside it by functions that ask for it at the moment: a reload exchanges the setup, and nothing else. */
class RunningApp implements App {
  private readonly log: GuardedLog;
  private readonly lines: ClientLines;
  private readonly telemetry: Telemetry;
  private readonly fleet: Fleet;
  private readonly members: FleetMembers;
  private readonly endedSessions: EndedSessions;
  private readonly setups: Setups;
  private setup: Setup;
  private readonly cloud: Cloud;
  private readonly listener: Listener;
  private readonly ops: OpsSide;
  private readonly startedAt = clock();
  private urls = NOTHING_OPENED;
  /** Reloads come one after another. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    config: Config,
    logger: Logger,
    private readonly written: Written,
  ) {
    const { audit, lagPace, elsewhere = (text) => process.stderr.write(text) } = written;
    const log = new GuardedLog(logger, elsewhere);
    const refreshes = new Refreshes();
    const setup = () => this.setup;
    const revokeSessions: Listener['revoke'] = (isRevoked) => this.listener.revoke(isRevoked);
    const fleet = new Fleet({
      purged: (purge) => this.purgeHere(purge),
      turned: (trouble) => log.write((log) => logFleet(log, trouble)),
      defect: log.defect,
    });
    const telemetry = new Telemetry(
      attributeKnowledge(() => setup().stack.mirror.snapshot),
      Date.now,
    );
    this.log = log;
    this.fleet = fleet;
    this.telemetry = telemetry;
    this.lines = new ClientLines(logger, (error) => log.defects.add('log', error), clock);
    this.endedSessions = new EndedSessions({ revokeSessions, defect: log.defect });
    this.members = new FleetMembers(fleet, () => this.readiness(), log);
    this.setups = new Setups({
      ...{ fleet, refreshes, log },
      mirrored: (event) => this.mirrored(event),
      share: (stack) => this.members.share(stack),
    });
    this.setup = this.setups.first(config);
    this.cloud = new Cloud(cloudSurroundings({ setup, fleet, revokeSessions, telemetry, log, audit, lagPace }));
    this.listener = new Listener({
      doors: this.setup.house.doors,
      entrances: entrancesOf(config),
      events: makeListeners(audit, this.lines, telemetry, this.cloud, log.defects),
      trustedProxies: config.listen.proxyProtocol && networkList(config.listen.proxyProtocol),
    });
    this.tellApps(this.setup.house);
    this.ops = this.makeOps(refreshes);
  }

  /** What the operator's port shows, and what it can ask for. */
  private makeOps(refreshes: Refreshes): OpsSide {
    const { telemetry, fleet, log, written } = this;
    const { audit, lines } = written;
    return new OpsSide(
      {
        ...{ telemetry, refreshes },
        state: () => this.readiness(),
        surroundings: {
          logLinesLost: () => lines?.lost ?? 0,
          auditLinesLost: () => audit?.lost ?? 0,
          listenerDefects: log.defects.counts,
          takeLongestTurn: () => this.listener.takeLongestTurn(),
          cloud: () => this.cloud.counts,
          fleetTook: fleet.took,
        },
        purge: (uid) => this.purge(uid),
        explain: (question) => this.explain(question),
        roll: () => this.members.roll(),
      },
      () => this.setup.config.ops.token?.bytes(),
      log,
      written.tokenFolders ?? tokenFolders(),
    );
  }

  async start(): Promise<void> {
    const { config, stack } = this.setup;
    try {
      await this.members.use(config, stack);
      this.urls = openedUrls(await this.listener.start(), config);
      if (config.ops.http !== undefined) await this.ops.open(config.ops.http);
      await this.cloud.use(config);
      // Not awaited: an upstream that is down must not keep us from listening; failures are logged and retried by the mirror.
      void stack.mirror.start().then(this.written.firstReadIsOver);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** The directory was read, or could not be: the console may say why, and the fleet learns how it is. */
  private mirrored(event: MirrorEvent): void {
    if (event.kind === 'failed' && event.cause === 'refused') this.cloud.lookAtReader();
    if (event.kind === 'read' && event.isFirst) this.members.say();
  }

  get ldapUrl(): string | undefined {
    return this.urls.ldap;
  }

  get ldapsUrl(): string | undefined {
    return this.urls.ldaps;
  }

  get ldapiUrl(): string | undefined {
    return this.urls.ldapi;
  }

  get opsUrl(): string | undefined {
    return this.ops.url;
  }

  get opsTokenFile(): string | undefined {
    return this.ops.tokenFile;
  }

  readiness(): State {
    const { listener, urls, startedAt } = this;
    const { config, apps, stack, memory } = this.setup;
    const { size: connections, accepted: connectionsAccepted } = listener;
    const lastUseOf = (app: string | undefined) => this.telemetry.tallies.lastUseOf(app);
    return stateOf({
      ...{ config, apps, stack, memory, urls, connections, connectionsAccepted, lastUseOf },
      lag: this.cloud.behind,
      cloud: this.cloud.state,
      fleet: this.fleet.state,
      now: clock(),
      startedAt,
    });
  }

  listen(listener: TelemetryListener): () => void {
    return this.telemetry.listen(listener);
  }

  async purge(uid: string): Promise<boolean> {
    const purge = { kind: 'forget', account: accountOf(uid, this.setup.stack.mirror.snapshot) } as const;
    this.fleet.announce(purge);
    return this.purgeHere(purge);
  }

  private purgeHere(purge: Purge): boolean {
    return purgeHere(purge, this.setup.memory, this.endedSessions);
  }

  private async explain(question: ExplainRequest): Promise<ExplainedResult> {
    const rules = [...this.setup.house.rules.values()];
    const answered = await explainIn(rules, question, ({ name, gate }) =>
      explainContextOf(this.setup.config, name, gate, this.setup.stack, false),
    );
    if (question.kind === 'bind' && question.password !== undefined) logExplained(this.log.unguarded, answered);
    const told = await withCloud(answered, this.setup.config, this.cloud);
    return withRefusals(told, this.setup.config, rules, () => this.telemetry.recent.failuresAfter(0));
  }

  reload(config: Config): Promise<Reloaded> {
    const mine = this.turn.then(() => this.change(config));
    this.turn = mine.catch(() => {});
    return mine;
  }

  private async change(config: Config): Promise<Reloaded> {
    const before = this.setup;
    const keys = changedKeys(before.config, config);
    if (keys.length === 0) return { kind: 'unchanged' };
    try {
      await this.setups.next(before, config, (next) => this.use(next));
    } catch (error) {
      return { kind: 'kept', why: error instanceof Error ? error.message : String(error) };
    }
    await this.cloud.use(config);
    await this.members.use(config, this.setup.stack);
    this.log.unguarded.level = config.log.level;
    return { kind: 'changed', keys, waiting: needsRestart(before.config, config) };
  }

  /** The next operation of every connection follows this setup. In one go: nobody sees a part of it. */
  private use(next: Setup): void {
    const { config, apps, stack, memory, house } = next;
    this.listener.doors = house.doors;
    this.tellApps(house);
    stack.views.use(viewsOf(apps));
    memory.limiters.configure(config);
    this.setup = next;
    this.ops.keepToken();
  }

  /** Apps with names have labels and a column, from the start. */
  private tellApps({ rules }: House): void {
    this.telemetry.apps = namesOf([...rules.values()]);
  }

  async stop(): Promise<void> {
    await this.listener.stop(this.setup.config.listen.limits.drainTime);
    this.cloud.stop();
    await this.members.stop(this.setup.stack);
    await this.ops.stop();
    this.setup.stack.stop(false);
    this.log.write(() => this.lines.close());
  }
}
