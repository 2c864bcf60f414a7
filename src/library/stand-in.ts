// What a test has of the embedded JumpCloud: people and groups of its choice, faults on purpose, and what was received.
import type { UpstreamConfig } from './jumpgate-config.js';

/** What can be wrong with an account. Everything that is left out is as it should be. */
export interface AccountState {
  /** Cannot log in; its entry stays. */
  readonly suspended?: boolean | undefined;
  /** Not activated yet: not in the LDAP directory. */
  readonly staged?: boolean | undefined;
  /** Invited, without a password so far: no password is right. */
  readonly passwordNeverSet?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly passwordExpired?: boolean | undefined;
  /** A second factor: a code behind the password (`password,123456`), or a push to a phone. */
  readonly mfa?: 'none' | 'code' | 'push' | undefined;
  /** What happens to the push. */
  readonly pushAnswer?: 'approve' | 'deny' | 'ignore' | undefined;
  /** False: not bound to the LDAP directory, so that it is neither found nor able to log in. */
  readonly inDirectory?: boolean | undefined;
  /** "Enable as LDAP Bind DN" in JumpCloud's console: may search the whole directory. */
  readonly bindDn?: boolean | undefined;
}

/** A person in the directory. The mail address is `uid@example.test`. */
export interface StandInPerson extends AccountState {
  readonly uid: string;
  readonly password: string;
  /** The part of `uid` before the dot unless given. */
  readonly givenName?: string | undefined;
  /** The part of `uid` behind the dot unless given. */
  readonly sn?: string | undefined;
  readonly title?: string | undefined;
  readonly department?: string | undefined;
  readonly employeeType?: string | undefined;
  /** Names of groups; those that do not exist yet are made. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * What goes wrong on purpose: every operation is refused with 51 (`busy`) or 52 (`unavailable`), binds get no answer (`hang-at-bind`) or lose
 * their connection (`drop-at-bind`), or nothing.
 */
export type StandInFault = 'none' | 'busy' | 'unavailable' | 'hang-at-bind' | 'drop-at-bind';

/** What {@link startStandIn} is given. */
export interface StandInOptions {
  /** Who is in the directory, in place of the fifteen invented people and their groups. The reader is always there. */
  readonly people?: readonly StandInPerson[] | undefined;
  /** Of LDAPS, on 127.0.0.1; a free one unless given. */
  readonly port?: number | undefined;
  /** Milliseconds that each operation takes; 0 unless given. */
  readonly latency?: number | undefined;
  /** Milliseconds until a push is answered; 2000 unless given. */
  readonly pushDelay?: number | undefined;
  /** Wrong passwords in a row after which an account is locked; unlimited unless given. */
  readonly lockoutThreshold?: number | undefined;
  /** Whether JumpCloud's REST API and Directory Insights are served as well, over HTTP. */
  readonly api?: boolean | undefined;
}

/** What arrived at the stand-in since its start, whatever became of it. */
export interface Received {
  readonly connections: number;
  readonly binds: number;
  readonly searches: number;
  /** Names of the latest binds, at most a thousand, the oldest first. */
  readonly bindNames: readonly string[];
}

/** An LDAPS server on 127.0.0.1 that behaves like JumpCloud, with invented people. */
export interface JumpCloudStandIn extends AsyncDisposable {
  /** `ldaps://127.0.0.1:PORT`. */
  readonly url: string;
  /** The certificate authority of its certificate, in PEM. */
  readonly ca: string;
  readonly orgId: string;
  /** `o=ORG_ID,dc=jumpcloud,dc=com`. */
  readonly baseDN: string;
  /** Where people and groups are. */
  readonly usersDN: string;
  /** The account that may search. */
  readonly reader: { readonly dn: string; readonly password: string };
  /** What a configuration of Jumpgate needs below `upstream`; {@link JumpCloudStandIn.ca} belongs to it. */
  readonly upstream: UpstreamConfig;
  readonly received: Received;
  /** Milliseconds that each operation takes. */
  latency: number;
  /** What goes wrong from now on. */
  fault: StandInFault;
  /** The DN of a person, escaped. */
  dn(uid: string): string;
  /** @throws an Error if there is one already */
  addPerson(person: StandInPerson): void;
  /** @throws an Error if there is none */
  removePerson(uid: string): void;
  /** Changes what is given; undefined: as it should be. @throws an Error if there is no such person */
  setState(uid: string, state: AccountState): void;
  /** @throws an Error if there is no such person */
  setPassword(uid: string, password: string): void;
  /** The group is made if there is none. @throws an Error if there is no such person */
  addToGroup(group: string, uid: string): void;
  /** @throws an Error if there is no such group */
  removeFromGroup(group: string, uid: string): void;
  /** Cuts every connection, as a restart would. */
  dropConnections(): void;
  /** Stops listening and ends every connection. */
  stop(): Promise<void>;
}
