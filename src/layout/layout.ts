// Local names and JumpCloud's: where people and groups live on either side, and how one name becomes the other. Pure.
import type { DN, RDN } from '../ldap/dn.js';
import { dnKey, formatDN, formatRDN, parseDN } from '../ldap/dn.js';
import { canonicalType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';

export interface LayoutOptions {
  /** `o=<orgId>,dc=jumpcloud,dc=com`. */
  readonly orgBaseDN: DN;
  /** Left out: local names equal JumpCloud's. */
  readonly localBaseDN?: DN;
  /** The local containers, relative to the local base. */
  readonly usersRDN: RDN;
  readonly groupsRDN: RDN;
  /** Attribute types that are never shown. */
  readonly hiddenAttributes: readonly string[];
  /** The classes of groups, each with its own way to name members. */
  readonly groupClasses: readonly GroupClass[];
}

export type GroupClass = 'groupOfNames' | 'groupOfUniqueNames' | 'posixGroup';

const USERS: RDN = [{ type: 'ou', value: 'Users' }];

/** Maps local names to upstream ones and back. Pure. Names are compared as structures, never as text. */
export class Layout {
  /** JumpCloud keeps people and groups alike in this one container. */
  readonly upstreamUsersDN: DN;
  readonly localBaseDN: DN;
  readonly localUsersDN: DN;
  readonly localGroupsDN: DN;
  /** True where the local names are not JumpCloud's own: nothing of those may then be shown (R35). */
  readonly isRenamed: boolean;
  readonly groupClasses: readonly GroupClass[];
  /** The containers' names: written once, for they end every name that is made. */
  private readonly upstreamUsers: string;
  private readonly localUsers: string;
  private readonly localGroups: string;
  private readonly upstreamUsersKey: string;
  private readonly hidden: ReadonlySet<string>;
  private readonly suffixes: readonly string[];

  constructor(options: LayoutOptions) {
    this.upstreamUsersDN = [USERS, ...options.orgBaseDN];
    this.upstreamUsersKey = dnKey(this.upstreamUsersDN);
    this.isRenamed = options.localBaseDN !== undefined;
    this.localBaseDN = options.localBaseDN ?? options.orgBaseDN;
    this.localUsersDN = this.isRenamed ? [options.usersRDN, ...this.localBaseDN] : this.upstreamUsersDN;
    this.localGroupsDN = this.isRenamed ? [options.groupsRDN, ...this.localBaseDN] : this.upstreamUsersDN;
    this.upstreamUsers = formatDN(this.upstreamUsersDN);
    this.localUsers = formatDN(this.localUsersDN);
    this.localGroups = formatDN(this.localGroupsDN);
    this.groupClasses = options.groupClasses;
    this.hidden = new Set(options.hiddenAttributes.map(canonicalType));
    this.suffixes = suffixTexts(options.orgBaseDN);
  }

  /** The only kind of name that is ever bound upstream (R20). */
  upstreamUserDN(uid: string): string {
    return below('uid', uid, this.upstreamUsers);
  }

  localUserDN(uid: string): string {
    return below('uid', uid, this.localUsers);
  }

  localGroupDN(cn: string): string {
    return below('cn', cn, this.localGroups);
  }

  /**
   * The uid or cn of an upstream name that has the one form which people and groups have: one RDN with one AVA directly below
   * JumpCloud's container. Undefined for every other name.
   */
  upstreamName(dn: string): { readonly kind: 'uid' | 'cn'; readonly value: string } | undefined {
    const parsed = parseDN(dn);
    const [rdn, ...superior] = parsed ?? [];
    const [ava, more] = rdn ?? [];
    if (ava === undefined || more !== undefined || dnKey(superior) !== this.upstreamUsersKey) return undefined;
    const type = canonicalType(ava.type);
    return type === 'uid' || type === 'cn' ? { kind: type, value: ava.value } : undefined;
  }

  /** The local name of an upstream one: people below the users' container; a name that is neither keeps its spelling. */
  localName(dn: string): string {
    const name = this.upstreamName(dn);
    if (name === undefined) return dn;
    return name.kind === 'uid' ? this.localUserDN(name.value) : this.localGroupDN(name.value);
  }

  /** True for what never enters a snapshot: password material, and what the configuration hides (R33). */
  isHidden(description: string): boolean {
    return isPasswordMaterial(description) || this.hidden.has(canonicalType(splitDescription(description).type));
  }

  /** True if a value holds JumpCloud's suffix or this organisation's, in any case and with any spaces, whatever else it holds. */
  mentionsUpstream(value: Buffer): boolean {
    if (!value.includes('=')) return false;
    const text = folded(value);
    return this.suffixes.some((suffix) => text.includes(suffix));
  }
}

function below(type: string, value: string, container: string): string {
  return `${formatRDN([{ type, value }])},${container}`;
}

/** Bytes as they are searched for: ASCII letters without case, no spaces. */
function folded(value: Buffer): string {
  return value.toString('latin1').toLowerCase().replaceAll(' ', '');
}

/** The texts by which the upstream's names are known: the whole suffix, JumpCloud's own, and the organisation alone. */
function suffixTexts(orgBaseDN: DN): string[] {
  const [ava] = orgBaseDN[0] ?? [];
  const isOrganisation = ava !== undefined && canonicalType(ava.type) === 'o';
  const texts = [formatDN(orgBaseDN), 'dc=jumpcloud', ...(isOrganisation ? [`o=${ava.value}`] : [])];
  return texts.filter((text) => text !== '').map((text) => folded(Buffer.from(text, 'utf8')));
}
