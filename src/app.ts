// The composition root: builds the proxy from a Config, starts it, changes it while it runs, and stops it.
import { performance } from 'node:perf_hooks';
import { type AppParts, makeAppParts, viewsOf } from './app/app-parts.js';
import { changedKeys, keepsMemory, keepsUpstream, needsRestart } from './app/changes.js';
import { appOf, Cloud, standingOf } from './app/cloud.js';
import { entrancesOf, type House, makeHouse } from './app/doors.js';
import { EndedSessions } from './app/ended-sessions.js';
import { explainContextOf } from './app/explain-context.js';
import { explainIn, withCloud, withRefusals } from './app/explain-in.js';
import { Fleet } from './app/fleet.js';
import { FleetMembers } from './app/fleet-members.js';
import { attributeKnowledge } from './app/known-attributes.js';
import { gatesOf, mirroredBy, readerName } from './app/names.js';
import { namesOf } from './app/pick-app.js';
import type { Reloaded } from './app/reloaded.js';
import { type BindMemory, makeMemory } from './app/rules.js';
import { stateOf } from './app/state.js';
import { makeUpstreamStack, type UpstreamStack } from './app/upstream-stack.js';
import type { LagPace } from './cloud/lag.js';
import type { Config } from './config/config.js';
import { LargeValues } from './directory/apps/app-snapshot.js';
import type { Purge } from './fleet/purges.js';
import type { InstanceReport } from './fleet/roll-call.js';
import type { ExplainedResult, ExplainRequest } from './gate/explain/explain.js';
import { EventStreams } from './ops/http/events.js';
import { makeRoutes } from './ops/http/routes.js';
import { OpsServer } from './ops/http/server.js';
import { type TokenFile, tokenFolders, writeTokenFile } from './ops/http/token-file.js';
import type { Audit } from './ops/log/audit.js';
import { ClientLines } from './ops/log/client-lines.js';
import { logFinding } from './ops/log/cloud-line.js';
import { logExplained } from './ops/log/explain-log.js';
import { logFleet, logReading } from './ops/log/fleet-log.js';
import { logLag } from './ops/log/lag-log.js';
import { logLimits, logNoLimits } from './ops/log/limits-log.js';
import { type Logger, logDefect } from './ops/log/log.js';
import { logMirror } from './ops/log/mirror-log.js';
import { printable } from './ops/log/printable.js';
import { logReader } from './ops/log/reader-log.js';
import { logGap, logMoreRevoked, logPoll, logRevoked, logUnresolved } from './ops/log/revocation-log.js';
import { MetricsOnDemand } from './ops/metrics/on-demand.js';
import type { State } from './ops/state.js';
import { ListenerDefects, Listeners, type NamedListener } from './ops/telemetry/listeners.js';
import { Refreshes } from './ops/telemetry/refreshes.js';
import { Telemetry, type TelemetryListener } from './ops/telemetry/telemetry.js';
import { networkList } from './runtime/networks.js';
import { Listener, type Opened } from './server/listener.js';

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

class RunningApp implements App {
  /** What is large in the snapshots of apps. */
  private readonly room = new LargeValues();
  private stack: UpstreamStack;
  private memory: BindMemory;
  private house: House;
  private apps: readonly AppParts[];
  private readonly listener: Listener;
  private readonly cloud: Cloud;
  private readonly fleet: Fleet;
  private readonly members: FleetMembers;
  private readonly endedSessions: EndedSessions;
  private readonly defects: ListenerDefects;
  private readonly lines: ClientLines;
  private readonly telemetry: Telemetry;
  private readonly refreshes = new Refreshes();
  private readonly metrics: MetricsOnDemand;
  private readonly ops: OpsServer;
  private readonly startedAt = clock();
  private readonly startedWhen = new Date();
  /** Reloads come one after another. */
  private turn: Promise<unknown> = Promise.resolve();
  ldapUrl: string | undefined;
  ldapsUrl: string | undefined;
  ldapiUrl: string | undefined;
  opsUrl: string | undefined;
  private readonly tokenFolders: readonly string[];
  private ownToken: TokenFile | undefined;

  constructor(
    private config: Config,
    private readonly log: Logger,
    private readonly written: Written,
  ) {
    const { audit, lines, lagPace, elsewhere = (text) => process.stderr.write(text) } = written;
    this.tokenFolders = written.tokenFolders ?? tokenFolders();
    this.defects = new ListenerDefects({
      log: (report) => log.error(report, 'a listener has a defect'),
      elsewhere,
      now: clock,
    });
    this.lines = new ClientLines(log, (error) => this.defects.add('log', error), clock);
    const parts = makeAppParts(config, this.room);
    this.fleet = new Fleet({
      purged: (purge) => this.forgetAlone(purge),
      turned: (trouble) => this.report(() => logFleet(log, trouble)),
      defect: (error) => this.report(() => logDefect(log, error)),
    });
    this.endedSessions = new EndedSessions({
      revokeSessions: (isRevoked) => this.listener.revoke(isRevoked),
      defect: (error) => this.report(() => logDefect(log, error)),
    });
    this.members = new FleetMembers(() => reportOf(this.readiness(), this.startedWhen));
    this.stack = this.makeSide(config, parts);
    this.memory = makeMemory(config);
    this.house = makeHouse(config, this.stack, this.memory, parts, this.fleet);
    this.apps = parts;
    this.telemetry = new Telemetry(
      attributeKnowledge(() => this.stack.mirror.snapshot),
      Date.now,
    );
    this.cloud = new Cloud({
      standing: (account, app) => standingOf(account, appOf(this.config, app), this.stack.mirror.snapshot, this.config),
      report: (finding, trace, source, group) => {
        audit?.finding(finding, trace, source);
        this.report(() => logFinding(log, finding, trace, source, group));
      },
      found: (trace) => this.telemetry.found(trace),
      defect: (error) => this.report(() => logDefect(log, error)),
      revocation: {
        credentialCache: () => this.fleet.revoking(this.memory.credentialCache),
        mirror: () => this.stack.mirror,
        revokeSessions: (isRevoked) => this.listener.revoke(isRevoked),
        revoked: (account, kinds, sessions) => this.report(() => logRevoked(log, account, kinds, sessions)),
        moreRevoked: (accounts) => this.report(() => logMoreRevoked(log, accounts)),
        unresolved: (kinds, events) => this.report(() => logUnresolved(log, kinds, events)),
        turned: (outcome) => this.report(() => logPoll(log, outcome)),
        gap: () => this.report(() => logGap(log)),
      },
      reader: {
        changed: (faults) => this.report(() => logReader(log, readerName(this.config), faults)),
      },
      limits: {
        read: (lockout) => {
          const limits = this.memory.limiters.stayBelow(lockout);
          if (limits !== undefined) this.report(() => logLimits(log, limits, lockout));
        },
        failed: (fault) => this.report(() => logNoLimits(log, fault)),
      },
      lag: {
        groups: () => gatesOf(this.config).gates,
        snapshot: () => this.stack.mirror.snapshot,
        refresh: () => this.stack.mirror.refreshNow(),
        compared: (lag, before) => this.report(() => logLag(log, lag, before)),
        pace: lagPace,
      },
      failed: (message) => {
        const remedy = 'Check HTTPS_PROXY (http://host:port) and upstream.api; logins work without it.';
        log.warn({ 'error.message': printable(message), remedy }, 'upstream.api: JumpCloud’s API is not used');
      },
    });
    this.listener = new Listener({
      doors: this.house.doors,
      entrances: entrancesOf(config),
      events: new Listeners(
        [
          ...(audit === undefined ? [] : [listenerOf(audit)]),
          {
            name: 'log',
            operation: (trace, source, now) => this.lines.operation(trace, source, now),
            fault: (fault, detail, source) => this.lines.fault(fault, detail, source),
            defect: (error, source, trace) => this.lines.defect(error, source, trace),
          },
          {
            name: 'telemetry',
            operation: (trace, source, now) => this.telemetry.operation(trace, source, now),
            fault: (fault, detail, source) => this.telemetry.fault(fault, detail, source),
            defect: (_error, source) => this.telemetry.fault('defect', '', source),
          },
          this.cloud,
        ],
        this.defects,
      ),
      trustedProxies: config.listen.proxyProtocol && networkList(config.listen.proxyProtocol),
    });
    this.tellApps();
    const streams = new EventStreams((error) => this.defects.add('page', error));
    const surroundings = {
      logLinesLost: () => lines?.lost ?? 0,
      auditLinesLost: () => audit?.lost ?? 0,
      listenerDefects: this.defects.counts,
      takeLongestTurn: () => this.listener.takeLongestTurn(),
      cloud: () => this.cloud.counts,
      fleetTook: this.fleet.took,
    };
    const sources = {
      telemetry: this.telemetry,
      refreshes: this.refreshes,
      streams,
      surroundings,
      state: () => this.readiness(),
    };
    this.metrics = new MetricsOnDemand(sources);
    this.ops = new OpsServer({
      routes: makeRoutes({
        ...sources,
        metrics: this.metrics,
        purge: (uid) => this.purge(uid),
        explain: (question) => this.explain(question),
        roll: () => this.members.roll(),
      }),
      streams,
      token: () => this.config.ops.token?.bytes(),
      ownToken: () => this.ownToken,
      defect: (error) => this.report(() => logDefect(this.log, error)),
    });
  }

  async start(): Promise<void> {
    const { ops } = this.config;
    try {
      await this.fleet.use(this.config);
      await this.join();
      this.recordAddresses(await this.listener.start());
      if (ops.http !== undefined) {
        this.opsUrl = `http://${hostPort(await this.ops.start(ops.http.host, ops.http.port))}`;
        this.keepToken();
      }
      await this.cloud.use(this.config);
      // Not awaited: an upstream that is down must not keep us from listening; failures are logged and retried by the mirror.
      void this.stack.mirror.start().then(this.written.firstReadIsOver);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Apps with names have labels and a column, from the start. */
  private tellApps(): void {
    this.telemetry.apps = namesOf([...this.house.rules.values()]);
  }

  get opsTokenFile(): string | undefined {
    return this.ownToken?.path;
  }

  /** There is a token of our own while the ops port is open and none is configured. */
  private keepToken(): void {
    const isWanted = this.opsUrl !== undefined && this.config.ops.token === undefined;
    if (isWanted === (this.ownToken !== undefined)) return;
    this.ownToken?.remove();
    this.ownToken = undefined;
    if (!isWanted) return;
    try {
      this.ownToken = writeTokenFile(Number(new URL(this.opsUrl!).port), this.tokenFolders);
    } catch (error) {
      const fields = { 'error.message': (error as Error).message, folders: this.tokenFolders };
      this.log.warn(
        fields,
        'ops: no folder is writable for a token, so purge and explain are refused; set ops.tokenFile',
      );
    }
  }

  readiness(): State {
    const { config, apps, stack, memory, listener, startedAt } = this;
    const urls = { ldap: this.ldapUrl, ldaps: this.ldapsUrl, ldapi: this.ldapiUrl };
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

  reload(config: Config): Promise<Reloaded> {
    const mine = this.turn.then(() => this.change(config));
    this.turn = mine.catch(() => {});
    return mine;
  }

  async purge(uid: string): Promise<boolean> {
    // Both are kept by the name as the directory spells it.
    const known = this.stack.mirror.snapshot?.named('uid', uid);
    const account = known === undefined || known === 'ambiguous' ? uid : known.uid;
    this.fleet.announce({ kind: 'forget', account });
    return this.forgetAlone({ kind: 'forget', account });
  }

  /** True if there was something to forget. The other instances are not informed. */
  private forgetAlone({ kind, account = '', sessions }: Purge): boolean {
    const { limiters, credentialCache } = this.memory;
    switch (kind) {
      case 'forget':
        limiters.forget(account);
        return credentialCache.forget(account);
      case 'revoke':
        credentialCache.revoke(account);
        if (sessions === true) this.endedSessions.end(account);
        return true;
      case 'renew':
        credentialCache.renew(account);
        return true;
      case 'revokeAll':
        credentialCache.revokeAll();
        return true;
    }
  }

  private async explain(question: ExplainRequest): Promise<ExplainedResult> {
    const rules = [...this.house.rules.values()];
    const answered = await explainIn(rules, question, ({ name, gate }) =>
      explainContextOf(this.config, name, gate, this.stack, false),
    );
    if (question.kind === 'bind' && question.password !== undefined) logExplained(this.log, answered);
    const told = await withCloud(answered, this.config, this.cloud);
    return withRefusals(told, this.config, rules, () => this.telemetry.recent.failuresAfter(0));
  }

  async stop(): Promise<void> {
    await this.listener.stop(this.config.listen.limits.drainTime);
    this.cloud.stop();
    await this.leave();
    await this.fleet.stop();
    await this.ops.stop();
    this.ownToken?.remove();
    this.ownToken = undefined;
    this.metrics.close();
    this.stack.stop(false);
    this.report(() => this.lines.close());
  }

  private async change(config: Config): Promise<Reloaded> {
    const keys = changedKeys(this.config, config);
    if (keys.length === 0) return { kind: 'unchanged' };
    let stack = this.stack;
    let parts: AppParts[];
    try {
      parts = makeAppParts(config, this.room);
      if (!keepsUpstream(this.config, config)) stack = await this.nextSide(config, parts);
      else await stack.views.prepare(viewsOf(parts), () => stack.mirror.snapshot);
      const memory = keepsMemory(this.config, config) ? this.memory : makeMemory(config, this.memory);
      memory.limiters.prepare(config);
      this.house = makeHouse(config, stack, memory, parts, this.fleet);
      this.listener.doors = this.house.doors;
      this.tellApps();
      stack.views.use(viewsOf(parts));
      memory.limiters.configure(config);
      this.memory = memory;
    } catch (error) {
      if (stack !== this.stack) stack.stop(false);
      else stack.views.drop();
      return { kind: 'kept', why: error instanceof Error ? error.message : String(error) };
    }
    const waiting = needsRestart(this.config, config);
    if (stack !== this.stack) this.stack.stop(true);
    this.stack = stack;
    this.apps = parts;
    this.config = config;
    await this.cloud.use(config);
    if (!this.fleet.keeps(config)) await this.leave();
    await this.fleet.use(config);
    await this.join();
    this.keepToken();
    this.log.level = config.log.level;
    return { kind: 'changed', keys, waiting };
  }

  private makeSide(config: Config, parts: readonly AppParts[]): UpstreamStack {
    const side = makeUpstreamStack(
      config,
      this.refreshes,
      (event) => {
        this.report(() => logMirror(this.log, event, mirroredBy(config)));
        if (event.kind === 'failed' && event.cause === 'refused') this.cloud.lookAtReader();
        if (event.kind === 'read' && event.isFirst) this.members.say();
      },
      (defect) => this.report(() => logDefect(this.log, defect)),
    );
    side.views.use(viewsOf(parts));
    return side;
  }

  /** Out of the fleet: the lease is free before the store is left, and nobody sees this instance any more. */
  private async leave(): Promise<void> {
    await Promise.all([this.share(this.stack, undefined), this.members.use(undefined)]);
  }

  /** Into the fleet as it is at the moment, or out of it. */
  private async join(): Promise<void> {
    const { side } = this.fleet;
    await this.share(this.stack, side);
    await this.members.use(side);
  }

  private share(stack: UpstreamStack, side: Fleet['side']): Promise<void> {
    return stack.share(side, (reading) => {
      this.report(() => logReading(this.log, reading));
      this.members.say();
    });
  }

  /** The addresses that were opened: those that apps share, or those of the first one. */
  private recordAddresses([opened = {}]: readonly Opened[]): void {
    const [{ ldapi } = {}] = entrancesOf(this.config);
    this.ldapUrl = opened.ldap === undefined ? undefined : `ldap://${hostPort(opened.ldap)}`;
    this.ldapsUrl = opened.ldaps === undefined ? undefined : `ldaps://${hostPort(opened.ldaps)}`;
    this.ldapiUrl = ldapi === undefined ? undefined : `ldapi://${encodeURIComponent(ldapi.path)}`;
  }

  /** Writes a line outside of the listeners: a log that throws ends nothing. */
  private report(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.defects.add('log', error);
    }
  }

  /** Comes into service with a snapshot of its own: nobody is to see a gap. Throws an Error if it cannot read one. */
  private async nextSide(config: Config, parts: readonly AppParts[]): Promise<UpstreamStack> {
    const next = this.makeSide(config, parts);
    await this.share(next, this.fleet.side);
    await next.mirror.start();
    if (next.mirror.snapshot !== undefined) return next;
    next.stop(false);
    throw new Error(`the first read with it failed: ${next.mirror.state().lastError?.message ?? 'no answer'}`);
  }
}

/** What an instance says of itself to the others. */
function reportOf({ ready, version, snapshot, fleet }: State, startedAt: Date): InstanceReport {
  const { role, why = '', generation } = fleet?.reading ?? {};
  const { ageSeconds, members } = snapshot;
  const age = ageSeconds === undefined ? undefined : ageSeconds * 1000;
  return {
    instance: fleet?.instance ?? '',
    version,
    startedAt: startedAt.toISOString(),
    ready,
    role,
    why,
    generation,
    age,
    members,
  };
}

function listenerOf(audit: Audit): NamedListener {
  return { name: 'audit', operation: (trace, source, now) => audit.operation(trace, source, now) };
}

function hostPort(address: { address: string; family: string; port: number }): string {
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}
