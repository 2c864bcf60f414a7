// The product in a process of its own, in front of an upstream of the test's: for what only the system knows, memory, descriptors and CPU.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { BASE } from './proxy.js';

export interface Product {
  readonly url: string;
  readonly ldapsUrl: string;
  readonly opsUrl: string;
  readonly pid: number;
  readonly isAlive: () => boolean;
  /** Lines of the log so far. */
  readonly log: string[];
  /** What it wrote to standard error. */
  errors(): string;
  /** Open connections by its own count. */
  connections(): Promise<number>;
  /** How late its event loop was at most since this was asked last, in milliseconds; 0 the first time. */
  loopDelay(): Promise<number>;
  /** The longest turn of the event loop that requests and operations took since this was asked last, in milliseconds. */
  longestTurn(): Promise<number>;
  /** Resident memory in MiB. */
  memory(): number;
  descriptors(): number;
  /** Seconds of CPU used so far. */
  cpu(): number;
  stop(): Promise<void>;
  /** Resolves when it has ended, whatever ended it. */
  ending(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface ProductOptions {
  readonly upstream: { url: string; caPem: string; orgId: string; reader: { dn: string; password: string } };
  /** A folder that is removed after the test. */
  readonly folder: string;
  /** Settings as `--set` takes them, `listen.limits.connections=5`. */
  readonly set?: readonly string[];
  /** Descriptors that it may have open; all that the system allows unless given. */
  readonly descriptors?: number;
  /** What Node is started with: the built program unless given. */
  readonly program?: readonly string[];
  /** What is started in place of Node, with `program` as its first arguments. */
  readonly runtime?: string;
  /** A descriptor for its standard output in place of a pipe that is read; `log` then stays empty. */
  readonly stdout?: number;
  /** Milliseconds until it has to be ready. */
  readonly startTime?: number;
  /** What `--set` does not take, as YAML or JSON. */
  readonly config?: string;
  /** True: local names are the upstream's own. */
  readonly keepsNames?: boolean;
  /** In PEM: switches ldaps and StartTLS on. */
  readonly tls?: { certPem: string; keyPem: string };
}

const START_TIME = 20_000;

/** Starts the built program and waits until it has read its upstream. */
export async function startProduct({ upstream, folder, ...options }: ProductOptions): Promise<Product> {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const { tls } = options;
  // What is not read cannot tell its ports.
  const ports = options.stdout === undefined ? [0, 0] : [await freePort(), await freePort()];
  const settings = [
    `listen.ldap=127.0.0.1:${ports[0]}`,
    ...(tls === undefined
      ? []
      : [
          'listen.ldaps=127.0.0.1:0',
          `listen.tls.certFile=${file('cert.pem', tls.certPem)}`,
          `listen.tls.keyFile=${file('key.pem', tls.keyPem)}`,
        ]),
    `upstream.urls=${upstream.url}`,
    `upstream.caFile=${file('ca.pem', upstream.caPem)}`,
    `upstream.orgId=${upstream.orgId}`,
    `upstream.reader.dn=${upstream.reader.dn}`,
    `upstream.reader.passwordFile=${file('reader.password', upstream.reader.password)}`,
    ...(options.keepsNames === true ? [] : [`local.baseDN=${BASE}`]),
    `ops.http=127.0.0.1:${ports[1]}`,
    'log.format=json',
    ...(options.set ?? []),
  ];
  const { program = ['dist/main.js'] } = options;
  const config = options.config === undefined ? [] : ['--config', file('jumpgate.yaml', options.config)];
  const words = [...program, 'serve', ...config, ...settings.flatMap((setting) => ['--set', setting])];
  const limit = options.descriptors === undefined ? '$(ulimit -Hn)' : String(options.descriptors);
  const child = spawn(
    'sh',
    ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, options.runtime ?? process.execPath, ...words],
    {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
    },
  );
  const product = new RunningProduct(child);
  if (options.stdout !== undefined) {
    product.url = `ldap://127.0.0.1:${ports[0]}`;
    product.opsUrl = `http://127.0.0.1:${ports[1]}`;
  }
  await product.isReady(options.startTime ?? START_TIME);
  return product;
}

class RunningProduct implements Product {
  readonly log: string[] = [];
  url = '';
  ldapsUrl = '';
  opsUrl = '';
  private rest = '';
  private complaints = '';
  private readonly ended: ReturnType<Product['ending']>;
  private hasEnded = false;

  constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.hasEnded = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  errors(): string {
    return this.complaints;
  }

  ending(): ReturnType<Product['ending']> {
    return this.ended;
  }

  isAlive(): boolean {
    return !this.hasEnded;
  }

  async isReady(time: number): Promise<void> {
    const late = Date.now() + time;
    for (;;) {
      if (this.hasEnded || Date.now() > late) throw new Error(`not ready: ${this.complaints}${this.log.join('\n')}`);
      const answer = this.opsUrl === '' ? undefined : await fetch(`${this.opsUrl}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async connections(): Promise<number> {
    const answer = await fetch(`${this.opsUrl}/readyz`);
    return ((await answer.json()) as { connections: number }).connections;
  }

  async loopDelay(): Promise<number> {
    const metrics = await (await fetch(`${this.opsUrl}/metrics`)).text();
    return Number(/^jumpgate_event_loop_delay_seconds\{quantile="1"\} (\S+)/m.exec(metrics)?.[1] ?? 0) * 1000;
  }

  async longestTurn(): Promise<number> {
    const metrics = await (await fetch(`${this.opsUrl}/metrics`)).text();
    return Number(/^jumpgate_longest_turn_seconds (\S+)/m.exec(metrics)?.[1] ?? 0) * 1000;
  }

  memory(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) / 1024;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  cpu(): number {
    // Behind the name in parentheses: state is field 3, user and system time in hundredths of a second are 14 and 15.
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(late);
  }

  private read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      this.log.push(line);
      if (!line.includes('"listening"')) continue;
      const fields = JSON.parse(line) as { ldap?: string; ldaps?: string; ops?: string };
      this.url = fields.ldap ?? '';
      this.ldapsUrl = fields.ldaps ?? '';
      this.opsUrl = fields.ops ?? '';
    }
  }
}
