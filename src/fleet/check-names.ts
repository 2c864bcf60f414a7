// What accounts and addresses are called in decisions: keyed hashes, kept for those that come again. A hash takes a microsecond and a half, and a bind has five.
import { LRUCache } from 'lru-cache';
import type { FleetNames } from './names.js';

/** Accounts, and addresses of all apps, whose names are kept; about 300 bytes each. */
const MOST_KEPT = 10_000;

interface AccountNames {
  readonly id: string;
  version: string | undefined;
  versionId: string;
}

/** An address as it is in an account's hash, and in the name of its own counter: `<address> <counter>`, and the first of them alone. */
export interface AddressNames {
  readonly id: string;
  readonly both: string;
}

/** Names for one realm: accounts of other upstreams have others. Passwords' are made each time, and kept nowhere. */
export class CheckNames {
  private readonly accounts = new LRUCache<string, AccountNames>({ max: MOST_KEPT });
  private readonly addresses = new LRUCache<string, AddressNames>({ max: MOST_KEPT });
  private readonly accountPurpose: string;
  private readonly passwordPurpose: string;

  constructor(
    private readonly names: FleetNames,
    realm: string,
  ) {
    this.accountPurpose = `account ${realm}`;
    this.passwordPurpose = `password ${realm}`;
  }

  /** What the name of an account's key ends with. */
  account(account: string): string {
    return this.known(account).id;
  }

  /** What the account looks like in the directory, as `version` says; '' where that is not known. */
  version(account: string, version: string | undefined): string {
    if (version === undefined) return '';
    const known = this.known(account);
    if (known.version !== version) {
      known.version = version;
      known.versionId = this.names.id('version', version);
    }
    return known.versionId;
  }

  address(app: string, address: string): AddressNames {
    // No name of an app has a space.
    const both = `${app} ${address}`;
    let known = this.addresses.get(both);
    if (known === undefined) {
      const id = this.names.id('address', address);
      known = { id, both: `${id} ${this.names.id('window', app, Buffer.from(address))}` };
      this.addresses.set(both, known);
    }
    return known;
  }

  /** A password of an account. */
  password(account: string, password: Buffer): string {
    return this.names.id(this.passwordPurpose, account, password);
  }

  private known(account: string): AccountNames {
    let known = this.accounts.get(account);
    if (known === undefined) {
      known = { id: this.names.id(this.accountPurpose, account), version: undefined, versionId: '' };
      this.accounts.set(account, known);
    }
    return known;
  }
}
