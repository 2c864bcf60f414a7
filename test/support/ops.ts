// The operator's HTTP port without a proxy behind it: telemetry that tests fill, and a state of their choice.
import { request } from 'node:http';
import type { CloudReason } from '../../src/gate/explain/cloud-reason.js';
import type { Reason } from '../../src/gate/reason.js';
import { type Operation, Trace } from '../../src/gate/trace.js';
import { EventStreams } from '../../src/ops/http/events.js';
import type { Route } from '../../src/ops/http/route.js';
import { makeRoutes } from '../../src/ops/http/routes.js';
import { OpsServer } from '../../src/ops/http/server.js';
import { MetricsOnDemand } from '../../src/ops/metrics/on-demand.js';
import type { CloudCounts, State } from '../../src/ops/state.js';
import { Histogram } from '../../src/ops/telemetry/histogram.js';
import type { Knows } from '../../src/ops/telemetry/recent-operations.js';
import { Refreshes } from '../../src/ops/telemetry/refreshes.js';
import { Telemetry } from '../../src/ops/telemetry/telemetry.js';

export const READY: State = {
  ready: true,
  version: '1.2.3',
  uptimeSeconds: 60,
  instance: 'gate-1',
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  listener: { ldap: 'ldap://127.0.0.1:1389', startTLS: false },
  snapshot: { present: true, ageSeconds: 3, members: 9, entries: 14, maxStaleSeconds: 3600 },
  upstream: {
    reachable: true,
    addresses: [{ address: 'ldap.example:636', healthy: true, failures: 0, connections: 2 }],
  },
  binds: { idle: 2, open: 2, connecting: 0, waiting: 0, size: 16 },
  cache: { accounts: 4 },
  attempts: { refusedByAccount: 0, refusedByAddress: 0 },
  connections: 1,
  connectionsAccepted: 5,
  apps: [
    {
      ...{ name: 'default', listeners: ['ldap://127.0.0.1:1389'], members: 9, entries: 14, lastUse: {} },
      ...{ groups: ['wayk-users'], baseDN: 'dc=example,dc=com' },
    },
  ],
};

interface Test {
  teardown(end: () => unknown): unknown;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

export class OpsPort {
  state: State = READY;
  token: string | undefined;
  /** What POST wants while no other token is set. */
  ownToken: { path: string; token: Buffer } | undefined = {
    path: '/nowhere/own.token',
    token: Buffer.from('own-token'),
  };
  readonly purged: string[] = [];
  /** Milliseconds by the wall clock; does not move unless changed. */
  now = Date.parse('2026-03-01T12:00:00Z');
  readonly telemetry: Telemetry;
  readonly refreshes = new Refreshes();
  cloud: CloudCounts | undefined = undefined;
  readonly defects = new Map<string, number>();
  readonly streams = new EventStreams(() => this.defects.set('page', (this.defects.get('page') ?? 0) + 1));
  readonly server: OpsServer;
  port = 0;

  private constructor(knows: Knows, more: readonly Route[]) {
    this.telemetry = new Telemetry(knows, () => this.now);
    const { telemetry, refreshes, streams } = this;
    const surroundings = {
      logLinesLost: () => 0,
      auditLinesLost: () => 0,
      listenerDefects: this.defects,
      takeLongestTurn: () => 0,
      cloud: () => this.cloud,
      fleetTook: new Histogram(),
    };
    const sources = { telemetry, refreshes, streams, surroundings, state: () => this.state };
    const purge = (uid: string) => Promise.resolve(this.purged.push(uid) === 1);
    const explain = () => Promise.reject(new Error('nobody asked'));
    const own = makeRoutes({ ...sources, metrics: new MetricsOnDemand(sources), purge, explain });
    this.server = new OpsServer({
      routes: [...own, ...more],
      streams,
      token: () => (this.token === undefined ? undefined : Buffer.from(this.token)),
      ownToken: () => (this.ownToken === undefined ? undefined : { ...this.ownToken, restore: () => {} }),
    });
  }

  /** Stopped with the test. `more`: routes beside the product's own. */
  static async start(
    t: Test,
    host = '127.0.0.1',
    knows: Knows = () => true,
    more: readonly Route[] = [],
  ): Promise<OpsPort> {
    const port = new OpsPort(knows, more);
    port.port = (await port.server.start(host, 0)).port;
    t.teardown(() => port.server.stop());
    return port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Headers may be any, unlike with fetch. */
  ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, path, method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      });
      asked.on('error', reject).end();
    });
  }

  /** One operation that has ended. */
  operation(
    name: string,
    options: Partial<Pick<Trace, 'account' | 'request' | 'recall' | 'isPaged' | 'entries' | 'reference'>> & Ended = {},
  ): Trace {
    const {
      operation = 'bind',
      code = 0,
      reason = 'ok',
      address = '192.0.2.1',
      connection = 7,
      app,
      ...rest
    } = options;
    let time = 0;
    const trace = Object.assign(new Trace(operation, () => time), { name, ...rest });
    trace.step('resolveName', `uid ${name}`);
    time = 12.5;
    trace.end(code, reason);
    this.telemetry.operation(trace, { connection, address, port: 4711, channel: 'clear', app });
    return trace;
  }

  /** JumpCloud says why an operation was refused that has ended. */
  found(trace: Trace, reason: CloudReason = 'suspended'): void {
    trace.cloud = { reason, account: trace.account, foundAt: this.now, calls: 1 };
    this.telemetry.found(trace);
  }
}

interface Ended {
  readonly operation?: Operation;
  readonly code?: number;
  readonly reason?: Reason;
  readonly address?: string;
  readonly connection?: number;
  readonly app?: string;
}
