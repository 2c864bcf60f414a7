// The desk for names that the snapshot does not know: one question upstream per name, bounded in number and time.
import { LRUCache } from 'lru-cache';
import type { Mirror } from '../directory/mirror.js';
import type { Reader, UpstreamEntry } from '../directory/reader.js';
import type { Lookup, Newcomers } from '../gate/ports.js';
import { prepareValue } from '../ldap/prepare.js';

export interface LookupDeskOptions {
  readonly reader: Pick<Reader, 'lookUp'>;
  readonly mirror: Pick<Mirror, 'refreshNow'>;
  /** The uid of an upstream name that may be bound; undefined for any other name. */
  readonly uidOf: (entry: UpstreamEntry) => string | undefined;
}

type Done = (found: Lookup) => void;

/** Questions that wait or run at most; beyond, the upstream is said to be in trouble. */
const MOST_QUESTIONS = 256;
/** A name that led to nobody is not asked about again for this long, in milliseconds. */
const REMEMBERED = 5000;
const MOST_REMEMBERED = 2000;

export class LookupDesk implements Newcomers {
  private readonly open = new Map<string, Done[]>();
  private readonly strangers = new LRUCache<string, Lookup>({ max: MOST_REMEMBERED, ttl: REMEMBERED });

  constructor(private readonly options: LookupDeskOptions) {}

  lookUp(attribute: 'uid' | 'mail', value: string, done: Done): void {
    const key = `${attribute}\0${prepareValue(value, true) ?? value}`;
    const known = this.strangers.get(key);
    if (known !== undefined) return void setImmediate(done, known);
    const waiting = this.open.get(key);
    if (waiting !== undefined) return void waiting.push(done);
    if (this.open.size >= MOST_QUESTIONS) {
      return void setImmediate(done, {
        kind: 'trouble',
        detail: 'too many unknown names are being looked up',
      } satisfies Lookup);
    }
    this.open.set(key, [done]);
    void this.ask(attribute, value).then((found) => {
      if (found.kind !== 'member' && found.kind !== 'trouble') this.strangers.set(key, found);
      const all = this.open.get(key) ?? [];
      this.open.delete(key);
      for (const each of all) each(found);
    });
  }

  private async ask(attribute: 'uid' | 'mail', value: string): Promise<Lookup> {
    try {
      const found = await this.options.reader.lookUp(attribute, value);
      const [entry, second] = found.filter(({ isMember }) => isMember).map((person) => person.entry);
      if (second !== undefined) return { kind: 'ambiguous' };
      if (entry === undefined) return { kind: found.length > 0 ? 'outsider' : 'nobody' };
      const uid = this.options.uidOf(entry);
      if (uid === undefined) return { kind: 'nobody' };
      // The newcomer's own searches are answered from the mirror: it is to be there when the bind is answered.
      await this.options.mirror.refreshNow();
      return { kind: 'member', uid, upstreamDN: entry.dn };
    } catch (error) {
      return { kind: 'trouble', detail: error instanceof Error ? error.message : String(error) };
    }
  }
}
