// Addresses of the upstream's hosts: looked up at each connect, and kept for when the name service does not answer.
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Found = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
export type AskForAddresses = (host: string, found: Found) => void;

/** Milliseconds after which the last known addresses are used. A certificate proves the host, whatever address it has. */
const PATIENCE = 1500;

const askSystem: AskForAddresses = (host, found) => systemLookup(host, { all: true, order: 'verbatim' }, found);

/**
 * A `lookup` for net and tls. One question per host at a time, however many connects wait for it: the system's resolver has four
 * threads, and a name service that hangs must not take them all.
 */
export class AddressBook {
  private readonly known = new Map<string, LookupAddress[]>();
  private readonly waiting = new Map<string, Set<Found>>();

  constructor(
    private readonly ask: AskForAddresses = askSystem,
    private readonly patience = PATIENCE,
  ) {}

  readonly lookup: LookupFunction = (host, options, callback) => {
    this.find(host, (error, all) => {
      const family = options.family === 4 || options.family === 'IPv4' ? 4 : options.family === 6 ? 6 : 0;
      const fitting = all.filter((address) => family === 0 || address.family === family);
      const [first] = fitting;
      if (first === undefined) callback(error ?? notFound(host), []);
      else if (options.all === true) callback(null, fitting);
      else callback(null, first.address, first.family);
    });
  };

  private find(host: string, found: Found): void {
    let timer: NodeJS.Timeout | undefined;
    const once: Found = (error, addresses) => {
      clearTimeout(timer);
      this.waiting.get(host)?.delete(once);
      const last = this.known.get(host);
      if (addresses.length === 0 && last !== undefined) found(null, last);
      else found(error, addresses);
    };
    if (this.known.has(host)) timer = setTimeout(() => once(null, []), this.patience);
    const others = this.waiting.get(host);
    if (others !== undefined) return void others.add(once);
    this.waiting.set(host, new Set([once]));
    this.ask(host, (error, addresses = []) => {
      if (addresses.length > 0) this.known.set(host, addresses);
      const all = this.waiting.get(host) ?? [];
      this.waiting.delete(host);
      for (const each of all) each(error, addresses);
    });
  }
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
}
