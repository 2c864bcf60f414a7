// What rules and faces may look at of an entry: what the app shows of it before them.
import type { Facts } from '../../layout/face.js';
import type { Schema } from '../../ldap/schema.js';
import type { SnapshotAttribute } from '../attribute.js';
import { attributeKey, type SnapshotEntry } from '../entry.js';
import type { AppEntry } from './app-entry.js';
import { LargeAttribute } from './large-values.js';

/** Where attributes come from. */
export interface Before {
  readonly schema: Schema;
  before(base: SnapshotEntry, key: string): SnapshotAttribute | undefined;
}

/** An entry as rules and faces read it. */
export class EntryFacts implements Facts {
  constructor(
    private readonly entry: AppEntry,
    private readonly app: Before,
  ) {}

  get kind(): 'user' | 'group' {
    return this.entry.kind === 'user' ? 'user' : 'group';
  }

  get uid(): string {
    return this.entry.uid;
  }

  get cn(): string {
    return this.first('cn');
  }

  get dn(): string {
    return this.entry.dn;
  }

  get uuid(): string {
    return this.first('entryuuid');
  }

  // A function that may be taken off: rules like to name what they need.
  readonly values = (type: string): readonly Buffer[] => this.of(attributeKey(type, this.app.schema));

  private first(key: string): string {
    return this.of(key)[0]?.toString('utf8') ?? '';
  }

  private of(key: string): readonly Buffer[] {
    const attribute = this.app.before(this.entry.base, key);
    if (attribute instanceof LargeAttribute) {
      const first = attribute.first();
      return first === undefined ? [] : [first];
    }
    return attribute?.values ?? [];
  }
}
