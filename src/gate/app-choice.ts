// Which app a client of a shared listener means: said by the first name that it sends.
import { dnKey, isKeyBelow, keyOfName, parseDN } from '../ldap/dn.js';
import type { BindRequest, Request } from '../ldap/message.js';
import { bindNameOf } from './bind/credentials.js';
import { Domains } from './bind/domain-name.js';

/** What one of several apps is known by. */
export interface AppPlace {
  readonly name: string;
  /** Its base DN. Those of one listener are neither equal nor below one another. */
  readonly baseDN: string;
  /** Domains by which its users' names come: `user@domain`, `DOMAIN\user`. Of two apps with one the first counts. */
  readonly domains: readonly string[];
  /** The DNs of its service accounts. No other app on the same listener has them. */
  readonly accounts: readonly string[];
}

/**
 * Says which app a request decides for: by the name in a bind, the base of a search, the entry of a compare. A service account's own name goes
 * before the base that it lies below. A bind name that is not a DN chooses the app that has its domain, otherwise the first app. The root DSE, the
 * subschema and names outside every base choose none (undefined).
 *
 * `external`: the DN of the account that SASL EXTERNAL leads to, where it is offered.
 */
export function appChooser(
  places: readonly AppPlace[],
  external?: string | undefined,
): (op: Request) => string | undefined {
  const bases = places.map(({ name, baseDN }) => ({ name, key: keyOfName(baseDN) }));
  const accounts = new Map(
    places.flatMap(({ name, accounts: dns }) => dns.map((each) => [keyOfName(each), name] as const)),
  );
  const domains = places.map(({ name, domains: known }) => ({ name, domains: new Domains(known) }));
  const first = places[0]?.name;
  const below = (key: string) => bases.find((base) => key === base.key || isKeyBelow(key, base.key))?.name;
  const byName = (name: string) => {
    const dn = parseDN(name);
    if (dn === undefined) return domains.find((app) => app.domains.userIn(name) !== undefined)?.name ?? first;
    const key = dnKey(dn);
    return accounts.get(key) ?? below(key);
  };
  const byBase = (name: string) => {
    const dn = parseDN(name);
    return dn === undefined ? undefined : below(dnKey(dn));
  };
  return (op) => {
    switch (op.kind) {
      case 'bindRequest': {
        const name = isExternal(op) ? (external ?? '') : bindNameOf(op);
        return name === '' ? undefined : byName(name);
      }
      case 'searchRequest':
        return byBase(op.baseObject);
      case 'compareRequest':
        return byBase(op.entry);
      default:
        return undefined;
    }
  };
}

function isExternal({ authentication }: BindRequest): boolean {
  return authentication.method === 'sasl' && authentication.mechanism === 'EXTERNAL';
}
