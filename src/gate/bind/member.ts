// A member who binds, with what each of its binds needs: made by the first one, and cached with the name that led to it.
import type { Identity } from '../session.js';
import type { DomainForm } from './domain-name.js';

/** How a name was read, if it is neither a DN nor a bare user name. */
export type ReadAs = DomainForm | 'mail address';

/** How the members of one world are called. */
export interface MemberNames {
  /** The name bound upstream for a canonical uid. */
  readonly upstreamUserDN: (uid: string) => string;
  /** The local name of a canonical uid. */
  readonly localUserDN: (uid: string) => string;
}

/** Of one world: its names are made only once. */
export class Member {
  readonly kind = 'member';
  private upstream: string | undefined = undefined;
  private whole: (Identity & { kind: 'user' }) | undefined = undefined;
  private decision: string | undefined = undefined;
  private version: string | undefined | null = null;

  constructor(
    /** The canonical one. */
    readonly uid: string,
    private readonly as: ReadAs | undefined,
    /** Whose name it is (`SnapshotEntry.person`); '' where that is not known. */
    readonly person: string,
  ) {}

  upstreamDN(names: MemberNames): string {
    this.upstream ??= names.upstreamUserDN(this.uid);
    return this.upstream;
  }

  identity(names: MemberNames): Identity & { kind: 'user' } {
    const { uid, person } = this;
    this.whole ??= { kind: 'user', uid, person, dn: names.localUserDN(uid) };
    return this.whole;
  }

  /** What the account looked like in the snapshot that it was found in; undefined where that is not known. */
  versionIn({ versionOf }: { readonly versionOf: (uid: string) => string | undefined }): string | undefined {
    if (this.version === null) this.version = versionOf(this.uid);
    return this.version;
  }

  /** What the trace says of the name. */
  get text(): string {
    this.decision ??= `uid ${this.uid}${readAs(this.as)}`;
    return this.decision;
  }
}

/** How a name was read, where that is not plain to see. */
export function readAs(as: ReadAs | undefined): string {
  switch (as) {
    case undefined:
      return '';
    case 'mail address':
      return ', read as an email address';
    default:
      return `, read as ${as} (local.domains)`;
  }
}
