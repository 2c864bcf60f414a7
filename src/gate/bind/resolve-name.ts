// From the name in a bind request to one account: the canonical uid is what is checked and what is bound (R23).
import type { Snapshot, SnapshotEntry } from '../../directory/snapshot.js';
import type { DN } from '../../ldap/dn.js';
import { dnKey, parentDN, parseDN } from '../../ldap/dn.js';
import { prepareValue } from '../../ldap/prepare.js';
import { canonicalType } from '../../ldap/schema.js';
import { Generations } from '../../runtime/generations.js';
import type { Reason } from '../reason.js';
import type { Identity } from '../session.js';
import { type Domains, NO_DOMAINS } from './domain-name.js';
import { Member, type ReadAs } from './member.js';
import type { ServiceAccount, ServiceAccounts } from './service-accounts.js';

/** The forms beside DNs that are accepted as a bind name. */
export type NameForm = 'uid' | 'mail';

export type Resolved =
  | { readonly kind: 'service'; readonly account: ServiceAccount }
  | Member
  /**
   * Not in the snapshot; worth one question upstream. `isInDomain`: if nobody has it there, it is a user name in a domain (see `resolveInDomain`).
   */
  | {
      readonly kind: 'unseen';
      readonly attribute: NameForm | 'cn';
      readonly value: string;
      readonly as?: ReadAs;
      readonly isInDomain?: boolean;
    }
  /** Refused like a wrong password. */
  | { readonly kind: 'stranger'; readonly reason: Reason }
  /** Finding out whom it means takes a snapshot, and there is none yet. */
  | { readonly kind: 'unsaid' }
  /** Not a name at all: invalidDNSyntax. */
  | { readonly kind: 'invalid' };

/** Longest bare name: no account's is longer, and a question upstream should be small. */
const LONGEST_BARE_NAME = 256;

/** The most names kept in each of two generations, and the characters of the longest. */
const MOST_KNOWN = 1024;
const LONGEST_KNOWN = 512;

/**
 * Names accepted: a service account's DN; `uid=`, `cn=` or `mail=` directly below `usersKey` (the dnKey of the local users' container)
 * where it leads to exactly one person; the bare forms in `forms`; and uids in one of `domains`. A form that leads to two people is refused. One that
 * leads to a person who is also a service account (the reader) leads to that account. Before the first snapshot, a name is accepted if it means one
 * person whatever the snapshot will hold: it is looked up, as any that is not in it.
 *
 * A name that is somebody's whole uid or mail address is theirs. Only if it belongs to nobody, not even to a person outside the group, is it a uid in
 * a domain. Otherwise a user whose uid is a colleague's mail address could log in by the colleague's name.
 */
export class NameResolver {
  /** Names that led to an account in this snapshot: the same few applications and people come again and again. */
  private readonly known = new Generations<Resolved>(MOST_KNOWN);
  private snapshot: Snapshot | undefined;

  /** Accounts that are people, by uid: a look-up parses no name. */
  private readonly people = new Map<string, ServiceAccount>();

  /** `upstreamUsersKey`: the dnKey of the container in which the upstream has the same people. */
  constructor(
    readonly accounts: ServiceAccounts,
    private readonly usersKey: string,
    private readonly forms: readonly NameForm[],
    private readonly upstreamUsersKey = usersKey,
    private readonly domains: Domains = NO_DOMAINS,
    /** The type of people's names here: its value is the uid. */
    private readonly namedBy = 'uid',
  ) {
    for (const account of accounts.values()) {
      for (const dn of [account.dn, ...account.aliases].map((name) => parseDN(name) ?? [])) {
        const [ava, ...more] = dn[0] ?? [];
        const isPerson =
          ava !== undefined &&
          more.length === 0 &&
          ['uid', canonicalType(this.namedBy)].includes(canonicalType(ava.type));
        if (isPerson && [usersKey, upstreamUsersKey].includes(dnKey(parentDN(dn))))
          this.people.set(keyOfUid(ava.value), account);
      }
    }
  }

  /** The service account that is the same person as this uid: it is never bound upstream (R88). */
  accountOfUid(uid: string): ServiceAccount | undefined {
    return this.people.get(keyOfUid(uid));
  }

  /** The same names for other accounts. */
  withAccounts(accounts: ServiceAccounts): NameResolver {
    return new NameResolver(accounts, this.usersKey, this.forms, this.upstreamUsersKey, this.domains, this.namedBy);
  }

  resolve(name: string, snapshot: Snapshot | undefined): Resolved {
    if (snapshot !== this.snapshot) {
      this.known.clear();
      this.snapshot = snapshot;
    }
    const known = this.known.recall(name);
    if (known !== undefined) return known;
    const resolved = this.orItsAccount(this.understand(name, snapshot));
    const isAccount = resolved.kind === 'member' || resolved.kind === 'service';
    if (isAccount && name.length <= LONGEST_KNOWN) this.known.set(name, resolved);
    return resolved;
  }

  /** Whether a name leads to this account, as far as that can be said without asking upstream (RFC 4513 5.2.1.8). */
  isNameOf(name: string, identity: Identity, snapshot: Snapshot | undefined): boolean | 'unsaid' {
    const named = this.resolve(name, snapshot);
    // Even if it is somebody's mail address, nobody can become somebody else by it here, so take it as the name in the domain.
    const resolved = named.kind === 'unseen' && named.isInDomain ? this.resolveInDomain(name, snapshot) : named;
    if (resolved.kind === 'unsaid') return 'unsaid';
    if (resolved.kind === 'service') return identity.kind === 'service' && resolved.account.dn === identity.dn;
    const uid = uidIn(resolved);
    return uid !== undefined && identity.kind === 'user' && keyOfUid(uid) === keyOfUid(identity.uid);
  }

  /** True for a user name in one of the domains. */
  isInDomain(name: string): boolean {
    return this.domains.userIn(name) !== undefined;
  }

  /** True for all names of this form, somebody’s or nobody’s: the form alone decides whether the upstream must be asked. */
  mayBeMailInDomain(name: string): boolean {
    return this.forms.includes('mail') && this.domains.userIn(name)?.form === 'user@domain';
  }

  /** A name in one of the domains that nobody has as a mail address. */
  resolveInDomain(name: string, snapshot: Snapshot | undefined): Resolved {
    const inDomain = this.domains.userIn(name);
    if (inDomain === undefined) return { kind: 'stranger', reason: 'unknown-name' };
    const { user, form: as } = inDomain;
    const known = found(snapshot?.named('uid', user), as);
    return this.orItsAccount(known ?? { kind: 'unseen', attribute: 'uid', value: user, as });
  }

  /** By whatever form of its name (R113). */
  private orItsAccount(resolved: Resolved): Resolved {
    const uid = uidIn(resolved);
    const account = uid === undefined ? undefined : this.accountOfUid(uid);
    return account === undefined ? resolved : { kind: 'service', account };
  }

  private understand(name: string, snapshot: Snapshot | undefined): Resolved {
    const { accounts, usersKey, forms } = this;
    const dn = parseDN(name);
    if (dn !== undefined && dn.length > 0) {
      const account = accounts.get(dnKey(dn));
      return account === undefined ? resolveDN(dn, snapshot, usersKey, this.namedBy) : { kind: 'service', account };
    }
    if (name.includes('=') || !isPlainName(name)) return { kind: 'invalid' };
    const whole = resolveBareName(name, snapshot, forms);
    const inDomain = this.domains.userIn(name);
    if (inDomain === undefined || wholeNamed(name, snapshot, forms).size > 0) return whole;
    // The upstream is not asked about a service account.
    if (!this.mayBeMailInDomain(name) || this.accountOfUid(inDomain.user) !== undefined)
      return this.resolveInDomain(name, snapshot);
    return whole.kind === 'unseen' ? { ...whole, isInDomain: true } : whole;
  }
}

function keyOfUid(uid: string): string {
  return prepareValue(uid, true) ?? uid;
}

function uidIn(resolved: Resolved): string | undefined {
  if (resolved.kind === 'member') return resolved.uid;
  return resolved.kind === 'unseen' && resolved.attribute === 'uid' ? resolved.value : undefined;
}

function resolveDN(dn: DN, snapshot: Snapshot | undefined, usersKey: string, namedBy: string): Resolved {
  const key = dnKey(dn);
  const entry = snapshot?.find(key);
  if (entry !== undefined)
    return entry.kind === 'user' ? member(entry) : { kind: 'stranger', reason: 'not-a-user-name' };
  if (snapshot?.twins.hasName(key) === true) return { kind: 'stranger', reason: 'ambiguous-name' };
  const rdn = dn[0];
  const ava = rdn?.[0];
  if (ava === undefined || rdn?.length !== 1 || dnKey(parentDN(dn)) !== usersKey) {
    return { kind: 'stranger', reason: 'not-a-user-name' };
  }
  const type = canonicalType(ava.type);
  switch (type === canonicalType(namedBy) ? 'uid' : type) {
    case 'uid':
      return { kind: 'unseen', attribute: 'uid', value: ava.value };
    case 'mail':
      return found(snapshot?.named('mail', ava.value)) ?? { kind: 'unseen', attribute: 'mail', value: ava.value };
    case 'cn':
      if (snapshot === undefined) return { kind: 'unsaid' };
      return found(snapshot.named('cn', ava.value)) ?? { kind: 'unseen', attribute: 'cn', value: ava.value };
    default:
      return { kind: 'stranger', reason: 'not-a-user-name' };
  }
}

function resolveBareName(name: string, snapshot: Snapshot | undefined, forms: readonly NameForm[]): Resolved {
  // It may be one person's uid and another's mail.
  if (snapshot === undefined && forms.length > 1) return { kind: 'unsaid' };
  const [first, ...others] = wholeNamed(name, snapshot, forms);
  if (others.length > 0) return { kind: 'stranger', reason: 'ambiguous-name' };
  const attribute = forms.includes('mail') && name.includes('@') ? 'mail' : 'uid';
  const as = attribute === 'mail' ? ({ as: 'mail address' } as const) : {};
  const hit = found(first, as.as);
  if (hit !== undefined) return hit;
  return forms.includes(attribute)
    ? { kind: 'unseen', attribute, value: name, ...as }
    : { kind: 'stranger', reason: 'not-a-user-name' };
}

/** Whose uid or mail address the whole of a bare name is. */
function wholeNamed(
  name: string,
  snapshot: Snapshot | undefined,
  forms: readonly NameForm[],
): ReadonlySet<SnapshotEntry | 'ambiguous'> {
  // A mail address has an @: else one person's mail might be another's uid.
  const meant = forms.filter((form) => form !== 'mail' || name.includes('@'));
  return new Set(meant.map((form) => snapshot?.named(form, name)).filter((hit) => hit !== undefined));
}

function found(hit: SnapshotEntry | 'ambiguous' | undefined, as?: ReadAs): Resolved | undefined {
  if (hit === undefined) return undefined;
  return hit === 'ambiguous' ? { kind: 'stranger', reason: 'ambiguous-name' } : member(hit, as);
}

function member({ uid, person }: SnapshotEntry, as?: ReadAs): Resolved {
  return new Member(uid, as, person);
}

/** Neither empty nor long, and free of control characters, replacement characters and lone surrogates (R24). */
function isPlainName(name: string): boolean {
  if (name.length === 0 || name.length > LONGEST_BARE_NAME || !name.isWellFormed()) return false;
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(name);
}
