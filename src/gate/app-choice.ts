// Which app a client of a shared listener means: said by the first name that it sends.
import { dnKey, isKeyBelow, keyOfName, parseDN } from '../ldap/dn.js';
import type { Request } from '../ldap/message.js';
import { bindNameOf } from './bind/credentials.js';

/** What one of several apps is known by. */
export interface AppPlace {
  readonly name: string;
  /** Its base DN. Those of one listener are neither equal nor below one another. */
  readonly baseDN: string;
  /** The names of its service accounts, which are no other app's on the same listener. */
  readonly accounts: readonly string[];
}

/**
 * Says which app a request decides for: by the name in a bind, the base of a search, the entry of a compare. A name that is no DN decides for the
 * first app; the root DSE, the subschema and names that are below no base decide nothing (undefined).
 */
export function appChooser(places: readonly AppPlace[]): (op: Request) => string | undefined {
  const bases = places.map(({ name, baseDN }) => ({ name, key: keyOfName(baseDN) }));
  const accounts = new Map(
    places.flatMap(({ name, accounts: names }) => names.map((each) => [keyOfName(each), name] as const)),
  );
  const first = places[0]?.name;
  return (op) => {
    const name = nameIn(op);
    if (name === '') return undefined;
    const dn = parseDN(name);
    if (dn === undefined) return op.kind === 'bindRequest' ? first : undefined;
    const key = dnKey(dn);
    return accounts.get(key) ?? bases.find((base) => key === base.key || isKeyBelow(key, base.key))?.name;
  };
}

function nameIn(op: Request): string {
  switch (op.kind) {
    case 'bindRequest':
      return bindNameOf(op);
    case 'searchRequest':
      return op.baseObject;
    case 'compareRequest':
      return op.entry;
    default:
      return '';
  }
}
