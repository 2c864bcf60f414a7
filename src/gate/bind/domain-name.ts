// Names as Active Directory has them: a user name with a domain in front of it or behind it.

export type DomainForm = 'user@domain' | 'DOMAIN\\user';

export interface DomainName {
  readonly form: DomainForm;
  readonly user: string;
  readonly domain: string;
}

/** Reads `user@domain` (the last @ counts) and `DOMAIN\user`; undefined for any other name. */
export function readDomainName(name: string): DomainName | undefined {
  const slash = name.indexOf('\\');
  if (slash >= 0) {
    const [domain, user] = [name.slice(0, slash), name.slice(slash + 1)];
    return domain === '' || user === '' || user.includes('\\') ? undefined : { form: 'DOMAIN\\user', user, domain };
  }
  const at = name.lastIndexOf('@');
  const [user, domain] = [name.slice(0, at), name.slice(at + 1)];
  return at <= 0 || domain === '' ? undefined : { form: 'user@domain', user, domain };
}

/** Domains by which a name may come. */
export class Domains {
  private readonly known: ReadonlySet<string>;

  constructor(domains: readonly string[]) {
    this.known = new Set(domains.map((domain) => domain.toLowerCase()));
  }

  /** The user name in one of these domains, compared without regard to case; undefined for any other name. */
  userIn(name: string): DomainName | undefined {
    if (this.known.size === 0) return undefined;
    const read = readDomainName(name);
    return read !== undefined && this.known.has(read.domain.toLowerCase()) ? read : undefined;
  }
}

export const NO_DOMAINS = new Domains([]);
