// What the face and the rules of an app add to its entries, and what they remove.
import type { DerivedAttribute } from '../../layout/face.js';
import type { AttributeType, Schema } from '../../ldap/schema.js';
import { SnapshotAttribute } from '../attribute.js';
import { attributeKey, type SnapshotEntry } from '../entry.js';
import { making } from '../making.js';
import type { AppEntry } from './app-entry.js';
import type { AppShape } from './app-shape.js';
import { type Before, EntryFacts } from './entry-facts.js';
import { LargeAttribute } from './large-values.js';

/** Units of work for an attribute that is derived. */
const UNITS = 16;

type Derived = ReadonlyMap<string, DerivedAttribute>;

/** What derived attributes are made of. */
export interface DerivedFrom extends Before {
  /** A type of the app's schema, by a standard name. */
  type(name: string): AttributeType | undefined;
}

/** The derived attributes of people and of groups, by their keys. */
export class DerivedAttributes {
  /** For any entry. */
  readonly keys: ReadonlySet<string>;
  private readonly user: Derived;
  private readonly group: Derived;
  private readonly droppedKeys: ReadonlySet<string>;

  constructor(
    shape: AppShape,
    private readonly from: DerivedFrom,
  ) {
    const { schema } = from;
    this.user = derivedOf('user', shape, schema);
    this.group = derivedOf('group', shape, schema);
    this.keys = new Set([...this.user.keys(), ...this.group.keys()]);
    this.droppedKeys = new Set([...shape.face.dropped, ...shape.dropped].map((type) => attributeKey(type, schema)));
  }

  /** For entries of a kind. */
  of(kind: SnapshotEntry['kind']): Derived {
    return kind === 'user' ? this.user : this.group;
  }

  /** True for what is not shown although rules see it. By its type: whatever the options. */
  isDropped(key: string): boolean {
    const { droppedKeys } = this;
    if (droppedKeys.size === 0) return false;
    const options = key.indexOf(';');
    return droppedKeys.has(options < 0 ? key : key.slice(0, options));
  }

  /** Undefined if it has no value for this entry. */
  make({ name, make, copies }: DerivedAttribute, entry: AppEntry): SnapshotAttribute | undefined {
    making.units += UNITS;
    const { from } = this;
    const source =
      copies === undefined ? undefined : from.before(entry.base, attributeKey(copies.attribute, from.schema));
    // Its values are made when somebody wants them, by this name as by that one.
    if (copies !== undefined && source instanceof LargeAttribute) return source.as(name, from.type(name), copies);
    const made = make(new EntryFacts(entry, from));
    return made.length === 0 ? undefined : new SnapshotAttribute(name, from.type(name), made);
  }

  /** What a rule or the face makes of a group of which one member sees no other. Undefined for what neither makes. */
  only(
    entry: AppEntry,
    key: string,
    restricted: (attribute: SnapshotAttribute) => readonly Buffer[],
  ): readonly Buffer[] | undefined {
    const { from } = this;
    const derived = this.group.get(key);
    if (derived === undefined) return undefined;
    const before = (base: SnapshotEntry, of: string): SnapshotAttribute | undefined => {
      const attribute = from.before(base, of);
      const own = attribute === undefined ? [] : restricted(attribute);
      return attribute === undefined || own.length === 0
        ? undefined
        : new SnapshotAttribute(attribute.name, attribute.type, own);
    };
    return derived.make(new EntryFacts(entry, { schema: from.schema, before }));
  }
}

/** A face does not bring back what is hidden or what a rule removes. */
function derivedOf(kind: 'user' | 'group', { layout, face, derived, dropped }: AppShape, schema: Schema): Derived {
  const away = new Set(dropped.map((type) => attributeKey(type, schema)));
  const ofFace = face.derived.filter(({ name }) => !away.has(attributeKey(name, schema)));
  // Of two with one name the later counts.
  const all = [...ofFace, ...derived].filter(({ kinds }) => kinds.includes(kind));
  const shown = all.filter(({ name }) => name === 'objectClass' || !layout.isHidden(attributeKey(name, schema)));
  return new Map(shown.map((one) => [attributeKey(one.name, schema), one]));
}
