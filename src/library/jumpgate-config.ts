// The configuration as a program writes it. Made by npm run docs from the schema and the comments of config/jumpgate.example.yaml.

/**
 * The keys of the configuration file, with the same names and meanings. All have defaults except a few below `upstream`. Durations are
 * text such as `'30s'`, sizes are bytes or text such as `'64KiB'`, addresses are text such as `'127.0.0.1:1389'` (port 0: a free one).
 * Paths of files are relative to the working folder.
 *
 * Two defaults differ from those of `jumpgate serve`: `ops.http` is off, and `log.format` is `json`.
 */
export interface JumpgateConfig {
  /**
   * Where applications connect. Sockets that systemd passes (socket activation: docs/deploy.md) replace the addresses
   * here.
   */
  readonly listen?: ListenConfig | undefined;
  /** JumpCloud. */
  readonly upstream?: UpstreamConfig | undefined;
  /**
   * Who gets in: the members of this group, by its name or DN (case and repeated spaces are ignored, every other
   * character counts). `group: wayk-users` is short for the first key.
   */
  readonly group?: string | GroupConfig | undefined;
  /** What applications see. */
  readonly local?: LocalConfig | undefined;
  /**
   * Attributes that differ from JumpCloud's, each with its rule: the name of another attribute ({ sshPublicKey: sshKey
   * }), a template of others ("{givenName} {sn}"), a constant ({ value: /bin/bash }), or false to hide it.
   */
  readonly attributes?: Readonly<Record<string, AttributeRule>> | undefined;
  /**
   * Applications that each have their own gate, names and listeners, instead of the one app of the keys above. That one
   * stays, and comes first, if group is set; an app inherits what it omits from local and binds, but not baseDN and
   * service accounts. All apps share the reader, the copy, the connections and the count of each account's wrong
   * passwords. Listeners are the app's own (listen), or those above, which the others share: there the base decides
   * which app a connection belongs to, then the service account; a bare user name belongs to the first such app.
   * config/apps.example.yaml has five apps. In a variable (JUMPGATE_APPS) or with --set the list is YAML or JSON.
   * @defaultValue `[]`
   */
  readonly apps?: readonly AppConfig[] | undefined;
  /** The copy of the members that searches are answered from. */
  readonly directory?: DirectoryConfig | undefined;
  /** Password checks. */
  readonly binds?: BindsConfig | undefined;
  /**
   * What several instances behind a load balancer share in a store, Valkey or Redis (7 or later): docs/fleet.md.
   * Without it, each one counts for itself, and none of it is loaded.
   */
  readonly fleet?: FleetConfig | undefined;
  /** For operators. */
  readonly ops?: OpsConfig | undefined;
  readonly log?: LogConfig | undefined;
}

/** The keys below `listen`. */
export interface ListenConfig {
  /**
   * Cleartext and, with a certificate, StartTLS. Change the address to let other machines connect; then also set tls
   * and requireTls.
   * @defaultValue `'127.0.0.1:1389'`
   */
  readonly ldap?: false | number | string | undefined;
  /**
   * LDAPS, for example 0.0.0.0:1636. Requires tls. false: not offered.
   * @defaultValue `false`
   */
  readonly ldaps?: false | number | string | undefined;
  /** The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible. */
  readonly tls?: ListenTlsConfig | undefined;
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   */
  readonly ldapi?: ListenLdapiConfig | undefined;
  /**
   * The addresses and networks of load balancers that send a PROXY header (version 1 or 2) on each connection, for
   * example [10.0.0.5, 192.168.0.0/16]. Limits and the log then use the client's own address. Connections from
   * elsewhere must not send one.
   * @defaultValue `false`
   */
  readonly proxyProtocol?: false | readonly string[] | undefined;
  /**
   * true: a bind in cleartext is refused with 13, and its password is not checked. Set it whenever clients connect over
   * a network.
   * @defaultValue `false`
   */
  readonly requireTls?: boolean | undefined;
  /** Limits for one client and for all of them together. The defaults suit a machine with a few hundred users. */
  readonly limits?: ListenLimitsConfig | undefined;
}

/** The keys below `listen.tls`. */
export interface ListenTlsConfig {
  /** The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible. */
  readonly certFile: string;
  /** The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible. */
  readonly keyFile: string;
  /** If set, only clients with a certificate from these authorities (PEM) can connect over TLS. */
  readonly clientCaFile?: string | undefined;
  /**
   * TLS versions that are offered: TLSv1.2 and TLSv1.3, nothing older. Set maxVersion to TLSv1.2 for a client that
   * hangs with TLS 1.3.
   * @defaultValue `'TLSv1.2'`
   */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /**
   * TLS versions that are offered: TLSv1.2 and TLSv1.3, nothing older. Set maxVersion to TLSv1.2 for a client that
   * hangs with TLS 1.3.
   * @defaultValue `'TLSv1.3'`
   */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /**
   * Cipher suites of TLS 1.2 in OpenSSL's notation, for clients from 2012 that only know CBC or DHE. By default only
   * suites with forward secrecy and authenticated encryption are offered; check warns about a list that allows others.
   */
  readonly ciphers?: string | undefined;
}

/** The keys below `listen.ldapi`. */
export interface ListenLdapiConfig {
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   */
  readonly path?: string | undefined;
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   * @defaultValue `'0600'`
   */
  readonly mode?: string | undefined;
  /**
   * The account for a SASL EXTERNAL bind. It sees everything, so keep others out by the mode. Without it, EXTERNAL is
   * not offered.
   */
  readonly external?: string | undefined;
}

/** The keys below `listen.limits`. */
export interface ListenLimitsConfig {
  /**
   * Total number of connections. Raise it for applications that keep one per user.
   * @defaultValue `10000`
   */
  readonly connections?: number | undefined;
  /**
   * Connections from one address: half of the total by default. Lower it if many machines share this endpoint. Limits
   * per address count an IPv6 address by its /64, and an IPv4-mapped address as the IPv4 address.
   * @defaultValue `5000`
   */
  readonly connectionsPerAddress?: number | undefined;
  /**
   * Of these, connections that have never bound successfully and have no bind in progress: the oldest is closed for the
   * next one.
   * @defaultValue `1000`
   */
  readonly unboundPerAddress?: number | undefined;
  /**
   * A connection that has never bound successfully is closed after this time. When no connection is left, the oldest of
   * them is closed first. 0s: never. Raise it only for an application that opens connections long before the first
   * login.
   * @defaultValue `'60s'`
   */
  readonly unboundTime?: string | undefined;
  /**
   * Bytes of one message after a bind. Raise it only for an application that sends filters of megabytes.
   * @defaultValue `'1MiB'`
   */
  readonly messageBytes?: number | string | undefined;
  /**
   * Bytes of one message before a bind. A bind is small; there is no usual reason to change it.
   * @defaultValue `'64KiB'`
   */
  readonly messageBytesBeforeBind?: number | string | undefined;
  /**
   * Time from a message's first byte to its last, and for a client to read pending responses. Raise it on slow
   * connections.
   * @defaultValue `'30s'`
   */
  readonly messageTime?: string | undefined;
  /**
   * For the TLS handshake.
   * @defaultValue `'10s'`
   */
  readonly handshakeTime?: string | undefined;
  /**
   * A client without requests for this long is disconnected with a Notice of Disconnection. 0s: never. Many programs
   * keep a connection for hours, and TCP's keep-alive detects dead ones; lower it if clients forget to close.
   * @defaultValue `'12h'`
   */
  readonly idleTime?: string | undefined;
  /**
   * Operations of one connection that run at the same time; further requests wait.
   * @defaultValue `500`
   */
  readonly pendingOperations?: number | undefined;
  /**
   * Bytes of one connection's running requests, and of responses that it has not read. Beyond this, further requests
   * are not read.
   * @defaultValue `'1MiB'`
   */
  readonly pendingBytes?: number | string | undefined;
  /**
   * Bytes of running requests from one address, and from all; a search takes up to fifteen times as much memory. A
   * request beyond this gets 51 (busy).
   * @defaultValue `'4MiB'`
   */
  readonly pendingBytesPerAddress?: number | string | undefined;
  /**
   * Bytes of running requests from one address, and from all; a search takes up to fifteen times as much memory. A
   * request beyond this gets 51 (busy).
   * @defaultValue `'16MiB'`
   */
  readonly pendingBytesInAll?: number | string | undefined;
  /**
   * Bytes of incomplete messages and of unread responses, of one address and of all. Beyond this, a client that has
   * bound successfully waits; any other is disconnected.
   * @defaultValue `'16MiB'`
   */
  readonly keptBytesPerAddress?: number | string | undefined;
  /**
   * Bytes of incomplete messages and of unread responses, of one address and of all. Beyond this, a client that has
   * bound successfully waits; any other is disconnected.
   * @defaultValue `'64MiB'`
   */
  readonly keptBytesInAll?: number | string | undefined;
  /**
   * Maximum number of entries of one search (then 4, sizeLimitExceeded).
   * @defaultValue `100000`
   */
  readonly searchEntries?: number | undefined;
  /**
   * Maximum duration of one search, whatever the client allows (then 3, timeLimitExceeded). 0s: no limit.
   * @defaultValue `'30s'`
   */
  readonly searchTime?: string | undefined;
  /**
   * About how many values one search may compare (then 11, adminLimitExceeded): a few seconds of CPU time. 0: no limit.
   * Raise it for filters of hundreds of parts over a large group.
   * @defaultValue `100000000`
   */
  readonly searchWork?: number | undefined;
  /**
   * Entries that server-side sorting may hold in memory, for all clients together; half as many for one address, a
   * quarter for one connection (then 11). An entry takes about a kilobyte while it is sorted.
   * @defaultValue `250000`
   */
  readonly rankedEntries?: number | undefined;
  /**
   * Time to finish running operations when the process stops.
   * @defaultValue `'10s'`
   */
  readonly drainTime?: string | undefined;
}

/** The keys below `upstream`. */
export interface UpstreamConfig {
  /**
   * The first one that is up is used; the next takes over during an outage. For MFA:
   * ldaps://ldap-mfa.jumpcloud.com:636; its results are never cached, and no bind is sent to it twice. An account
   * belongs to one region: ldap.eu.jumpcloud.com goes with console.eu.jumpcloud.com, ldap.in.jumpcloud.com with
   * console.in.jumpcloud.com; hosts of another region refuse it (49).
   * @defaultValue `["ldaps://ldap.jumpcloud.com:636"]`
   */
  readonly urls?: readonly string[] | undefined;
  /**
   * A certificate authority (PEM) instead of the system's. JumpCloud's certificate is publicly trusted; set this behind
   * a TLS-inspecting firewall.
   */
  readonly caFile?: string | undefined;
  /**
   * true: ldap:// URLs (port 389) use StartTLS, for firewalls that block 636. Nothing is sent before TLS is verified.
   * @defaultValue `false`
   */
  readonly startTLS?: boolean | undefined;
  readonly tls?: UpstreamTlsConfig | undefined;
  /**
   * The organisation: the 24 hexadecimal digits after o= in the console (Settings, or the LDAP directory's details),
   * alone or as the base DN from another form (ou=Users,o=…,dc=jumpcloud,dc=com). Required.
   */
  readonly orgId?: string | undefined;
  /** Instead of orgId if the tree is not JumpCloud's: the base above ou=Users. */
  readonly baseDN?: string | undefined;
  /**
   * The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn,
   * and password or passwordFile.
   */
  readonly reader?: UpstreamReaderConfig | undefined;
  /**
   * JumpCloud's REST API, which says why it refused a user. Optional, read-only, and never in the path of a login:
   * docs/jumpcloud-api.md lists the roles that it needs.
   */
  readonly api?: UpstreamApiConfig | undefined;
  /**
   * Time to open a connection, including TLS.
   * @defaultValue `'5s'`
   */
  readonly connectTime?: string | undefined;
  /**
   * Time for one operation upstream; no bind waits longer. Default with a host ldap-mfa.…: 65s, because a push may take
   * that long.
   */
  readonly operationTime?: string | undefined;
  /**
   * Maximum number of connections for password checks. Each does one bind at a time; raise it when the log says
   * upstream-busy.
   * @defaultValue `32`
   */
  readonly bindConnections?: number | undefined;
  /**
   * Connections that are kept open for the next login. 0: none is opened before it is needed.
   * @defaultValue `2`
   */
  readonly warmConnections?: number | undefined;
  /**
   * true: ldap:// upstream is allowed, and passwords are sent in cleartext. Only for test environments.
   * @defaultValue `false`
   */
  readonly allowCleartext?: boolean | undefined;
}

/** The keys below `upstream.tls`. */
export interface UpstreamTlsConfig {
  /** A client certificate (PEM) and its key, if the upstream requires one. */
  readonly certFile?: string | undefined;
  /** A client certificate (PEM) and its key, if the upstream requires one. */
  readonly keyFile?: string | undefined;
  /**
   * Public keys that the upstream may have: SHA-256, base64 (`jumpgate check` prints it). Checked as well as the
   * authority and the name. Add the next key before the upstream changes it, or nobody can log in.
   * @defaultValue `[]`
   */
  readonly pin?: readonly string[] | undefined;
}

/** The keys below `upstream.reader`. */
export interface UpstreamReaderConfig {
  /**
   * The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn,
   * and password or passwordFile.
   */
  readonly user?: string | undefined;
  /** The full DN, if user is not enough. */
  readonly dn?: string | undefined;
  /**
   * Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line
   * ends after it are not part of the password. With --set other users may see it.
   */
  readonly password?: string | undefined;
  /**
   * Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line
   * ends after it are not part of the password. With --set other users may see it.
   */
  readonly passwordFile?: string | undefined;
}

/** The keys below `upstream.api`. */
export interface UpstreamApiConfig {
  /**
   * A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that
   * others cannot read.
   */
  readonly clientId?: string | undefined;
  /**
   * A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that
   * others cannot read.
   */
  readonly clientSecret?: string | undefined;
  /**
   * A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that
   * others cannot read.
   */
  readonly clientSecretFile?: string | undefined;
  /** Or the API key of an administrator, instead of both. */
  readonly key?: string | undefined;
  /** Or the API key of an administrator, instead of both. */
  readonly keyFile?: string | undefined;
  /** standard, eu or in: the tenant's region. By default as in upstream.urls. */
  readonly region?: 'standard' | 'eu' | 'in' | undefined;
  /** Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint. */
  readonly urls?: UpstreamApiUrlsConfig | undefined;
  /** The organisation, for a key with access to several (x-org-id). */
  readonly orgId?: string | undefined;
}

/** The keys below `upstream.api.urls`. */
export interface UpstreamApiUrlsConfig {
  /** Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint. */
  readonly console?: string | undefined;
  /** Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint. */
  readonly api?: string | undefined;
  /** Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint. */
  readonly token?: string | undefined;
}

/** The keys below `group`. */
export interface GroupConfig {
  /**
   * Who gets in: the members of this group, by its name or DN (case and repeated spaces are ignored, every other
   * character counts). `group: wayk-users` is short for the first key.
   * @defaultValue `'wayk-users'`
   */
  readonly name?: string | undefined;
  /**
   * true: everybody in the organisation's LDAP directory gets in, whatever the name says.
   * @defaultValue `false`
   */
  readonly everyone?: boolean | undefined;
}

/** The keys below `local`. */
export interface LocalConfig {
  /**
   * The suffix of the local names. By default JumpCloud's own. Set it for applications that expect another layout, or
   * to hide JumpCloud's names.
   */
  readonly baseDN?: string | undefined;
  /**
   * What entries look like: jumpcloud (as JumpCloud has them), posix (posixAccount and posixGroup), activedirectory
   * (user and group, for applications that only understand that; requires a baseDN of dc= parts only).
   * @defaultValue `'jumpcloud'`
   */
  readonly face?: 'jumpcloud' | 'posix' | 'activedirectory' | undefined;
  /**
   * The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.
   * @defaultValue `'ou=Users'`
   */
  readonly users?: string | undefined;
  /**
   * The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.
   * @defaultValue `'ou=Groups'`
   */
  readonly groups?: string | undefined;
  /**
   * What is accepted as a bind name besides a DN: the bare user name, the email address.
   * @defaultValue `["uid","mail"]`
   */
  readonly names?: readonly ('uid' | 'mail')[] | undefined;
  /**
   * Domains of user names that come as ada@example.com or EXAMPLE\ada, for applications that were set up for Active
   * Directory; case is ignored. A name that is an email address belongs to the owner of that address, even if another
   * user has the part before the @ as user name; if it is not a member's address, it is looked up upstream first.
   * (Without mail in names, it is always a user name.) For example [example.com, EXAMPLE].
   * @defaultValue `[]`
   */
  readonly domains?: readonly string[] | undefined;
  /**
   * What JumpCloud says about a password (it expires soon; how many logins are left) is passed on with each login whose
   * client asks for it. true: also with refusals (the account is locked, the password has expired). That reveals to a
   * guesser that the account exists, so it is off.
   * @defaultValue `false`
   */
  readonly tellPolicy?: boolean | undefined;
  /**
   * true: each refused login has a reference in its diagnostic message ("reference k3x7q2ab") that log, audit file,
   * `jumpgate watch`, the page and /operations can find. It is random and reveals nothing. If off, all refusals have
   * the same bytes.
   * @defaultValue `false`
   */
  readonly tellReference?: boolean | undefined;
  /**
   * With face: activedirectory. true: a refused login says why in its diagnostic message, as Active Directory does
   * (data 52e, 775, …). Some of these reasons reveal to a guesser that the account exists, so it is off.
   * @defaultValue `false`
   */
  readonly tellReasons?: boolean | undefined;
  /**
   * How groups name their members: groupOfNames (member), groupOfUniqueNames (uniqueMember), posixGroup (memberUid and
   * gidNumber). Each group gets all classes listed here; with posixGroup also the number of JumpCloud's separate Linux
   * group, which then has no entry of its own.
   * @defaultValue `["groupOfNames"]`
   */
  readonly groupClasses?: readonly ('groupOfNames' | 'groupOfUniqueNames' | 'posixGroup')[] | undefined;
  readonly search?: LocalSearchConfig | undefined;
  /**
   * Accounts that exist only here and see every member, for applications that search with their own account. Give one
   * of password, passwordFile and passwordHash (made by `jumpgate hash`). Choose names outside the users' container:
   * there, response times do not reveal which of them exist. The reader is always such an account. - dn:
   * cn=gitlab,dc=example,dc=com passwordHash: $scrypt$…
   * @defaultValue `[]`
   */
  readonly serviceAccounts?: readonly ServiceAccountConfig[] | undefined;
  /**
   * A file with such a list, in YAML or JSON, whose accounts are added to them: for a mounted secret in a set-up
   * without a configuration file (JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE; JUMPGATE_LOCAL_SERVICE_ACCOUNTS takes the list
   * itself).
   */
  readonly serviceAccountsFile?: string | undefined;
}

/** The keys below `local.search`. */
export interface LocalSearchConfig {
  /**
   * What users find after binding as themselves: self (their own entry and groups), all (every member), none.
   * @defaultValue `'self'`
   */
  readonly users?: 'self' | 'all' | 'none' | undefined;
}

/** The keys below `directory`. */
export interface DirectoryConfig {
  /**
   * Time from one read to the next, give or take a tenth. A removed member loses access with the next read, or after
   * membershipAge if the group is gone or has lost more than half of its members. Raise both if JumpCloud complains.
   * @defaultValue `'30s'`
   */
  readonly refresh?: string | undefined;
  /**
   * If JumpCloud could not be read for this long, binds and searches get 52, and /readyz answers 503. (Binds continue,
   * each with a look-up, if JumpCloud answers and only the list is too large for it or for directory.limits. The list
   * is tried again at each refresh, then less often, up to every 5 min.)
   * @defaultValue `'1h'`
   */
  readonly maxStale?: string | undefined;
  /**
   * A copy older than this no longer decides who is a member: each bind then also asks JumpCloud. Not shorter than
   * refresh.
   * @defaultValue `'60s'`
   */
  readonly membershipAge?: string | undefined;
  /**
   * How long a read that finds a group missing, or less than half of its members, is not accepted.
   * @defaultValue `'60s'`
   */
  readonly doubt?: string | undefined;
  /**
   * Attributes that are never shown, besides password material, for example [homeDirectory, loginShell].
   * @defaultValue `[]`
   */
  readonly hiddenAttributes?: readonly string[] | undefined;
  /**
   * The maximum size of one read, counted as it arrives; beyond it, the read ends and the previous copy stays. 512 MiB
   * suffice for 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (96 × 96 pixels) each; 150 MiB
   * without photos. Raise the limits for more members or larger photos, and the memory of the process with them; lower
   * them if memory is short.
   */
  readonly limits?: DirectoryLimitsConfig | undefined;
}

/** The keys below `directory.limits`. */
export interface DirectoryLimitsConfig {
  /**
   * The maximum size of one read, counted as it arrives; beyond it, the read ends and the previous copy stays. 512 MiB
   * suffice for 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (96 × 96 pixels) each; 150 MiB
   * without photos. Raise the limits for more members or larger photos, and the memory of the process with them; lower
   * them if memory is short.
   * @defaultValue `'512MiB'`
   */
  readonly octets?: number | string | undefined;
  /**
   * Members, groups, and the end of each page of 500.
   * @defaultValue `200000`
   */
  readonly entries?: number | undefined;
  /**
   * One entry. The group itself is the largest: about 80 bytes for each member.
   * @defaultValue `'16MiB'`
   */
  readonly entryOctets?: number | string | undefined;
}

/** The keys below `binds`. */
export interface BindsConfig {
  readonly cache?: BindsCacheConfig | undefined;
  /**
   * A refused password is sent upstream again after this pause, then after 30, 120, 360 and 1,440 times as long, so
   * that a phone with an old one cannot lock the account; immediately if another password was accepted or the account
   * has changed. 0s: always immediately.
   * @defaultValue `'60s'`
   */
  readonly refusedTtl?: string | undefined;
  /**
   * How many wrong passwords of one account reach JumpCloud in any accountWindow; one more from an address where the
   * account logged in recently, which others' guesses do not use up. Keep failuresPerAccount two below JumpCloud's
   * lock-out, and accountWindow as long as it counts. The same limit applies to passwords that Jumpgate checks itself
   * (service accounts, the reader), per account and address, in each window.
   * @defaultValue `3`
   */
  readonly failuresPerAccount?: number | undefined;
  /**
   * How many wrong passwords of one account reach JumpCloud in any accountWindow; one more from an address where the
   * account logged in recently, which others' guesses do not use up. Keep failuresPerAccount two below JumpCloud's
   * lock-out, and accountWindow as long as it counts. The same limit applies to passwords that Jumpgate checks itself
   * (service accounts, the reader), per account and address, in each window.
   * @defaultValue `'30m'`
   */
  readonly accountWindow?: string | undefined;
  /**
   * true: both stay below the tenant's own lock-out (Settings › Security), which Jumpgate reads through upstream.api at
   * the start and once an hour: the limit two below it, the window as long as it counts. This only makes them stricter;
   * the values here apply until it is known. For a tenant whose counter never resets automatically the window is 24h,
   * so nobody is shut out for good.
   * @defaultValue `false`
   */
  readonly fromTenant?: boolean | undefined;
  /**
   * Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share
   * one address, such as an application server.
   * @defaultValue `100`
   */
  readonly failuresPerAddress?: number | undefined;
  /**
   * Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share
   * one address, such as an application server.
   * @defaultValue `'60s'`
   */
  readonly window?: string | undefined;
}

/** The keys below `binds.cache`. */
export interface BindsCacheConfig {
  /**
   * How long the same password is not sent to JumpCloud again. 0s: each bind is verified upstream.
   * @defaultValue `'30s'`
   */
  readonly ttl?: string | undefined;
  /**
   * Maximum number of accounts with cached results.
   * @defaultValue `10000`
   */
  readonly entries?: number | undefined;
  /**
   * How long after ttl an accepted password is still valid while JumpCloud cannot be reached. 0s: never.
   * @defaultValue `'0s'`
   */
  readonly staleIfError?: string | undefined;
}

/** The keys below `fleet`. */
export interface FleetConfig {
  /** rediss:// is TLS. redis:// and unix:///path only lead to this machine. */
  readonly url: string;
  /** The user, if the store has an access control list. */
  readonly user?: string | undefined;
  /** The store's password, better in a file: one line that others cannot read. */
  readonly password?: string | undefined;
  /** The store's password, better in a file: one line that others cannot read. */
  readonly passwordFile?: string | undefined;
  /**
   * The same for all instances, and secret: everything in the store is named and sealed with it. Make one with: openssl
   * rand -hex 32
   */
  readonly key?: string | undefined;
  /**
   * The same for all instances, and secret: everything in the store is named and sealed with it. Make one with: openssl
   * rand -hex 32
   */
  readonly keyFile?: string | undefined;
  /** A certificate authority (PEM) instead of the system's. */
  readonly caFile?: string | undefined;
  /**
   * How long a login waits for the store; then, and until the store answers in time again, this instance decides by its
   * own counts.
   * @defaultValue `'50ms'`
   */
  readonly decisionTime?: string | undefined;
  /**
   * true: an accepted password is accepted by all instances for binds.cache.ttl, if the account is among their own
   * members.
   * @defaultValue `false`
   */
  readonly verdicts?: boolean | undefined;
  /**
   * Prefix of the key names in the store.
   * @defaultValue `'jumpgate'`
   */
  readonly prefix?: string | undefined;
  /** The name of this instance for the others. Default: the hostname. */
  readonly instance?: string | undefined;
}

/** The keys below `ops`. */
export interface OpsConfig {
  /**
   * HTTP with the live page (/), /metrics, /events, /operations, /healthz and /readyz. false: none. Without a token
   * only on loopback; with one it may be, for example, 0.0.0.0:9389, behind TLS or in its own network.
   * @defaultValue `false`
   */
  readonly http?: false | number | string | undefined;
  /**
   * Required for everything but /healthz and /readyz: Authorization: Bearer …, or once /?token=… in a browser. Without
   * it, an instance makes its own for actions (purge, explain), in a file that only its user and root can read. Better
   * in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32
   */
  readonly token?: string | undefined;
  /**
   * Required for everything but /healthz and /readyz: Authorization: Bearer …, or once /?token=… in a browser. Without
   * it, an instance makes its own for actions (purge, explain), in a file that only its user and root can read. Better
   * in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32
   */
  readonly tokenFile?: string | undefined;
}

/** The keys below `log`. */
export interface LogConfig {
  /**
   * The least severe lines that `log` of {@link StartOptions} gets.
   * @defaultValue `'info'`
   */
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' | undefined;
  /**
   * How lines are written, where `log` of {@link StartOptions} is a stream.
   * @defaultValue `'json'`
   */
  readonly format?: 'auto' | 'json' | 'pretty' | 'logfmt' | undefined;
  /**
   * A file with one line of JSON for each decision about a bind, whatever the level; created with mode 0600. Repeated
   * refusals are grouped once a minute by account, address and reason, with their number. kill -HUP opens it again, for
   * log rotation. A line that cannot be written immediately (a full disk, a slow pipe) is lost, counted and reported.
   */
  readonly audit?: string | undefined;
}

/** One app among several: what it leaves out is inherited from the top level. */
export interface AppConfig {
  /** Its name in log, metrics and page: a-z, 0-9 and -, at most 32. */
  readonly name: string;
  /** Who gets in: the members of any of these groups, by their names or DNs. */
  readonly groups?: readonly string[] | undefined;
  /** true: everybody in the organisation's LDAP directory gets in, whatever groups are listed. */
  readonly everyone?: boolean | undefined;
  /**
   * Its own listeners: ldap, ldaps and ldapi, none by default. Certificate, limits and everything else below listen are
   * shared.
   */
  readonly listen?: AppListenConfig | undefined;
  /**
   * Like the top level's local, for this app. With another face than local.face, users, groups and groupClasses are not
   * inherited: the face's are used.
   */
  readonly local?: AppLocalConfig | undefined;
  /** Like local.serviceAccounts, for this app only; a name may occur once in all apps. */
  readonly serviceAccounts?: readonly ServiceAccountConfig[] | undefined;
  /** Like local.serviceAccountsFile, for this app only. */
  readonly serviceAccountsFile?: string | undefined;
  /** Like the top level's attributes, for this app only. */
  readonly attributes?: Readonly<Record<string, AttributeRule>> | undefined;
  /** Never shown in this app, besides directory.hiddenAttributes. */
  readonly hiddenAttributes?: readonly string[] | undefined;
  /** Like the top level's binds, for this app's own count of wrong passwords from one address. */
  readonly binds?: AppBindsConfig | undefined;
}

/** The keys below `apps[].listen`. */
export interface AppListenConfig {
  /**
   * Cleartext and, with a certificate, StartTLS. Change the address to let other machines connect; then also set tls
   * and requireTls.
   */
  readonly ldap?: false | number | string | undefined;
  /** LDAPS, for example 0.0.0.0:1636. Requires tls. false: not offered. */
  readonly ldaps?: false | number | string | undefined;
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   */
  readonly ldapi?: AppListenLdapiConfig | undefined;
}

/** The keys below `apps[].listen.ldapi`. */
export interface AppListenLdapiConfig {
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   */
  readonly path?: string | undefined;
  /**
   * A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An
   * existing file is only replaced if it is a socket.
   */
  readonly mode?: string | undefined;
  /**
   * The account for a SASL EXTERNAL bind. It sees everything, so keep others out by the mode. Without it, EXTERNAL is
   * not offered.
   */
  readonly external?: string | undefined;
}

/** The keys below `apps[].local`. */
export interface AppLocalConfig {
  /**
   * The suffix of the local names. By default JumpCloud's own. Set it for applications that expect another layout, or
   * to hide JumpCloud's names.
   */
  readonly baseDN?: string | undefined;
  /**
   * What entries look like: jumpcloud (as JumpCloud has them), posix (posixAccount and posixGroup), activedirectory
   * (user and group, for applications that only understand that; requires a baseDN of dc= parts only).
   */
  readonly face?: 'jumpcloud' | 'posix' | 'activedirectory' | undefined;
  /** The containers below baseDN. Without baseDN both are JumpCloud's ou=Users. */
  readonly users?: string | undefined;
  /** The containers below baseDN. Without baseDN both are JumpCloud's ou=Users. */
  readonly groups?: string | undefined;
  /** What is accepted as a bind name besides a DN: the bare user name, the email address. */
  readonly names?: readonly ('uid' | 'mail')[] | undefined;
  /**
   * Domains of user names that come as ada@example.com or EXAMPLE\ada, for applications that were set up for Active
   * Directory; case is ignored. A name that is an email address belongs to the owner of that address, even if another
   * user has the part before the @ as user name; if it is not a member's address, it is looked up upstream first.
   * (Without mail in names, it is always a user name.) For example [example.com, EXAMPLE].
   */
  readonly domains?: readonly string[] | undefined;
  /**
   * What JumpCloud says about a password (it expires soon; how many logins are left) is passed on with each login whose
   * client asks for it. true: also with refusals (the account is locked, the password has expired). That reveals to a
   * guesser that the account exists, so it is off.
   */
  readonly tellPolicy?: boolean | undefined;
  /**
   * true: each refused login has a reference in its diagnostic message ("reference k3x7q2ab") that log, audit file,
   * `jumpgate watch`, the page and /operations can find. It is random and reveals nothing. If off, all refusals have
   * the same bytes.
   */
  readonly tellReference?: boolean | undefined;
  /**
   * With face: activedirectory. true: a refused login says why in its diagnostic message, as Active Directory does
   * (data 52e, 775, …). Some of these reasons reveal to a guesser that the account exists, so it is off.
   */
  readonly tellReasons?: boolean | undefined;
  /**
   * How groups name their members: groupOfNames (member), groupOfUniqueNames (uniqueMember), posixGroup (memberUid and
   * gidNumber). Each group gets all classes listed here; with posixGroup also the number of JumpCloud's separate Linux
   * group, which then has no entry of its own.
   */
  readonly groupClasses?: readonly ('groupOfNames' | 'groupOfUniqueNames' | 'posixGroup')[] | undefined;
  readonly search?: AppLocalSearchConfig | undefined;
}

/** The keys below `apps[].local.search`. */
export interface AppLocalSearchConfig {
  /** What users find after binding as themselves: self (their own entry and groups), all (every member), none. */
  readonly users?: 'self' | 'all' | 'none' | undefined;
}

/** The keys below `apps[].binds`. */
export interface AppBindsConfig {
  /**
   * Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share
   * one address, such as an application server.
   */
  readonly failuresPerAddress?: number | undefined;
  /**
   * Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share
   * one address, such as an application server.
   */
  readonly window?: string | undefined;
}

/** An account that exists only here, with its password in exactly one of the three forms. */
export interface ServiceAccountConfig {
  readonly dn: string;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordHash?: string | undefined;
}

/**
 * How one attribute is made: the name of another attribute, a template such as `{givenName} {sn}`, `false` (hidden), or the long form of
 * either or of a constant value, with the entries that it is for.
 */
export type AttributeRule =
  | string
  | false
  | { readonly from: string; readonly for?: 'users' | 'groups' | 'all' }
  | { readonly value: string | readonly string[]; readonly for?: 'users' | 'groups' | 'all' };
