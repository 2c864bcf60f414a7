// Jumpgate in front of the stand-in with its console, and everything that it says: log, audit, the ops port and the commands.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Test } from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { StandIn, type StandInOptions } from '../../src/demo/stand-in.js';
import { openAudit } from '../../src/ops/log/audit.js';
import { Client } from './client.js';
import { validateRequest, validateResponse } from './jumpcloud-api.js';
import { BASE, operatorHeaders, type RunningProxy, startProxy, userDN } from './proxy.js';
import { printedJson } from './schemas.js';

export type Settings = Readonly<Record<string, unknown>>;

export interface Explained {
  readonly cloud?: { readonly reason: string; readonly sentence: string; readonly remedy: string };
}

export interface CloudSite {
  readonly upstream: StandIn;
  readonly proxy: RunningProxy;
  /** What of the API's calls is not as the published specifications have it. */
  readonly faults: readonly string[];
  /** Those that were configured of the API. */
  readonly secrets: readonly string[];
  auditLines(): string;
  ops(path: string): Promise<string>;
  explain(name: string, password?: string): Promise<Explained>;
  /** `check --json --user`, and what else is said; its steps as JSON. */
  check(name: string, password?: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  readonly settings?: Settings;
  /** The same for the commands. */
  readonly flags?: readonly string[];
  readonly standIn?: StandInOptions;
  /** Before Jumpgate starts. */
  readonly prepare?: (upstream: StandIn) => void;
}

export async function cloudSite(t: Test, options: SiteOptions = {}): Promise<CloudSite> {
  const { settings = {}, flags = [], standIn = {}, prepare = () => {} } = options;
  const upstream = await StandIn.start({ console: true, pushDelay: 0, ...standIn });
  t.teardown(() => upstream.stop());
  prepare(upstream);
  const faults: string[] = [];
  upstream.console.onCall = ({ method, path, query, body, status, answer }) => {
    if (path === '/oauth2/token') return;
    faults.push(...validateRequest(method, path, query, method === 'GET' ? undefined : JSON.parse(body)));
    if (status === 200 && answer !== undefined) faults.push(...validateResponse(method, path, answer));
  };
  const { urls } = upstream.console;
  const folder = t.testdir({ ca: upstream.caPem });
  const secrets = { reader: upstream.reader.password, api: upstream.clientSecret };
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(folder, name), secret, { mode: 0o600 });
  chmodSync(join(folder, 'ca'), 0o600);
  const audit = openAudit(join(folder, 'audit'), () => {});
  const api = { clientId: upstream.clientId, clientSecret: upstream.clientSecret, urls };
  const own = {
    upstream: { api },
    ops: { http: '127.0.0.1:0' },
    binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 },
    ...settings,
  };
  const proxy = await startProxy(upstream, own, true, { audit, tokenFolders: [folder] });
  const stop = async () => {
    await proxy.stop();
    audit.close();
    await upstream.stop();
  };
  t.teardown(stop);
  const set = [
    ...['listen.ldap=127.0.0.1:0', 'ops.http=false', `local.baseDN=${BASE}`],
    ...[`upstream.urls=${upstream.url}`, `upstream.caFile=${join(folder, 'ca')}`, `upstream.orgId=${upstream.orgId}`],
    ...[`upstream.reader.dn=${upstream.reader.dn}`, `upstream.reader.passwordFile=${join(folder, 'reader')}`],
    ...[`upstream.api.clientId=${upstream.clientId}`, `upstream.api.clientSecretFile=${join(folder, 'api')}`],
    ...Object.entries(urls).map(([name, url]) => `upstream.api.urls.${name}=${url}`),
    ...flags,
  ].flatMap((one) => ['--set', one]);
  const ops = proxy.app.opsUrl ?? '';
  return {
    upstream,
    proxy,
    faults,
    secrets: [secrets.api],
    stop,
    auditLines: () => readFileSync(join(folder, 'audit'), 'utf8'),
    ops: async (path) => (await fetch(`${ops}${path}`)).text(),
    explain: async (name, password) => {
      const secret = password === undefined ? {} : { password: Buffer.from(password).toString('base64') };
      const asked = await fetch(`${ops}/explain`, {
        method: 'POST',
        headers: { ...operatorHeaders(proxy.app), 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'bind', name, ...secret }),
      });
      return printedJson('explain', await asked.text()) as Explained;
    },
    check: async (name, password, ...args) => {
      const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const given = password === undefined ? [] : ['--password-stdin'];
      stdin.end(password ?? '');
      await runCli(['check', '--json', '--user', name, ...given, ...set, ...args], { env: {}, stdin, stdout, stderr });
      return `${String(stdout.read() ?? '')}${String(stderr.read() ?? '')}`;
    },
  };
}

/** By a user name, or any other name, even an invalid one. What the client is answered. */
export async function bindAs({ url }: RunningProxy, name: string, password: string) {
  const client = await Client.open(url);
  const { code, text } = await client.bind(/[=@]/.test(name) ? name : userDN(name), password);
  const octets = Buffer.concat(client.raw).toString('hex');
  client.destroy();
  return { code, text, octets };
}
