// What accounts and addresses are called in decisions: keyed hashes, kept for those that come again. A hash takes two microseconds, and a bind has five.
import { personalName } from '../gate/personal-name.js';
import { Generations } from '../runtime/generations.js';
import type { FleetNames } from './names.js';

/** The limits of accounts, and of addresses of one app (there may be a hundred), in one of two generations; about 300 bytes each. */
const MOST_ACCOUNTS = 10_000;
const MOST_ADDRESSES = 1000;

/** An address as it is in an account's hash, and in the name of its own counter: `<address> <counter>`, and the first of them alone. */
export interface AddressNames {
  readonly id: string;
  readonly both: string;
}

/** Of one account. */
export class AccountNames {
  private version: string | undefined = undefined;
  private versionId = '';
  private person: string | undefined = undefined;
  private personal = '';

  constructor(
    private readonly account: string,
    /** What the name of the account's key ends with. */
    readonly id: string,
    private readonly names: FleetNames,
  ) {}

  /** With the one whose name it is at present. */
  nameOf(person: string): string {
    if (this.person !== person) {
      this.person = person;
      this.personal = personalName(this.account, person);
    }
    return this.personal;
  }

  /** What it looks like in the directory, as `version` says; '' where that is not known. */
  versionOf(version: string | undefined): string {
    if (version === undefined) return '';
    if (this.version !== version) {
      this.version = version;
      this.versionId = this.names.id('version', version);
    }
    return this.versionId;
  }
}

/** Of the addresses of one app, which are counted apart. */
export class AppAddresses {
  private readonly addresses = new Generations<AddressNames>(MOST_ADDRESSES);
  /** Most logins come from where the one before came from: an application. */
  private last: AddressNames | undefined = undefined;
  private lastAddress = '';

  constructor(
    private readonly names: FleetNames,
    private readonly app: string,
  ) {}

  of(address: string): AddressNames {
    if (this.last !== undefined && address === this.lastAddress) return this.last;
    this.lastAddress = address;
    this.last = this.addresses.recall(address) ?? this.fresh(address);
    return this.last;
  }

  private fresh(address: string): AddressNames {
    const id = this.names.id('address', address);
    const fresh = { id, both: `${id} ${this.names.id('window', this.app, Buffer.from(address))}` };
    this.addresses.set(address, fresh);
    return fresh;
  }
}

/** Names for one realm: accounts of other upstreams have others. Passwords' are made each time, and kept nowhere. */
export class CheckNames {
  private readonly accounts = new Generations<AccountNames>(MOST_ACCOUNTS);
  private readonly accountPurpose: string;
  private readonly passwordId: (name: string, octets: Buffer) => string;

  constructor(
    private readonly names: FleetNames,
    realm: string,
  ) {
    this.accountPurpose = `account ${realm}`;
    this.passwordId = names.idsFor(`password ${realm}`);
  }

  account(account: string): AccountNames {
    const known = this.accounts.recall(account);
    if (known !== undefined) return known;
    const fresh = new AccountNames(account, this.names.id(this.accountPurpose, account), this.names);
    this.accounts.set(account, fresh);
    return fresh;
  }

  addressesOf(app: string): AppAddresses {
    return new AppAddresses(this.names, app);
  }

  /** A password of an account. `person`: whose name that is. */
  password(account: AccountNames, person: string, password: Buffer): string {
    return this.passwordId(account.nameOf(person), password);
  }
}
