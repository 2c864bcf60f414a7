// The state of every part, as /readyz says it and as metrics and page show it. Collected when somebody asks.

/** How long a certificate is valid. */
export interface CertificateState {
  /** ISO 8601. */
  readonly notAfter: string;
  /** Whole days; negative once it has expired. */
  readonly daysLeft: number;
}

/** The state of JumpCloud's API, where it is asked. Logins work without it. */
export interface CloudState {
  /** It answers as a whole; absent before the first answer. */
  readonly up?: boolean;
  /** Why it does not. */
  readonly trouble?: CloudTroubleState;
  /** Calls of some kinds that are refused, while others are not. */
  readonly refusals?: readonly CloudTroubleState[];
  readonly callsLastHour: number;
  /** The reader's own account, as the console has it; absent while it is not known. */
  readonly reader?: {
    readonly faults: readonly { readonly text: string; readonly remedy: string }[];
    /** ISO 8601: when its password expires; absent if it does not. */
    readonly passwordExpires?: string;
  };
}

/** Why calls of JumpCloud's API fail, and what to do about it. */
export interface CloudTroubleState {
  /** `away`, `slow`, `busy`, `refused` or `garbled`. */
  readonly fault: string;
  /** Of the newest call. */
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
  readonly remedy: string;
}

/** One address of JumpCloud's LDAP, as the connections for password checks find it. */
export interface UpstreamAddressState {
  /** `host:port`. */
  readonly address: string;
  readonly healthy: boolean;
  /** In a row. */
  readonly failures: number;
  /** Since the first of them; absent while it is up. */
  readonly downSeconds?: number;
  readonly connections: number;
  readonly certificate?: CertificateState;
}

/** What was asked of JumpCloud's API. */
export interface CloudCounts {
  /** How calls have ended. */
  readonly calls: ReadonlyMap<string, number>;
  readonly lastHour: number;
  readonly lastError: string | undefined;
  /** Nothing is asked for a while: the credentials were refused. */
  readonly isStopped: boolean;
  /** Refusals with a reason of JumpCloud's own. */
  readonly found: readonly { readonly reason: string; readonly app: string | undefined; readonly count: number }[];
  /** Refusals that it was not asked about, by why. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What became of JumpCloud's events. Times are milliseconds. */
  readonly revocation: RevocationCounts | undefined;
}

/** Members whom JumpCloud has not finished: what the last comparison of its API with its LDAP has found. */
export interface LagState {
  /** False: nothing is known, and `why` says why. */
  readonly known: boolean;
  readonly why?: string;
  /** ISO 8601. */
  readonly comparedAt?: string;
  /** Should be in LDAP and are not yet; are in LDAP still and should not be. */
  readonly missing?: LagListState;
  readonly left?: LagListState;
  /** Since the oldest of them was seen first; 0 without one. */
  readonly oldestSeconds?: number;
  /** How many groups were compared, and which were not. */
  readonly groups?: number;
  readonly notCompared?: readonly { readonly group: string; readonly why: string }[];
}

/** Members of whom JumpCloud's API and its LDAP do not agree. */
export interface LagListState {
  readonly count: number;
  /** The oldest, at most a hundred; `since` in ISO 8601. */
  readonly members: readonly { readonly name: string; readonly group: string; readonly since: string }[];
}

export interface RevocationCounts {
  /** How polls have ended, and events by what they mean here. */
  readonly polls: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
  /** Sessions that lost their user. */
  readonly sessions: number;
  /** Since the last good poll; undefined before it. */
  readonly age: number | undefined;
  /** From the newest event to its effect, by JumpCloud's clock and this machine's; undefined before the first. */
  readonly delay: number | undefined;
}

/** What this instance shares with others. */
export interface FleetState {
  /** How others call it. */
  readonly instance: string;
  /** The address of the store. */
  readonly store: string;
  /** The store answers in time; and `together`: all instances decide as one. */
  readonly up: boolean;
  readonly together: boolean;
  /** ISO 8601: since when `up` is what it is. */
  readonly since: string;
  readonly trouble?: string;
  /** Password checks that were decided by the store, and by this instance alone. */
  readonly decisions: { readonly store: number; readonly local: number };
  /** How it comes by its directory; left out before it does. */
  readonly reading?: FleetReadingState;
}

/** Who reads the directory for the instances that share a store. */
export interface FleetReadingState {
  /** It reads for all, takes what another one reads, or reads for itself; left out before the first read. */
  readonly role?: 'reader' | 'taker' | 'alone';
  /** Why it is alone, or why the others do not have what it reads. */
  readonly why?: string;
  /** It holds the lease. */
  readonly isReader: boolean;
  /** The newest image in the store that it knows of: its number, who has read it, and since when it is what the upstream said. */
  readonly generation?: number;
  readonly by?: string;
  readonly ageSeconds?: number;
  /** How reads have ended here: for all, taken, taken without news, and alone. */
  readonly reads: Readonly<Record<'shared' | 'taken' | 'repeated' | 'alone', number>>;
}

/** One of the apps that are served. */
export interface AppState {
  readonly name: string;
  /** URLs as they are configured. */
  readonly listeners: readonly string[];
  /** Names of the groups that let people in. Empty where everybody in the directory gets in. */
  readonly groups?: readonly string[];
  /** The base of its tree, as its clients see it. */
  readonly baseDN?: string;
  /** How many may log in, and how many entries can be found; left out before the first read. */
  readonly members?: number;
  readonly entries?: number;
  /** Its groups that let nobody in: they are not there, or empty. */
  readonly missing?: readonly string[];
  /** ISO 8601: logins that were accepted and refused, and other requests; absent for what never was. */
  readonly lastUse: { readonly accepted?: string; readonly refused?: string; readonly other?: string };
}

/** `ready` decides between 200 and 503. */
export interface State {
  readonly ready: boolean;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** How others call this instance: `fleet.instance`, or the host's name. */
  readonly instance?: string;
  /** Of the organisation in JumpCloud. */
  readonly orgId?: string;
  readonly listener: {
    readonly ldap?: string;
    readonly ldaps?: string;
    readonly ldapi?: string;
    readonly startTLS: boolean;
    /** What clients are shown. */
    readonly certificate?: CertificateState;
  };
  readonly snapshot: {
    readonly present: boolean;
    readonly ageSeconds?: number;
    readonly members?: number;
    readonly entries?: number;
    readonly maxStaleSeconds: number;
  };
  readonly upstream: {
    /** By the last read; also true where it answers and its list cannot be read. */
    readonly reachable: boolean;
    readonly lastError?: string;
    /** What to do about it: in one sentence or a few. */
    readonly remedy?: string;
    /** Reads that failed in a row, and for how long; absent while reads succeed. */
    readonly failures?: number;
    readonly failingSeconds?: number;
    /** On account of which the directory is read in parts. */
    readonly searchLimit?: string;
    /** Left out where JumpCloud's API is not asked. */
    readonly lag?: LagState;
    readonly addresses: readonly UpstreamAddressState[];
  };
  /** Connections for password checks. */
  readonly binds: {
    readonly idle: number;
    readonly open: number;
    readonly connecting: number;
    readonly waiting: number;
    readonly size: number;
    readonly lastError?: string;
  };
  /** Left out where this instance is alone. */
  readonly fleet?: FleetState;
  readonly cache: { readonly accounts: number };
  readonly attempts: { readonly refusedByAccount: number; readonly refusedByAddress: number };
  readonly connections: number;
  /** Since the start. */
  readonly connectionsAccepted: number;
  /** In the order of the configuration. */
  readonly apps: readonly AppState[];
  /** Absent where JumpCloud's API is not asked. */
  readonly cloud?: CloudState;
}

const DAY = 86_400_000;

/** `end` and `now` in milliseconds of the wall clock. */
export function certificateState(end: number, now: number): CertificateState {
  return { notAfter: new Date(end).toISOString(), daysLeft: Math.floor((end - now) / DAY) };
}
