// One connection to one address of the upstream, for the check: reports codes instead of judging them.
import { type Client, type Filter, ResultCodeError } from 'ldapts';
import type { Dialer } from './dialer.js';
import type { UpstreamEndpoint } from './endpoint.js';
import { type LdaptsTimes, ldaptsClient } from './ldapts-client.js';
import { keyOfLimit, type ReadLimits, ReadMeter } from './read-meter.js';

export interface ProbeSearch {
  readonly base: string;
  readonly scope: 'base' | 'one';
  readonly filter: string | Filter;
  readonly attributes: readonly string[];
  /** 0: all. */
  readonly sizeLimit?: number;
}

export interface Probed {
  readonly code: number;
  /** Each entry's attributes by their names, all values as text. */
  readonly entries: readonly Readonly<Record<string, readonly string[]>>[];
}

const SUCCESS = 0;

/** One connection to one address, for `jumpgate check`. Returns result codes; rejects only if the connection fails. */
export class Probe {
  private readonly client: Client;

  private readonly meter: ReadMeter;

  /** `limits`: of each question. */
  constructor(endpoint: UpstreamEndpoint, dialer: Dialer, times: LdaptsTimes, limits: ReadLimits) {
    this.meter = new ReadMeter({ limits, nameOf: keyOfLimit });
    const dial = () => {
      const socket = dialer.dial(endpoint);
      this.meter.guard(socket);
      return socket;
    };
    this.client = ldaptsClient(endpoint, dial, times);
  }

  /** The result code. Rejects with an Error if there is no answer. */
  async bind(dn: string, password: string): Promise<number> {
    return (await this.coded(() => this.client.bind(dn, password))).code;
  }

  /** Rejects with an Error if there is no answer. */
  async search({ base, scope, filter, attributes, sizeLimit = 0 }: ProbeSearch): Promise<Probed> {
    const { code, value } = await this.coded(() =>
      this.client.search(base, { scope, filter, attributes: [...attributes], sizeLimit }),
    );
    const entries = (value?.searchEntries ?? []).map((entry) =>
      Object.fromEntries(
        Object.entries(entry).map(([type, one]) => [type, (Array.isArray(one) ? one : [one]).map(String)]),
      ),
    );
    return { code, entries };
  }

  async close(): Promise<void> {
    if (this.client.isConnected) await this.client.unbind().catch(() => {});
  }

  private async coded<Value>(ask: () => Promise<Value>): Promise<{ code: number; value?: Value }> {
    this.meter.begin();
    try {
      return { code: SUCCESS, value: await ask() };
    } catch (error) {
      if (error instanceof ResultCodeError) return { code: error.code };
      throw this.meter.overrun ?? error;
    }
  }
}
