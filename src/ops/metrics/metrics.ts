// /metrics: every number that Jumpgate tells Prometheus, by the conventions of https://prometheus.io/docs/practices/naming/.
import { version } from '../../version.js';
import type { Answer } from '../http/route.js';
import type { CertificateState, CloudCounts, State } from '../state.js';
import type { Histogram } from '../telemetry/histogram.js';
import type { Refreshes } from '../telemetry/refreshes.js';
import type { Tally } from '../telemetry/tally.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { declareProcess } from './process.js';
import { type Sample, ScrapedRegistry } from './registry.js';

/** What became of what surrounds operations: none of it stops one. */
export interface Surroundings {
  /** Lines that were not written. */
  readonly logLinesLost: () => number;
  readonly auditLinesLost: () => number;
  readonly listenerDefects: ReadonlyMap<string, number>;
  /** Milliseconds of the longest turn that operations took since this was asked last. */
  readonly takeLongestTurn: () => number;
  /** Undefined where JumpCloud's API is not asked. */
  readonly cloud: () => CloudCounts | undefined;
  /** How long the store of the fleet took for decisions. */
  readonly fleetTook: Histogram;
}

export interface MetricSources {
  readonly telemetry: Telemetry;
  readonly refreshes: Refreshes;
  readonly state: () => State;
  readonly streams: { readonly size: number; readonly dropped: number };
  readonly surroundings: Surroundings;
}

/** All Prometheus metrics; values are collected when they are scraped. */
export class Metrics {
  private readonly metrics = new ScrapedRegistry();
  private readonly endProcess: () => void;
  /** Collected once for each scrape. */
  private state: State;

  constructor(private readonly sources: MetricSources) {
    this.state = sources.state();
    this.endProcess = declareProcess(this.metrics, version);
    this.declareOperations();
    this.declareDirectory();
    this.declareUpstream();
    this.declareListener();
    this.declareSurroundings();
  }

  async scrape(): Promise<Answer> {
    this.state = this.sources.state();
    const { registry } = this.metrics;
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }

  close(): void {
    this.endProcess();
  }

  /** Samples of each app, with its label. */
  private each<Value>(samples: (tally: Tally) => Labelled<Value>[]): Labelled<Value>[] {
    const { tallies } = this.sources.telemetry;
    return tallies.all().flatMap(([app, tally]) => samples(tally).map((sample) => withApp(app, sample)));
  }

  private declareOperations(): void {
    const { metrics } = this;
    const each = <Value>(samples: (tally: Tally) => Labelled<Value>[]) => this.each(samples);
    metrics.counter(
      'jumpgate_operations_total',
      'Ended operations by type, LDAP result code and reason',
      () =>
        each(({ operations }) =>
          operations.all().map((of) => [{ type: of.operation, code: `${of.code}`, reason: of.reason }, of.count]),
        ),
      ['app', 'type', 'code', 'reason'],
    );
    metrics.histogram('jumpgate_operation_duration_seconds', 'Time from request to answer', () =>
      each(({ binds, others }) => [
        [{ type: 'bind' }, binds],
        [{ type: 'other' }, others],
      ]),
    );
    metrics.histogram(
      'jumpgate_bind_local_duration_seconds',
      'Time that binds took in Jumpgate: without waiting for the upstream, and without the delay of refusals',
      () => each(({ bindsHere }) => [[{}, bindsHere]]),
    );
    metrics.histogram(
      'jumpgate_bind_upstream_duration_seconds',
      'Time that binds waited for the upstream, if they had to',
      () => each(({ upstream }) => [[{}, upstream]]),
    );
    metrics.counter(
      'jumpgate_verdict_recalls_total',
      'Binds that looked for a cached verdict',
      () =>
        each(({ recalls }) => [
          [{ result: 'hit' }, recalls.hits],
          [{ result: 'miss' }, recalls.misses],
        ]),
      ['app', 'result'],
    );
    metrics.gauge('jumpgate_verdict_accounts', 'Accounts with a cached verdict', () => this.state.cache.accounts);
    metrics.counter(
      'jumpgate_attempts_refused_total',
      'Password checks that were not forwarded, by the limit that was used up',
      () => [
        [{ limit: 'account' }, this.state.attempts.refusedByAccount],
        [{ limit: 'address' }, this.state.attempts.refusedByAddress],
      ],
      ['limit'],
    );
  }

  private declareDirectory(): void {
    const { metrics } = this;
    const { refreshes } = this.sources;
    const known = (value: number | undefined): number | Sample[] => value ?? [];
    metrics.gauge('jumpgate_ready', '1 if binds and searches can be served', () => (this.state.ready ? 1 : 0));
    metrics.gauge('jumpgate_snapshot_age_seconds', 'Time since the directory was read', () =>
      known(this.state.snapshot.ageSeconds),
    );
    metrics.gauge('jumpgate_snapshot_members', 'Users who may log in, in total', () =>
      known(this.state.snapshot.members),
    );
    metrics.gauge(
      'jumpgate_app_members',
      'Users who may log in, by app, if apps have names',
      () => {
        const { apps } = this.sources.telemetry;
        return this.state.apps.flatMap(({ name: app, members }) =>
          members === undefined || !apps.includes(app) ? [] : [[{ app }, members]],
        );
      },
      ['app'],
    );
    metrics.gauge('jumpgate_snapshot_entries', 'Entries of the directory', () => known(this.state.snapshot.entries));
    metrics.gauge(
      'jumpgate_snapshot_max_stale_seconds',
      'The age beyond which binds and searches get 52 (directory.maxStale)',
      () => this.state.snapshot.maxStaleSeconds,
    );
    metrics.histogram('jumpgate_refresh_duration_seconds', 'Reads of the directory that succeeded', () => [
      [{}, refreshes.durations],
    ]);
    metrics.counter(
      'jumpgate_refresh_failures_total',
      'Reads of the directory that failed, by cause',
      () => [...refreshes.failures].map(([cause, count]) => [{ cause }, count]),
      ['cause'],
    );
  }

  private declareUpstream(): void {
    const { metrics } = this;
    metrics.gauge(
      'jumpgate_upstream_up',
      '1 if the address answered when it was last asked',
      () => this.state.upstream.addresses.map(({ address, healthy }) => [{ address }, healthy ? 1 : 0]),
      ['address'],
    );
    metrics.gauge(
      'jumpgate_upstream_certificate_expiry_seconds',
      'Time until the certificate of the address expires',
      () =>
        this.state.upstream.addresses.flatMap(({ address, certificate }): Sample[] =>
          certificate === undefined ? [] : [[{ address }, secondsLeft(certificate)]],
        ),
      ['address'],
    );
    metrics.gauge(
      'jumpgate_bind_connections',
      'Connections for password checks, by state',
      () => {
        const { idle, open, connecting } = this.state.binds;
        return [
          [{ state: 'idle' }, idle],
          [{ state: 'busy' }, open - idle],
          [{ state: 'connecting' }, connecting],
        ];
      },
      ['state'],
    );
    metrics.gauge(
      'jumpgate_bind_connections_max',
      'The most connections for password checks (upstream.bindConnections)',
      () => this.state.binds.size,
    );
    this.declareLag();
    metrics.gauge('jumpgate_bind_queue', 'Binds that wait for a connection', () => this.state.binds.waiting);
  }

  /** No sample while nothing is known: 0 would say that nothing is wrong. */
  private declareLag(): void {
    const { metrics } = this;
    const lag = () => (this.state.upstream.lag?.known === true ? this.state.upstream.lag : undefined);
    metrics.gauge(
      'jumpgate_upstream_lag_members',
      'Members whom JumpCloud’s LDAP lacks (missing) or still has (left), according to its API',
      () =>
        [
          [{ direction: 'missing' }, lag()?.missing?.count] as const,
          [{ direction: 'left' }, lag()?.left?.count] as const,
        ].flatMap(([labels, count]): Sample[] => (count === undefined ? [] : [[labels, count]])),
      ['direction'],
    );
    metrics.gauge(
      'jumpgate_upstream_lag_seconds',
      'Time since the oldest of them was first seen; 0 without one',
      () => lag()?.oldestSeconds ?? [],
    );
    metrics.gauge(
      'jumpgate_upstream_lag_groups_not_compared',
      'Groups whose members in LDAP could not be compared with those in JumpCloud’s API',
      () => lag()?.notCompared?.length ?? [],
    );
  }

  private declareListener(): void {
    const { metrics } = this;
    const { streams } = this.sources;
    metrics.gauge('jumpgate_connections', 'Open connections of clients', () => this.state.connections);
    metrics.counter('jumpgate_connections_total', 'Accepted connections of clients', () => {
      return this.state.connectionsAccepted;
    });
    metrics.counter(
      'jumpgate_connection_faults_total',
      'Connections that broke, were ended or were turned away, by reason',
      () => this.each(({ faults }) => [...faults].map(([fault, count]) => [{ fault }, count])),
      ['app', 'fault'],
    );
    metrics.gauge('jumpgate_certificate_expiry_seconds', 'Time until the certificate that clients see expires', () => {
      const { certificate } = this.state.listener;
      return certificate === undefined ? [] : secondsLeft(certificate);
    });
    metrics.gauge('jumpgate_event_streams', 'Listeners at /events', () => streams.size);
    metrics.counter('jumpgate_event_streams_dropped_total', 'Listeners that were too slow', () => streams.dropped);
  }

  private declareCloud(): void {
    const { metrics } = this;
    const { cloud } = this.sources.surroundings;
    metrics.gauge('jumpgate_cloud_up', '1 if JumpCloud’s API answered when it was last asked', () => {
      const up = this.state.cloud?.up;
      return up === undefined ? [] : up ? 1 : 0;
    });
    metrics.gauge(
      'jumpgate_upstream_reader_password_expiry_seconds',
      'Time until the password of upstream.reader expires, according to JumpCloud’s console',
      () => {
        const expires = this.state.cloud?.reader?.passwordExpires;
        return expires === undefined ? [] : secondsUntil(expires);
      },
    );
    metrics.counter(
      'jumpgate_cloud_reasons_total',
      'Refused logins by the reason that JumpCloud’s API gave',
      () => (cloud()?.found ?? []).map(({ reason, app, count }) => withApp(app, [{ reason }, count])),
      ['app', 'reason'],
    );
    metrics.counter(
      'jumpgate_cloud_calls_total',
      'Calls of JumpCloud’s API by outcome; budget and stopped were not made',
      () => [...(cloud()?.calls ?? [])].map(([outcome, count]) => [{ outcome }, count]),
      ['outcome'],
    );
    metrics.counter(
      'jumpgate_cloud_dropped_total',
      'Refused logins that JumpCloud’s API was not asked about, by reason',
      () => Object.entries(cloud()?.dropped ?? {}).map(([why, count]) => [{ why }, count]),
      ['why'],
    );
    this.declareRevocation();
  }

  private declareFleet(): void {
    const { metrics } = this;
    const { fleetTook } = this.sources.surroundings;
    metrics.gauge('jumpgate_fleet_up', '1 if the store that instances share answers in time', () => {
      const { fleet } = this.state;
      return fleet === undefined ? [] : fleet.up ? 1 : 0;
    });
    metrics.counter(
      'jumpgate_fleet_decisions_total',
      'Password checks that all instances decided together (store), or this one alone (local)',
      () => {
        const { fleet } = this.state;
        return fleet === undefined ? [] : Object.entries(fleet.decisions).map(([by, count]) => [{ by }, count]);
      },
      ['by'],
    );
    metrics.histogram('jumpgate_fleet_store_seconds', 'Time that decisions waited for the store', () =>
      this.state.fleet === undefined ? [] : [[{}, fleetTook]],
    );
  }

  private declareFleetReading(): void {
    const { metrics } = this;
    const reading = () => this.state.fleet?.reading;
    metrics.gauge('jumpgate_fleet_reader', '1 if this instance reads the directory for all', () => {
      const { isReader } = reading() ?? {};
      return isReader === undefined ? [] : isReader ? 1 : 0;
    });
    metrics.gauge(
      'jumpgate_fleet_snapshot_age_seconds',
      'Time since the newest directory in the store that this instance knows of was read',
      () => reading()?.ageSeconds ?? [],
    );
    metrics.gauge(
      'jumpgate_fleet_generation',
      'Number of the newest directory in the store that this instance knows of; it only grows',
      () => reading()?.generation ?? [],
    );
    metrics.counter(
      'jumpgate_fleet_reads_total',
      'How this instance got its directory: it read for all (shared), took what another one had read (taken), found nothing new there (repeated), or read only for itself (alone)',
      () => Object.entries(reading()?.reads ?? {}).map(([how, count]) => [{ how }, count]),
      ['how'],
    );
  }

  private declareRevocation(): void {
    const { metrics } = this;
    const counts = () => this.sources.surroundings.cloud()?.revocation;
    metrics.counter(
      'jumpgate_cloud_polls_total',
      'Requests for JumpCloud’s events by outcome',
      () => [...(counts()?.polls ?? [])].map(([outcome, count]) => [{ outcome }, count]),
      ['outcome'],
    );
    metrics.counter(
      'jumpgate_cloud_events_total',
      'Events of JumpCloud’s directory by what they mean here',
      () => [...(counts()?.events ?? [])].map(([kind, count]) => [{ kind }, count]),
      ['kind'],
    );
    metrics.counter(
      'jumpgate_cloud_revoked_sessions_total',
      'Sessions that an event of JumpCloud has ended',
      () => counts()?.sessions ?? [],
    );
    metrics.gauge('jumpgate_cloud_poll_age_seconds', 'Time since JumpCloud’s events were last read', () =>
      inSeconds(counts()?.age),
    );
    metrics.gauge(
      'jumpgate_cloud_event_delay_seconds',
      'Time from JumpCloud’s newest event that changed something to its effect here, by the clocks of both',
      () => inSeconds(counts()?.delay),
    );
  }

  private declareSurroundings(): void {
    const { metrics } = this;
    const { logLinesLost, auditLinesLost, listenerDefects, takeLongestTurn } = this.sources.surroundings;
    metrics.gauge(
      'jumpgate_longest_turn_seconds',
      'Longest time of requests and operations in one turn of the event loop, since the last scrape',
      () => takeLongestTurn() / 1000,
    );
    this.declareCloud();
    this.declareFleet();
    this.declareFleetReading();
    metrics.counter('jumpgate_log_lines_lost_total', 'Log lines that standard output did not accept', logLinesLost);
    metrics.counter(
      'jumpgate_audit_lines_lost_total',
      'Audit lines that could not be written to log.audit',
      auditLinesLost,
    );
    metrics.counter(
      'jumpgate_listener_defects_total',
      'Operations and errors that a part of Jumpgate failed to log, audit, count or show; the operations continued',
      () =>
        ['audit', 'log', 'telemetry', 'cloud', 'page'].map((listener) => [
          { listener },
          listenerDefects.get(listener) ?? 0,
        ]),
      ['listener'],
    );
  }
}

function inSeconds(ms: number | undefined): number | [] {
  return ms === undefined ? [] : ms / 1000;
}

/** A value, or a histogram, with its labels. */
type Labelled<Value> = readonly [labels: Sample[0], value: Value];

/** With the label of the app, where it has a name. */
function withApp<Value>(app: string | undefined, [labels, value]: Labelled<Value>): Labelled<Value> {
  return [app === undefined ? labels : { app, ...labels }, value];
}

function secondsLeft({ notAfter }: CertificateState): number {
  return secondsUntil(notAfter);
}

/** `time`: ISO 8601. */
function secondsUntil(time: string): number {
  return Math.round((Date.parse(time) - Date.now()) / 1000);
}
