// The upstream's own schema, where the reader may read it: what its attributes and classes mean. Nothing depends on it.
import type { UpstreamEntry } from '../directory/reader.js';
import { textsOf } from '../ldap/attributes.js';
import type { ReaderConnection } from './reader-connection.js';

const TYPES: readonly string[] = ['attributeTypes', 'objectClasses'];
/** Milliseconds for which a schema that was read, or could not be, is not asked for again. */
const AGE = 600_000;
/** The limit for a schema that is kept, in bytes: OpenLDAP's, with all that comes with it, has 300 KiB. */
const MOST_OCTETS = 4 * 1024 * 1024;

/** Reads the upstream's schema, at most every ten minutes; without one, the last stays or there is none. */
export class SubschemaReader {
  private known: UpstreamEntry | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds, monotonic. */
  constructor(
    private readonly connection: ReaderConnection,
    private readonly time: number,
    private readonly now: () => number,
  ) {}

  /** The subschema entry, as it was at most ten minutes ago; undefined where it cannot be read. Never rejects. */
  async read(): Promise<UpstreamEntry | undefined> {
    if (this.now() - this.askedAt < AGE) return this.known;
    this.askedAt = this.now();
    try {
      this.known = (await this.ask()) ?? this.known;
    } catch {
      // A piece of work of its own, so that it costs no read.
    }
    return this.known;
  }

  private ask(): Promise<UpstreamEntry | undefined> {
    return this.connection.run(async ({ client, collected }) => {
      const base = async (name: string, filter: string, attributes: readonly string[]) => {
        await client.search(name, { scope: 'base', filter, attributes: [...attributes] });
        return collected()[0];
      };
      const root = await base('', '(objectClass=*)', ['subschemaSubentry']);
      const [name] = root === undefined ? [] : textsOf(root, 'subschemaSubentry');
      if (name === undefined || name === '') return undefined;
      const found = await base(name, '(objectClass=subschema)', TYPES);
      return found === undefined || (found.octets?.length ?? 0) > MOST_OCTETS ? undefined : found;
    }, this.time);
  }
}
