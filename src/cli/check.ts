// `jumpgate check`: from the configuration to the group's members, one line a step; the first failure ends it and names its remedy.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { styleText } from 'node:util';
import { makeLayout, makeReader, upstreamReaderDN } from '../app.js';
import type { Config } from '../config/config.js';
import type { ConfigError } from '../config/load.js';
import { ReadError, type UpstreamImage } from '../directory/reader.js';
import { buildSnapshot } from '../directory/snapshot.js';
import type { Layout } from '../layout/layout.js';
import { formatDN } from '../ldap/dn.js';
import { parseEndpoint, tlsOptions, type UpstreamEndpoint } from '../upstream/endpoint.js';
import type { CliIo } from './io.js';

export interface CheckStep {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

/** A step that failed: what was seen, and what to do. */
class Failure extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** Exit code 0 if every step passed, 1 at the first failure. */
export async function check(config: Config, io: CliIo, asJson: boolean): Promise<number> {
  const report = new Report(io, asJson);
  const ok = await follow(config, report);
  report.finish(ok);
  return ok ? 0 : 1;
}

/** The same for a configuration that could not even be loaded. */
export function checkUnloadable(error: ConfigError, io: CliIo, asJson: boolean): number {
  const report = new Report(io, asJson);
  for (const { path, value, message, remedy } of error.faults) {
    report.add({
      step: 'configuration',
      ok: false,
      detail: `${path}${value === undefined ? '' : ` = ${value}`} ${message}`,
      remedy,
    });
  }
  report.finish(false);
  return 1;
}

class Report {
  private readonly steps: CheckStep[] = [];

  constructor(
    private readonly io: CliIo,
    private readonly asJson: boolean,
  ) {}

  add(step: CheckStep): void {
    this.steps.push(step);
    if (this.asJson) return;
    const mark = step.ok ? this.colour('green', '✓') : this.colour('red', '✗');
    this.io.stdout.write(`${mark} ${step.step.padEnd(14)} ${step.detail}\n`);
    if (step.remedy !== undefined)
      this.io.stdout.write(`  ${' '.repeat(14)} ${this.colour('bold', `→ ${step.remedy}`)}\n`);
  }

  finish(ok: boolean): void {
    if (this.asJson) this.io.stdout.write(`${JSON.stringify({ ok, steps: this.steps }, null, 2)}\n`);
    else this.io.stdout.write(ok ? 'Everything is in order.\n' : 'Not in order.\n');
  }

  private colour(style: 'green' | 'red' | 'bold', text: string): string {
    return this.io.stdout.isTTY === true && this.io.env.NO_COLOR === undefined ? styleText(style, text) : text;
  }
}

async function follow(config: Config, report: Report): Promise<boolean> {
  report.add({ step: 'configuration', ok: true, detail: 'can be used' });
  for (const warning of config.warnings) report.add({ step: 'warning', ok: true, detail: warning });
  const { urls, allowCleartext } = config.upstream;
  for (const endpoint of urls.map((url) => parseEndpoint(url, allowCleartext))) {
    if (!(await attempt(report, 'DNS', () => resolveName(endpoint)))) return false;
    if (!(await attempt(report, 'TCP', () => reach(endpoint, config)))) return false;
    if (endpoint.tls && !(await attempt(report, 'TLS', () => shakeHands(endpoint, config)))) return false;
  }
  return readEverything(config, report);
}

async function attempt(report: Report, step: string, run: () => Promise<string>): Promise<boolean> {
  try {
    report.add({ step, ok: true, detail: await run() });
    return true;
  } catch (error) {
    const remedy = error instanceof Failure ? error.remedy : 'This is a defect: please report it.';
    report.add({ step, ok: false, detail: error instanceof Error ? error.message : String(error), remedy });
    return false;
  }
}

async function resolveName({ host }: UpstreamEndpoint): Promise<string> {
  try {
    const addresses = await lookup(host, { all: true });
    return `${host} is ${addresses.map(({ address }) => address).join(', ')}`;
  } catch (error) {
    throw new Failure(
      `${host} cannot be resolved: ${(error as Error).message}`,
      'Check upstream.urls and the DNS of this machine.',
    );
  }
}

function reach({ host, port }: UpstreamEndpoint, config: Config): Promise<string> {
  const { connectTime } = config.upstream;
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    const socket = connectTcp({ host, port, timeout: connectTime });
    const failed = (why: string) => {
      socket.destroy();
      reject(
        new Failure(
          `${host}:${port} cannot be reached: ${why}`,
          'Check upstream.urls, and that a firewall lets this port out.',
        ),
      );
    };
    socket.once('connect', () => {
      resolve(`${host}:${port} answers from ${socket.remoteAddress ?? '?'} in ${Date.now() - startedAt} ms`);
      socket.destroy();
    });
    socket.once('timeout', () => failed(`no answer within ${connectTime} ms (upstream.connectTime)`));
    socket.once('error', (error) => failed(error.message));
  });
}

const DAY = 86_400_000;

function shakeHands(endpoint: UpstreamEndpoint, config: Config): Promise<string> {
  const { host, port } = endpoint;
  const { connectTime, ca, caFile } = config.upstream;
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, timeout: connectTime, ...tlsOptions(endpoint, ca) });
    const failed = (why: string) => {
      socket.destroy();
      const remedy =
        caFile === undefined
          ? 'If the upstream has an authority of its own, name it in upstream.caFile; else check upstream.urls and the clock.'
          : 'Check that upstream.caFile is the authority of this upstream, that its name is in the certificate, and the clock.';
      reject(new Failure(`${host}:${port}: ${why}`, remedy));
    };
    socket.once('secureConnect', () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY);
      resolve(
        `${socket.getProtocol() ?? '?'}, certificate of ${certificate.subject?.CN ?? host} valid for ${days} more days`,
      );
      socket.destroy();
    });
    socket.once('timeout', () => failed(`no TLS handshake within ${connectTime} ms (upstream.connectTime)`));
    socket.once('error', (error) => failed(error.message));
  });
}

/** The steps that one complete read goes through, in order, with the remedy of each. */
const READ_STEPS: readonly {
  readonly step: string;
  readonly kinds: readonly ReadError['kind'][];
  readonly remedy: (config: Config) => string;
}[] = [
  {
    step: 'reader bind',
    kinds: ['refused', 'unreachable', 'tls'],
    remedy: () =>
      'Check upstream.reader and its password. In JumpCloud: Users › NAME › User Security Settings › Enable as LDAP Bind DN, and the user must not be suspended.',
  },
  {
    step: 'base',
    kinds: ['no-base'],
    remedy: () =>
      'Check upstream.orgId (Settings in the JumpCloud console), and that the reader has Enable as LDAP Bind DN.',
  },
  {
    step: 'group',
    kinds: ['no-group', 'empty-group', 'failed'],
    remedy: ({ group }) =>
      `In JumpCloud: User Groups › ${group.name} › Directories › JumpCloud LDAP, with at least one member; or name another group (key group). Without Enable as LDAP Bind DN the reader sees no group at all.`,
  },
  {
    step: 'members',
    kinds: ['partial', 'shrunk'],
    remedy: () => 'Each member must be bound to JumpCloud LDAP: Users › NAME › Directories › JumpCloud LDAP.',
  },
];

async function readEverything(config: Config, report: Report): Promise<boolean> {
  const layout = makeLayout(config);
  const dn = upstreamReaderDN(config, layout);
  const usersDN = formatDN(layout.upstreamUsersDN);
  const reader = makeReader(config, layout);
  try {
    const image = await reader.read();
    for (const step of passed(config, layout, image, dn, usersDN)) report.add(step);
    const { memberCount } = buildSnapshot(image, layout, 0);
    if (memberCount > 0) return true;
    return false;
  } catch (error) {
    const kind = error instanceof ReadError ? error.kind : 'failed';
    const detail = error instanceof Error ? error.message : String(error);
    const failedAt = READ_STEPS.findIndex(({ kinds }) => kinds.includes(kind));
    for (const { step } of READ_STEPS.slice(0, failedAt)) report.add({ step, ok: true, detail: 'in order' });
    const { step, remedy } = READ_STEPS[failedAt]!;
    report.add({ step, ok: false, detail, remedy: remedy(config) });
    return false;
  } finally {
    reader.close();
  }
}

function passed(config: Config, layout: Layout, image: UpstreamImage, dn: string, usersDN: string): CheckStep[] {
  const { memberCount } = buildSnapshot(image, layout, 0);
  const named = image.group?.attributes.find(({ type }) => type.toLowerCase() === 'member')?.values.length;
  const group =
    named === undefined
      ? 'everybody in the directory gets in (group.everyone)'
      : `${config.group.name} has ${named} members`;
  const members: CheckStep =
    memberCount === 0
      ? { step: 'members', ok: false, detail: 'none can be seen', remedy: READ_STEPS.at(-1)!.remedy(config) }
      : { step: 'members', ok: true, detail: `${memberCount} can be seen and may log in` };
  return [
    { step: 'reader bind', ok: true, detail: dn },
    { step: 'base', ok: true, detail: usersDN },
    { step: 'group', ok: true, detail: group },
    members,
  ];
}
