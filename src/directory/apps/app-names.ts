// What entries of the base are called in an app, and back. Pure.
import type { Face } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';
import { dnKey, dnKeyBelow, formatDN, formatRDN, keyOfName, superiorKeys } from '../../ldap/dn.js';
import { attributeType } from '../../ldap/schema.js';

/** The names of one kind of entries, all directly below one container. */
class NamesBelow {
  /** dnKeys of the container and of all above it, nearest first. */
  readonly superiors: readonly string[];
  private readonly container: string;

  constructor(
    container: Layout['localUsersDN'],
    private readonly type: string,
  ) {
    this.container = formatDN(container);
    this.superiors = [dnKey(container), ...superiorKeys(container)];
  }

  dn(value: string): string {
    return `${formatRDN([{ type: this.type, value }])},${this.container}`;
  }

  key(value: string): string {
    return dnKeyBelow([{ type: this.type, value }], this.superiors[0] ?? '');
  }
}

/** Maps names of the base to names of an app and back. */
export class AppNames {
  readonly users: NamesBelow;
  readonly groups: NamesBelow;
  /** The text around a uid's key in the dnKeys of people, here and in the base. */
  private readonly here: Around;
  private readonly inBase: Around;

  constructor(layout: Layout, { namedBy }: Face) {
    this.users = new NamesBelow(layout.localUsersDN, namedBy.user);
    this.groups = new NamesBelow(layout.localGroupsDN, namedBy.group);
    if (attributeType(namedBy.user)?.equality !== attributeType('uid')?.equality)
      throw new RangeError(`people cannot be named by ${namedBy.user}: its values are compared otherwise than a uid`);
    this.here = around(this.users.key('x'), this.users.superiors[0]);
    this.inBase = around(keyOfName(layout.upstreamUserDN('x')), dnKey(layout.upstreamUsersDN));
  }

  /** The dnKey here of a person with this dnKey in the base. */
  userKey(baseKey: string): string {
    return moved(baseKey, this.inBase, this.here) ?? '';
  }

  /** The dnKey in the base that a person would have; undefined for any other name. */
  baseKey(key: string): string | undefined {
    return moved(key, this.here, this.inBase);
  }
}

interface Around {
  readonly front: string;
  readonly back: string;
}

/** `key`: that of the value `x` directly below `container`. */
function around(key: string, container = ''): Around {
  const back = key.length - container.length - 1;
  return { front: key.slice(0, back - 1), back: key.slice(back) };
}

function moved(key: string, from: Around, to: Around): string | undefined {
  if (!key.startsWith(from.front) || !key.endsWith(from.back)) return undefined;
  return `${to.front}${key.slice(from.front.length, key.length - from.back.length)}${to.back}`;
}
