// What each key of the configuration is for. Made by npm run docs from the comments of config/jumpgate.example.yaml.

export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  listen:
    'Where applications connect. Sockets that systemd passes (socket activation: docs/deploy.md) replace the addresses here.',
  'listen.ldap':
    'Cleartext and, with a certificate, StartTLS. Change the address to let other machines connect; then also set tls and requireTls.',
  'listen.ldaps': 'LDAPS, for example 0.0.0.0:1636. Requires tls. false: not offered.',
  'listen.tls': 'The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible.',
  'listen.tls.certFile':
    'The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible.',
  'listen.tls.keyFile':
    'The certificate (with its chain) and its key, in PEM. Enables StartTLS and makes ldaps possible.',
  'listen.tls.clientCaFile':
    'If set, only clients with a certificate from these authorities (PEM) can connect over TLS.',
  'listen.tls.minVersion':
    'TLS versions that are offered: TLSv1.2 and TLSv1.3, nothing older. Set maxVersion to TLSv1.2 for a client that hangs with TLS 1.3.',
  'listen.tls.maxVersion':
    'TLS versions that are offered: TLSv1.2 and TLSv1.3, nothing older. Set maxVersion to TLSv1.2 for a client that hangs with TLS 1.3.',
  'listen.tls.ciphers':
    "Cipher suites of TLS 1.2 in OpenSSL's notation, for clients from 2012 that only know CBC or DHE. By default only suites with forward secrecy and authenticated encryption are offered; check warns about a list that allows others.",
  'listen.ldapi':
    'A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An existing file is only replaced if it is a socket.',
  'listen.ldapi.path':
    'A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An existing file is only replaced if it is a socket.',
  'listen.ldapi.mode':
    'A socket file for programs on this machine (ldapi://), and its mode: every user who may open it may connect. An existing file is only replaced if it is a socket.',
  'listen.ldapi.external':
    'The account for a SASL EXTERNAL bind. It sees everything, so keep others out by the mode. Without it, EXTERNAL is not offered.',
  'listen.proxyProtocol':
    "The addresses and networks of load balancers that send a PROXY header (version 1 or 2) on each connection, for example [10.0.0.5, 192.168.0.0/16]. Limits and the log then use the client's own address. Connections from elsewhere must not send one.",
  'listen.requireTls':
    'true: a bind in cleartext is refused with 13, and its password is not checked. Set it whenever clients connect over a network.',
  'listen.limits':
    'Limits for one client and for all of them together. The defaults suit a machine with a few hundred users.',
  'listen.limits.connections': 'Total number of connections. Raise it for applications that keep one per user.',
  'listen.limits.connectionsPerAddress':
    'Connections from one address: half of the total by default. Lower it if many machines share this endpoint. Limits per address count an IPv6 address by its /64, and an IPv4-mapped address as the IPv4 address.',
  'listen.limits.unboundPerAddress':
    'Of these, connections that have never bound successfully and have no bind in progress: the oldest is closed for the next one.',
  'listen.limits.unboundTime':
    'A connection that has never bound successfully is closed after this time. When no connection is left, the oldest of them is closed first. 0s: never. Raise it only for an application that opens connections long before the first login.',
  'listen.limits.messageBytes':
    'Bytes of one message after a bind. Raise it only for an application that sends filters of megabytes.',
  'listen.limits.messageBytesBeforeBind':
    'Bytes of one message before a bind. A bind is small; there is no usual reason to change it.',
  'listen.limits.messageTime':
    "Time from a message's first byte to its last, and for a client to read pending responses. Raise it on slow connections.",
  'listen.limits.handshakeTime': 'For the TLS handshake.',
  'listen.limits.idleTime':
    "A client without requests for this long is disconnected with a Notice of Disconnection. 0s: never. Many programs keep a connection for hours, and TCP's keep-alive detects dead ones; lower it if clients forget to close.",
  'listen.limits.pendingOperations': 'Operations of one connection that run at the same time; further requests wait.',
  'listen.limits.pendingBytes':
    "Bytes of one connection's running requests, and of responses that it has not read. Beyond this, further requests are not read.",
  'listen.limits.pendingBytesPerAddress':
    'Bytes of running requests from one address, and from all; a search takes up to fifteen times as much memory. A request beyond this gets 51 (busy).',
  'listen.limits.pendingBytesInAll':
    'Bytes of running requests from one address, and from all; a search takes up to fifteen times as much memory. A request beyond this gets 51 (busy).',
  'listen.limits.keptBytesPerAddress':
    'Bytes of incomplete messages and of unread responses, of one address and of all. Beyond this, a client that has bound successfully waits; any other is disconnected.',
  'listen.limits.keptBytesInAll':
    'Bytes of incomplete messages and of unread responses, of one address and of all. Beyond this, a client that has bound successfully waits; any other is disconnected.',
  'listen.limits.searchEntries': 'Maximum number of entries of one search (then 4, sizeLimitExceeded).',
  'listen.limits.searchTime':
    'Maximum duration of one search, whatever the client allows (then 3, timeLimitExceeded). 0s: no limit.',
  'listen.limits.searchWork':
    'About how many values one search may compare (then 11, adminLimitExceeded): a few seconds of CPU time. 0: no limit. Raise it for filters of hundreds of parts over a large group.',
  'listen.limits.rankedEntries':
    'Entries that server-side sorting may hold in memory, for all clients together; half as many for one address, a quarter for one connection (then 11). An entry takes about a kilobyte while it is sorted.',
  'listen.limits.drainTime': 'Time to finish running operations when the process stops.',
  upstream: 'JumpCloud.',
  'upstream.urls':
    'The first one that is up is used; the next takes over during an outage. For MFA: ldaps://ldap-mfa.jumpcloud.com:636; its results are never cached, and no bind is sent to it twice. An account belongs to one region: ldap.eu.jumpcloud.com goes with console.eu.jumpcloud.com, ldap.in.jumpcloud.com with console.in.jumpcloud.com; hosts of another region refuse it (49).',
  'upstream.caFile':
    "A certificate authority (PEM) instead of the system's. JumpCloud's certificate is publicly trusted; set this behind a TLS-inspecting firewall.",
  'upstream.startTLS':
    'true: ldap:// URLs (port 389) use StartTLS, for firewalls that block 636. Nothing is sent before TLS is verified.',
  'upstream.tls.certFile': 'A client certificate (PEM) and its key, if the upstream requires one.',
  'upstream.tls.keyFile': 'A client certificate (PEM) and its key, if the upstream requires one.',
  'upstream.tls.pin':
    'Public keys that the upstream may have: SHA-256, base64 (`jumpgate check` prints it). Checked as well as the authority and the name. Add the next key before the upstream changes it, or nobody can log in.',
  'upstream.orgId':
    "The organisation: the 24 hexadecimal digits after o= in the console (Settings, or the LDAP directory's details), alone or as the base DN from another form (ou=Users,o=…,dc=jumpcloud,dc=com). Required.",
  'upstream.baseDN': "Instead of orgId if the tree is not JumpCloud's: the base above ou=Users.",
  'upstream.reader':
    'The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn, and password or passwordFile.',
  'upstream.reader.user':
    'The user with "Enable as LDAP Bind DN", which reads the groups and their members. Give user (its name or DN) or dn, and password or passwordFile.',
  'upstream.reader.dn': 'The full DN, if user is not enough.',
  'upstream.reader.password':
    'Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line ends after it are not part of the password. With --set other users may see it.',
  'upstream.reader.passwordFile':
    'Better in a file, or in JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: one line of UTF-8 that others cannot read. Line ends after it are not part of the password. With --set other users may see it.',
  'upstream.api':
    "JumpCloud's REST API, which says why it refused a user. Optional, read-only, and never in the path of a login: docs/jumpcloud-api.md lists the roles that it needs.",
  'upstream.api.clientId':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.clientSecret':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.clientSecretFile':
    'A service account (Settings › Service Accounts): its client ID, and its secret, better in a file: one line that others cannot read.',
  'upstream.api.key': 'Or the API key of an administrator, instead of both.',
  'upstream.api.keyFile': 'Or the API key of an administrator, instead of both.',
  'upstream.api.region': "standard, eu or in: the tenant's region. By default as in upstream.urls.",
  'upstream.api.urls': "Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint.",
  'upstream.api.urls.console':
    "Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint.",
  'upstream.api.urls.api': "Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint.",
  'upstream.api.urls.token':
    "Other addresses than the region's: V1 and V2, Directory Insights, and the token endpoint.",
  'upstream.api.orgId': 'The organisation, for a key with access to several (x-org-id).',
  'upstream.connectTime': 'Time to open a connection, including TLS.',
  'upstream.operationTime':
    'Time for one operation upstream; no bind waits longer. Default with a host ldap-mfa.…: 65s, because a push may take that long.',
  'upstream.bindConnections':
    'Maximum number of connections for password checks. Each does one bind at a time; raise it when the log says upstream-busy.',
  'upstream.warmConnections':
    'Connections that are kept open for the next login. 0: none is opened before it is needed.',
  'upstream.allowCleartext':
    'true: ldap:// upstream is allowed, and passwords are sent in cleartext. Only for test environments.',
  group:
    'Who gets in: the members of this group, by its name or DN (case and repeated spaces are ignored, every other character counts). `group: wayk-users` is short for the first key.',
  'group.name':
    'Who gets in: the members of this group, by its name or DN (case and repeated spaces are ignored, every other character counts). `group: wayk-users` is short for the first key.',
  'group.everyone': "true: everybody in the organisation's LDAP directory gets in, whatever the name says.",
  local: 'What applications see.',
  'local.baseDN':
    "The suffix of the local names. By default JumpCloud's own. Set it for applications that expect another layout, or to hide JumpCloud's names.",
  'local.face':
    'What entries look like: jumpcloud (as JumpCloud has them), posix (posixAccount and posixGroup), activedirectory (user and group, for applications that only understand that; requires a baseDN of dc= parts only).',
  'local.users': "The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.",
  'local.groups': "The containers below baseDN. Without baseDN both are JumpCloud's ou=Users.",
  'local.names': 'What is accepted as a bind name besides a DN: the bare user name, the email address.',
  'local.domains':
    "Domains of user names that come as ada@example.com or EXAMPLE\\ada, for applications that were set up for Active Directory; case is ignored. A name that is an email address belongs to the owner of that address, even if another user has the part before the @ as user name; if it is not a member's address, it is looked up upstream first. (Without mail in names, it is always a user name.) For example [example.com, EXAMPLE].",
  'local.tellPolicy':
    'What JumpCloud says about a password (it expires soon; how many logins are left) is passed on with each login whose client asks for it. true: also with refusals (the account is locked, the password has expired). That reveals to a guesser that the account exists, so it is off.',
  'local.tellReference':
    'true: each refused login has a reference in its diagnostic message ("reference k3x7q2ab") that log, audit file, `jumpgate watch`, the page and /operations can find. It is random and reveals nothing. If off, all refusals have the same bytes.',
  'local.tellReasons':
    'With face: activedirectory. true: a refused login says why in its diagnostic message, as Active Directory does (data 52e, 775, …). Some of these reasons reveal to a guesser that the account exists, so it is off.',
  'local.groupClasses':
    "How groups name their members: groupOfNames (member), groupOfUniqueNames (uniqueMember), posixGroup (memberUid and gidNumber). Each group gets all classes listed here; with posixGroup also the number of JumpCloud's separate Linux group, which then has no entry of its own.",
  'local.serviceAccounts':
    "Accounts that exist only here and see every member, for applications that search with their own account. Give one of password, passwordFile and passwordHash (made by `jumpgate hash`). Choose names outside the users' container: there, response times do not reveal which of them exist. The reader is always such an account. - dn: cn=gitlab,dc=example,dc=com passwordHash: $scrypt$…",
  'local.serviceAccountsFile':
    'A file with such a list, in YAML or JSON, whose accounts are added to them: for a mounted secret in a set-up without a configuration file (JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE; JUMPGATE_LOCAL_SERVICE_ACCOUNTS takes the list itself).',
  'local.search.users':
    'What users find after binding as themselves: self (their own entry and groups), all (every member), none.',
  attributes:
    'Attributes that differ from JumpCloud\'s, each with its rule: the name of another attribute ({ sshPublicKey: sshKey }), a template of others ("{givenName} {sn}"), a constant ({ value: /bin/bash }), or false to hide it.',
  apps: "Applications that each have their own gate, names and listeners, instead of the one app of the keys above. That one stays, and comes first, if group is set; an app inherits what it omits from local and binds, but not baseDN and service accounts. All apps share the reader, the copy, the connections and the count of each account's wrong passwords. Listeners are the app's own (listen), or those above, which the others share: there the base decides which app a connection belongs to, then the service account; a bare user name belongs to the first such app. config/apps.example.yaml has five apps. In a variable (JUMPGATE_APPS) or with --set the list is YAML or JSON.",
  'apps.name': 'Its name in log, metrics and page: a-z, 0-9 and -, at most 32.',
  'apps.groups': 'Who gets in: the members of any of these groups, by their names or DNs.',
  'apps.everyone': "true: everybody in the organisation's LDAP directory gets in, whatever groups are listed.",
  'apps.listen':
    'Its own listeners: ldap, ldaps and ldapi, none by default. Certificate, limits and everything else below listen are shared.',
  'apps.local':
    "Like the top level's local, for this app. With another face than local.face, users, groups and groupClasses are not inherited: the face's are used.",
  'apps.serviceAccounts': 'Like local.serviceAccounts, for this app only; a name may occur once in all apps.',
  'apps.serviceAccountsFile': 'Like local.serviceAccountsFile, for this app only.',
  'apps.attributes': "Like the top level's attributes, for this app only.",
  'apps.hiddenAttributes': 'Never shown in this app, besides directory.hiddenAttributes.',
  'apps.binds': "Like the top level's binds, for this app's own count of wrong passwords from one address.",
  directory: 'The copy of the members that searches are answered from.',
  'directory.refresh':
    'Time from one read to the next, give or take a tenth. A removed member loses access with the next read, or after membershipAge if the group is gone or has lost more than half of its members. Raise both if JumpCloud complains.',
  'directory.membershipAge':
    'A copy older than this no longer decides who is a member: each bind then also asks JumpCloud. Not shorter than refresh.',
  'directory.doubt': 'How long a read that finds a group missing, or less than half of its members, is not accepted.',
  'directory.maxStale':
    'If JumpCloud could not be read for this long, binds and searches get 52, and /readyz answers 503. (Binds continue, each with a look-up, if JumpCloud answers and only the list is too large for it or for directory.limits. The list is tried again at each refresh, then less often, up to every 5 min.)',
  'directory.hiddenAttributes':
    'Attributes that are never shown, besides password material, for example [homeDirectory, loginShell].',
  'directory.limits':
    'The maximum size of one read, counted as it arrives; beyond it, the read ends and the previous copy stays. 512 MiB suffice for 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (96 × 96 pixels) each; 150 MiB without photos. Raise the limits for more members or larger photos, and the memory of the process with them; lower them if memory is short.',
  'directory.limits.octets':
    'The maximum size of one read, counted as it arrives; beyond it, the read ends and the previous copy stays. 512 MiB suffice for 100,000 members with 1.5 KiB of attributes and a photo of 3.5 KiB (96 × 96 pixels) each; 150 MiB without photos. Raise the limits for more members or larger photos, and the memory of the process with them; lower them if memory is short.',
  'directory.limits.entries': 'Members, groups, and the end of each page of 500.',
  'directory.limits.entryOctets': 'One entry. The group itself is the largest: about 80 bytes for each member.',
  binds: 'Password checks.',
  'binds.cache.ttl': 'How long the same password is not sent to JumpCloud again. 0s: each bind is verified upstream.',
  'binds.cache.entries': 'Maximum number of accounts with cached results.',
  'binds.cache.staleIfError':
    'How long after ttl an accepted password is still valid while JumpCloud cannot be reached. 0s: never.',
  'binds.refusedTtl':
    'A refused password is sent upstream again after this pause, then after 30, 120, 360 and 1,440 times as long, so that a phone with an old one cannot lock the account; immediately if another password was accepted or the account has changed. 0s: always immediately.',
  'binds.failuresPerAccount':
    "How many wrong passwords of one account reach JumpCloud in any accountWindow; one more from an address where the account logged in recently, which others' guesses do not use up. Keep failuresPerAccount two below JumpCloud's lock-out, and accountWindow as long as it counts. The same limit applies to passwords that Jumpgate checks itself (service accounts, the reader), per account and address, in each window.",
  'binds.accountWindow':
    "How many wrong passwords of one account reach JumpCloud in any accountWindow; one more from an address where the account logged in recently, which others' guesses do not use up. Keep failuresPerAccount two below JumpCloud's lock-out, and accountWindow as long as it counts. The same limit applies to passwords that Jumpgate checks itself (service accounts, the reader), per account and address, in each window.",
  'binds.fromTenant':
    "true: both stay below the tenant's own lock-out (Settings › Security), which Jumpgate reads through upstream.api at the start and once an hour: the limit two below it, the window as long as it counts. This only makes them stricter; the values here apply until it is known. For a tenant whose counter never resets automatically the window is 24h, so nobody is shut out for good.",
  'binds.failuresPerAddress':
    'Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share one address, such as an application server.',
  'binds.window':
    'Wrong passwords and unknown names from one address (for IPv6: one /64) in each window. Raise it if many users share one address, such as an application server.',
  fleet:
    'What several instances behind a load balancer share in a store, Valkey or Redis (7 or later): docs/fleet.md. Without it, each one counts for itself, and none of it is loaded.',
  'fleet.url': 'rediss:// is TLS. redis:// and unix:///path only lead to this machine.',
  'fleet.user': 'The user, if the store has an access control list.',
  'fleet.password': "The store's password, better in a file: one line that others cannot read.",
  'fleet.passwordFile': "The store's password, better in a file: one line that others cannot read.",
  'fleet.key':
    'The same for all instances, and secret: everything in the store is named and sealed with it. Make one with: openssl rand -hex 32',
  'fleet.keyFile':
    'The same for all instances, and secret: everything in the store is named and sealed with it. Make one with: openssl rand -hex 32',
  'fleet.caFile': "A certificate authority (PEM) instead of the system's.",
  'fleet.decisionTime':
    'How long a login waits for the store; then, and until the store answers in time again, this instance decides by its own counts.',
  'fleet.verdicts':
    'true: an accepted password is accepted by all instances for binds.cache.ttl, if the account is among their own members.',
  'fleet.prefix': 'Prefix of the key names in the store.',
  'fleet.instance': 'The name of this instance for the others. Default: the hostname.',
  ops: 'For operators.',
  'ops.http':
    'HTTP with the live page (/), /metrics, /events, /operations, /healthz and /readyz. false: none. Without a token only on loopback; with one it may be, for example, 0.0.0.0:9389, behind TLS or in its own network.',
  'ops.token':
    'Required for everything but /healthz and /readyz: Authorization: Bearer …, or once /?token=… in a browser. Without it, an instance makes its own for actions (purge, explain), in a file that only its user and root can read. Better in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32',
  'ops.tokenFile':
    'Required for everything but /healthz and /readyz: Authorization: Bearer …, or once /?token=… in a browser. Without it, an instance makes its own for actions (purge, explain), in a file that only its user and root can read. Better in a file, or in JUMPGATE_OPS_TOKEN_FILE. Make one with: openssl rand -hex 32',
  'log.level':
    'trace, debug, info, warn, error, silent. info has a line for each bind and groups repeated ones once a minute; debug has every one, and anonymous binds and searches too.',
  'log.format':
    'json, pretty, logfmt, or auto: pretty on a terminal, json elsewhere. (kill -USR2 toggles debug while it runs.)',
  'log.audit':
    'A file with one line of JSON for each decision about a bind, whatever the level; created with mode 0600. Repeated refusals are grouped once a minute by account, address and reason, with their number. kill -HUP opens it again, for log rotation. A line that cannot be written immediately (a full disk, a slow pipe) is lost, counted and reported.',
};
