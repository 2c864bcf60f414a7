// A pool of bind connections in front of upstreams that follow a script.
import type { Verdict } from '../../src/gate/ports.js';
import { BindJob } from '../../src/upstream/bind-job.js';
import { BindPool, type BindPoolOptions } from '../../src/upstream/bind-pool.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { encodeBindRequest } from '../../src/wire/bind-request.js';
import { FakeUpstream, type Script } from './fake-upstream.js';

export const DN = 'uid=a,ou=Users,o=x,dc=jumpcloud,dc=com';
export const PASSWORD = Buffer.from('correct horse');

interface Test {
  teardown(end: () => void): unknown;
}

export type PoolOptions = Partial<BindPoolOptions> & {
  urls?: string[];
  ca?: string | undefined;
  allowCleartext?: boolean;
};

/** Closed with the test. */
export function poolFor(t: Test, upstreams: readonly FakeUpstream[], options: PoolOptions = {}): BindPool {
  const { urls = upstreams.map(({ url }) => url), allowCleartext = false } = options;
  const pool = new BindPool({
    endpoints: urls.map((url) => parseEndpoint(url, allowCleartext)),
    dialer: new Dialer({ ca: 'ca' in options ? options.ca : upstreams[0]?.caPem }),
    connectTime: 3000,
    operationTime: 5000,
    size: 4,
    ...options,
  });
  t.teardown(() => pool.close());
  return pool;
}

/** Stopped with the test. */
export async function started(t: Test, script: Script, options?: Parameters<typeof FakeUpstream.start>[1]) {
  const upstream = await FakeUpstream.start(script, options);
  t.teardown(() => void upstream.stop());
  return upstream;
}

/** A bind whose verdict `done` is called with. */
export class TestJob extends BindJob {
  constructor(
    dn: string,
    password: Buffer,
    private readonly done: (verdict: Verdict) => void,
  ) {
    super(encodeBindRequest(dn, password, false));
  }

  protected deliver(verdict: Verdict): void {
    this.done(verdict);
  }
}

export const verify = (pool: BindPool, dn = DN, password = PASSWORD): Promise<Verdict> =>
  new Promise((resolve) => pool.verify(new TestJob(dn, password, resolve)));
