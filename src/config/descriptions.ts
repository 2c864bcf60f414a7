// What each key of the configuration is for. Made by npm run docs from the comments of config/jumpgate.example.yaml.

export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  listen:
    'Where applications connect. Sockets that systemd passes (socket activation: docs/deploy.md) take the place of the addresses here.',
  'listen.ldap':
    'Clear text and, with a certificate, StartTLS. Change the address to let other machines in: then set tls and requireTls as well.',
  'listen.ldaps': 'LDAPS, for example 0.0.0.0:1636. Needs tls. false: not offered.',
  'listen.tls': 'The certificate (with its chain) and its key, in PEM. Switches StartTLS on, and makes ldaps possible.',
  'listen.tls.certFile':
    'The certificate (with its chain) and its key, in PEM. Switches StartTLS on, and makes ldaps possible.',
  'listen.tls.keyFile':
    'The certificate (with its chain) and its key, in PEM. Switches StartTLS on, and makes ldaps possible.',
  'listen.tls.clientCaFile':
    'With it, only clients that show a certificate from these authorities (PEM) get in over TLS.',
  'listen.tls.minVersion':
    'Versions of TLS that are offered: TLSv1.2 and TLSv1.3, never anything older. Lower the last one for a client that hangs with TLS 1.3.',
  'listen.tls.maxVersion':
    'Versions of TLS that are offered: TLSv1.2 and TLSv1.3, never anything older. Lower the last one for a client that hangs with TLS 1.3.',
  'listen.tls.ciphers':
    "Cipher suites of TLS 1.2 in OpenSSL's notation, for clients of 2012 that know CBC or DHE only. Without it only suites with forward secrecy and authenticated encryption are offered; check warns of a list that admits others.",
  'listen.ldapi':
    'A socket file for programs on this machine (ldapi://), and its mode: whoever may open it may connect. Only a socket is ever replaced there.',
  'listen.ldapi.path':
    'A socket file for programs on this machine (ldapi://), and its mode: whoever may open it may connect. Only a socket is ever replaced there.',
  'listen.ldapi.mode':
    'A socket file for programs on this machine (ldapi://), and its mode: whoever may open it may connect. Only a socket is ever replaced there.',
  'listen.ldapi.external':
    'The account that a bind by SASL EXTERNAL leads to: everything is in its sight, so let the mode keep others out. Not offered without it.',
  'listen.proxyProtocol':
    "The addresses and networks of load balancers that put a PROXY header (version 1 or 2) in front of each connection, for example [10.0.0.5, 192.168.0.0/16]. The client's own address then counts for limits and stands in the log. Connections from elsewhere have none.",
  'listen.requireTls':
    'true: a bind in clear text is refused with 13, and its password goes nowhere. Set it whenever clients come over a network.',
  'listen.limits': 'What one client, or all of them, may cost. The defaults suit a machine with a few hundred users.',
  'listen.limits.connections': 'Connections in all. Raise it for applications that keep one per user.',
  'listen.limits.connectionsPerAddress':
    'Connections from one address: at most half of all by default. Lower it where many machines share this endpoint. Wherever limits count an address, an IPv6 address counts by its /64, and an IPv4 address in IPv6 as that IPv4 address.',
  'listen.limits.unboundPerAddress':
    'Of them, those that have never proved an identity and do not wait for an answer about one: the oldest is closed for the next.',
  'listen.limits.unboundTime':
    'A connection that has never proved an identity is closed after this time. When there is no room left, the oldest of them is closed first. 0s: never. Raise it only for an application that opens connections long before the first log-in.',
  'listen.limits.messageBytes':
    'Octets of one message after a bind. Raise it only for an application that sends huge filters.',
  'listen.limits.messageBytesBeforeBind':
    'Octets of one message before a bind. A bind is small; there is hardly a reason to change it.',
  'listen.limits.messageTime':
    "From a message's first octet to its last, and for a client to read what waits for it. Raise it on very slow lines.",
  'listen.limits.handshakeTime': 'For the TLS handshake.',
  'listen.limits.idleTime':
    "A client that asks nothing for so long is let go with a Notice of Disconnection. 0s: never. Many programs keep a connection for hours, and dead ones are noticed by TCP's keep-alive; lower it where clients forget to close.",
  'listen.limits.pendingOperations':
    'Operations of one connection that run at the same time; what is behind them waits.',
  'listen.limits.pendingBytes':
    "Octets of one connection's requests under way, and of responses that it has not read. Beyond them its further requests wait unread.",
  'listen.limits.pendingBytesPerAddress':
    'Octets of requests under way from one address, and from all; in memory a search takes up to fifteen times as much. A request beyond them is answered with 51 (busy).',
  'listen.limits.pendingBytesInAll':
    'Octets of requests under way from one address, and from all; in memory a search takes up to fifteen times as much. A request beyond them is answered with 51 (busy).',
  'listen.limits.keptBytesPerAddress':
    'Octets that wait for the rest of their message, or for their client to read them, of one address and of all. Beyond them a client that has proved an identity waits; any other is disconnected.',
  'listen.limits.keptBytesInAll':
    'Octets that wait for the rest of their message, or for their client to read them, of one address and of all. Beyond them a client that has proved an identity waits; any other is disconnected.',
  'listen.limits.searchEntries': 'Entries of one search at most (then 4, sizeLimitExceeded).',
  'listen.limits.searchTime':
    'How long one search may take, whatever the client allows (then 3, timeLimitExceeded). 0s: no limit.',
  'listen.limits.searchWork':
    'Values that one search may compare, about (then 11, adminLimitExceeded): some seconds of CPU time. 0: no limit. Raise it for filters of hundreds of parts over a very large group.',
  'listen.limits.rankedEntries':
    'Entries that server-side sorting may hold in memory, for all clients together; half as many for one address, a quarter for one connection (then 11). An entry takes about a kilobyte while it is sorted.',
  'listen.limits.drainTime': 'For operations under way when the process is told to stop.',
  upstream: 'JumpCloud.',
  'upstream.urls':
    'The first that is well is used; an outage of one is bridged by the next. For MFA: ldaps://ldap-mfa.jumpcloud.com:636; its verdicts are never remembered, and no bind is sent to it twice. An account lives in one region: ldap.eu.jumpcloud.com is that of console.eu.jumpcloud.com, ldap.in.jumpcloud.com that of console.in.jumpcloud.com; the hosts of another region refuse it (49).',
  'upstream.caFile':
    "An authority (PEM) in place of the system's. JumpCloud's certificate is publicly trusted; set this behind a TLS-inspecting firewall.",
  'upstream.startTLS':
    'true: ldap:// URLs (port 389) begin TLS by StartTLS, where a firewall lets 636 not out. Nothing is sent before TLS is verified.',
  'upstream.tls.certFile': 'A certificate of our own (PEM) with its key, where the upstream asks for one.',
  'upstream.tls.keyFile': 'A certificate of our own (PEM) with its key, where the upstream asks for one.',
  'upstream.tls.pin':
    'Public keys that the upstream may have: SHA-256, base64 (`jumpgate check` prints it). Looked at beside the authority and the name, not in their place. Name the next key as well before the upstream changes it, or nobody can log in.',
  'upstream.orgId':
    "The organisation: the 24 hexadecimal digits behind o= in the console (Settings, or the LDAP directory's details), alone or as the base DN of another form (ou=Users,o=…,dc=jumpcloud,dc=com). Required.",
  'upstream.baseDN': "In place of orgId where the tree is not JumpCloud's: the base above ou=Users.",
  'upstream.reader':
    'The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn, and password or passwordFile.',
  'upstream.reader.user':
    'The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn, and password or passwordFile.',
  'upstream.reader.dn': 'The whole name, where user is not enough.',
  'upstream.reader.password':
    "Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line ends behind it are not the password's. With --set others may see it.",
  'upstream.reader.passwordFile':
    "Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line ends behind it are not the password's. With --set others may see it.",
  'upstream.api':
    "JumpCloud's REST API, which says why it has refused somebody. Optional, read-only, and never on the way of a log-in: docs/jumpcloud-api.md has the roles that it needs.",
  'upstream.api.clientId':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.clientSecret':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.clientSecretFile':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.key': 'Or the API key of an administrator, in place of both.',
  'upstream.api.keyFile': 'Or the API key of an administrator, in place of both.',
  'upstream.api.region': 'standard, eu or in: where the tenant lives. Left out: as upstream.urls say.',
  'upstream.api.urls': "Other addresses than the region's: V1 and V2, Directory Insights, and where tokens come from.",
  'upstream.api.urls.console':
    "Other addresses than the region's: V1 and V2, Directory Insights, and where tokens come from.",
  'upstream.api.urls.api':
    "Other addresses than the region's: V1 and V2, Directory Insights, and where tokens come from.",
  'upstream.api.urls.token':
    "Other addresses than the region's: V1 and V2, Directory Insights, and where tokens come from.",
  'upstream.api.orgId': 'The organisation, for a key that sees several (x-org-id).',
  'upstream.connectTime': 'To open a connection, TLS included.',
  'upstream.operationTime':
    'For one operation upstream; no bind is kept waiting longer. Left out with a host ldap-mfa.…: 65s, for that long a push may take.',
  'upstream.bindConnections':
    'Connections for password checks at most. Each does one bind at a time; raise it when the log says upstream-busy.',
  'upstream.warmConnections':
    'Connections that are kept open for the next log-in. 0: none is opened before it is needed.',
  'upstream.allowCleartext': 'true: ldap:// upstream is allowed, and passwords travel in clear. For a laboratory only.',
  group:
    'Who gets in: the members of this group, by its name or DN (case does not count, every other character does). `group: wayk-users` is short for the first key.',
  'group.name':
    'Who gets in: the members of this group, by its name or DN (case does not count, every other character does). `group: wayk-users` is short for the first key.',
  'group.everyone': "true: everybody in the organisation's LDAP directory gets in, whatever the name says.",
  local: 'What applications see.',
  'local.baseDN':
    "The suffix of the local names. Left out, they are JumpCloud's own. Set it for applications that expect another layout, or to keep JumpCloud's names to yourself.",
  'local.face':
    'What entries look like: jumpcloud (as JumpCloud has them), posix (posixAccount and posixGroup), activedirectory (user and group, for applications that know nothing else; needs a baseDN of dc= alone).',
  'local.users': "The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.",
  'local.groups': "The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.",
  'local.names': 'What is accepted as a bind name beside a DN: the bare user name, the e-mail address.',
  'local.domains':
    "Domains of user names that come as ada@example.com or EXAMPLE\\ada, for applications that were set up for Active Directory; case does not count. A name that is somebody's e-mail address is that person's, whoever has the name before the @ as user name: one that is no member's address is looked up upstream first. (Without mail in names, it is a user name at once.) For example [example.com, EXAMPLE].",
  'local.tellPolicy':
    'What JumpCloud says of a password (it expires soon; so many log-ins are left) is passed on with each log-in whose client asks for it. true: also with refusals (the account is locked, the password has expired). That tells whoever guesses that the account exists, so it is off.',
  'local.tellReference':
    'true: each refusal of a log-in has a reference in its diagnostic message ("reference k3x7q2ab"), by which log, audit, `jumpgate watch`, the page and /operations can be searched. It is random and says nothing. Off, all refusals are the same octets.',
  'local.tellReasons':
    'With face: activedirectory. true: a refused log-in says why in its diagnostic message, as Active Directory does (data 52e, 533, …). Some of these reasons tell whoever guesses that the account exists, so it is off.',
  'local.groupClasses':
    "How groups name their members: groupOfNames (member), groupOfUniqueNames (uniqueMember), posixGroup (memberUid and gidNumber). Each group gets all classes listed here; with posixGroup the number of JumpCloud's separate Linux group, which is then no entry of its own.",
  'local.serviceAccounts':
    "Accounts that exist only here and see every member, for applications that search with an account of their own. Give one of password, passwordFile and passwordHash (made by `jumpgate hash`). Choose names outside the users' container: there time tells nobody which of them are accounts. The reader is such an account without being named here. - dn: cn=gitlab,dc=example,dc=com passwordHash: $scrypt$…",
  'local.serviceAccountsFile':
    'A file with such a list, in YAML or JSON, whose accounts are added to them: for a secret that is mounted beside an environment without a file (JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE; JUMPGATE_LOCAL_SERVICE_ACCOUNTS takes the list itself).',
  'local.search.users': 'What a user finds after its own bind: self (itself and its groups), all (every member), none.',
  attributes:
    'Attributes that entries have otherwise than in JumpCloud, each with its rule: the name of another attribute ({ sshPublicKey: sshKey }), a template of others ("{givenName} {sn}"), a constant ({ value: /bin/bash }), or false for one that is not shown.',
  apps: "Applications that each have a gate, names and listeners of their own, in place of one app of the keys above. That one stays, and comes first, where group is written; an app inherits what it leaves out of local and binds, but no baseDN and no service accounts. Reader, copy, connections and the count of each account's wrong passwords are one for all. Listeners are the app's own (listen), or those above, which all others share: there the base tells whose a connection is, then the service account; a user name alone counts for the first such app. config/apps.example.yaml has five of them. From a variable (JUMPGATE_APPS) or with --set the list is YAML or JSON.",
  'apps.name': 'How log, metrics and page call it: a-z, 0-9 and -, at most 32.',
  'apps.groups': 'Who gets in: the members of any of these groups, by their names or DNs.',
  'apps.everyone': "true: everybody in the organisation's LDAP directory gets in, whatever groups there are.",
  'apps.listen':
    'Listeners of its own: ldap, ldaps and ldapi, none of them by default. Certificate, limits and all else below listen are one for all.',
  'apps.local':
    "As the top level's local, for this app. One of another face than local.face inherits no users, groups and groupClasses: it has its face's.",
  'apps.serviceAccounts': 'As local.serviceAccounts, for this app alone; a name can be there once in all apps.',
  'apps.serviceAccountsFile': 'As local.serviceAccountsFile, for this app alone.',
  'apps.attributes': "As the top level's attributes, for this app alone.",
  'apps.hiddenAttributes': 'Never shown in this app, in addition to directory.hiddenAttributes.',
  'apps.binds': "As the top level's binds, for this app's own count of wrong passwords from one address.",
  directory: 'The copy of the members that searches are answered from.',
  'directory.refresh':
    'From one reading to the next. A removed member is out after this time at the latest. Raise it, and membershipAge, if JumpCloud complains.',
  'directory.membershipAge':
    'A copy older than this no longer says who is a member: each bind then asks JumpCloud beside the password check. Not shorter than refresh.',
  'directory.doubt': 'For so long a reading is not believed that finds a group gone, or less than half of its members.',
  'directory.maxStale':
    'When JumpCloud could not be read for so long, binds and searches get 52, and /readyz says no. (Binds go on, each by a look-up, if JumpCloud answers and only the list is too much for it or for directory.limits. That is tried again at each refresh, then more seldom, up to every 5 min.)',
  'directory.hiddenAttributes':
    'Attributes that are never shown, in addition to password material, for example [homeDirectory, loginShell].',
  'directory.limits':
    'What one reading may bring at most, counted as it arrives; beyond, it ends, and the copy of before stays. 512 MiB are 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (a portrait of 96 × 96) each; without photos 150 MiB do. Raise them for more members or larger photos, and the memory of the process with them; lower them where memory is short.',
  'directory.limits.octets':
    'What one reading may bring at most, counted as it arrives; beyond, it ends, and the copy of before stays. 512 MiB are 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (a portrait of 96 × 96) each; without photos 150 MiB do. Raise them for more members or larger photos, and the memory of the process with them; lower them where memory is short.',
  'directory.limits.entries': 'Members, groups, and the end of each page of 500.',
  'directory.limits.entryOctets': 'One entry. The group itself is the largest: some 80 octets for each member.',
  binds: 'Password checks.',
  'binds.cache.ttl':
    'For so long the same password is not asked of JumpCloud again. 0s: each bind is verified upstream.',
  'binds.cache.entries': 'Accounts of which results are remembered, at most.',
  'binds.cache.staleIfError':
    'Beyond ttl, for so long an accepted password is still good while JumpCloud cannot be reached. 0s: never.',
  'binds.refusedTtl':
    'A refused password is asked about again after this pause, then after 30, 120, 360 and 1,440 times as long, so that a phone with an old one cannot lock the account; and at once when another password was accepted or the account has changed. 0s: always at once.',
  'binds.failuresPerAccount':
    "Wrong passwords of one account that reach JumpCloud in any accountWindow; one more from an address at which the account logged in lately, which others' guesses leave alone. Keep failuresPerAccount two below JumpCloud's lock-out, and accountWindow as long as it counts. The same limit holds for passwords that are checked here (service accounts, the reader), per account and address, in each window.",
  'binds.accountWindow':
    "Wrong passwords of one account that reach JumpCloud in any accountWindow; one more from an address at which the account logged in lately, which others' guesses leave alone. Keep failuresPerAccount two below JumpCloud's lock-out, and accountWindow as long as it counts. The same limit holds for passwords that are checked here (service accounts, the reader), per account and address, in each window.",
  'binds.fromTenant':
    "true: both stay below the tenant's own lock-out (Settings › Security), which is read by upstream.api at the start and once an hour: the limit two below it, the window as long as it counts. It makes them stricter and never looser; what is set here holds until it is known. A tenant whose counter never starts again by itself has a window of 24h: no more than that, so that nobody is shut out for good.",
  'binds.failuresPerAddress':
    "Wrong passwords from one address (of IPv6: one /64) in each window, and names that turn out to be nobody's. Raise it where many users come from one address: an application server is one.",
  'binds.window':
    "Wrong passwords from one address (of IPv6: one /64) in each window, and names that turn out to be nobody's. Raise it where many users come from one address: an application server is one.",
  fleet:
    'What several instances behind a load balancer share in a store, Valkey or Redis (7 or later): docs/fleet.md. Left out, each one counts for itself, and nothing of it is loaded.',
  'fleet.url': 'rediss:// is TLS. redis:// and unix:///path lead to this machine alone.',
  'fleet.user': 'The user of an access control list, where the store has one.',
  'fleet.password': "The store's password, better in a file: one line that others cannot read.",
  'fleet.passwordFile': "The store's password, better in a file: one line that others cannot read.",
  'fleet.key':
    "The same for all instances, and nobody else's: whatever is in the store is named and sealed with it. Make one with: openssl rand -hex 32",
  'fleet.keyFile':
    "The same for all instances, and nobody else's: whatever is in the store is named and sealed with it. Make one with: openssl rand -hex 32",
  'fleet.caFile': "An authority (PEM) in place of the system's.",
  'fleet.decisionTime':
    'For so long a log-in waits for the store; then, and until the store answers in time again, this instance decides by its own counts alone.',
  'fleet.verdicts':
    'true: an accepted password is accepted by all instances for binds.cache.ttl, as long as each has the account among its own members.',
  'fleet.prefix': 'What names of keys in the store begin with.',
  'fleet.instance': 'How others call this instance. Left out: the name of the host.',
  ops: 'For those who run it.',
  'ops.http':
    'HTTP with the live page (/), /metrics, /events, /operations, /healthz and /readyz. false: none. Without a token for this machine alone; with one it may be, for example, 0.0.0.0:9389, and belongs behind TLS or in a network of its own.',
  'ops.token':
    'Whoever asks anything but /healthz and /readyz has to show it: Authorization: Bearer …, or once /?token=… in a browser. Without it, an instance makes one of its own for what acts (purge, explain), in a file that its user and root can read. Better in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32',
  'ops.tokenFile':
    'Whoever asks anything but /healthz and /readyz has to show it: Authorization: Bearer …, or once /?token=… in a browser. Without it, an instance makes one of its own for what acts (purge, explain), in a file that its user and root can read. Better in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32',
  'log.level':
    'trace, debug, info, warn, error, silent. info has a line for each bind, and sums up in a minute what repeats; debug has each one, and each anonymous bind and search as well.',
  'log.format':
    'json, pretty, logfmt, or auto: pretty on a terminal, json else. (kill -USR2 changes between this level and debug while it runs.)',
  'log.audit':
    'A file with one line of JSON for each decision about a bind, whatever the level; made with mode 0600. Refusals that repeat are summed up once a minute: each account, address and reason is named, with how often. kill -HUP opens it anew, for whoever rotates it. A line that it does not take at once (a full disk, a pipe whose reader is slow) is lost, counted and reported.',
};
