// What would help a client, judged by its habits: each rule looks at one thing and names one remedy, here or in the application.
import type { Reason } from '../gate/reason.js';
import type { ClientHabits, SearchHabit } from './habits.js';

/** Attributes of other directories, and what to do where no entry has them. By lower-case name. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  samaccountname: 'set the application’s user name attribute to uid',
  userprincipalname: 'set the application’s user name attribute to mail',
  objectguid: 'use entryUUID as the unique identifier',
  objectsid: 'use entryUUID as the unique identifier',
  guid: 'use entryUUID as the unique identifier',
  ipauniqueid: 'use entryUUID as the unique identifier',
  nsuniqueid: 'use entryUUID as the unique identifier',
  uniquemember: 'add groupOfUniqueNames to local.groupClasses, or set the member attribute to member',
  memberuid: 'add posixGroup to local.groupClasses, or set the member attribute to member',
  gidnumber: 'add posixGroup to local.groupClasses',
  useraccountcontrol: 'leave the filter for disabled accounts out: suspended users do not get in anyway',
  pwdaccountlockedtime: 'leave the filter for locked accounts out: locked users do not get in anyway',
  ismemberof: 'use memberOf',
  groupmembership: 'use memberOf',
  displayname: 'use cn',
  name: 'use cn',
  sshpublickey: 'JumpCloud calls it sshKey',
};

const BIND_REMEDIES: Partial<Record<Reason, string>> = {
  'invalid-name':
    'Its bind names cannot be read: send the DN (uid=…, and the users’ container), the user name or the e-mail address.',
  'not-a-user-name':
    'Its bind names are no person’s: the user DN pattern is uid=…, and the users’ container (jumpgate recipe shows it).',
  'unknown-name':
    'Some of its names are nobody’s: misspelt, or without “JumpCloud LDAP” under Users › NAME › Directories.',
  'ambiguous-name': 'A name of it leads to two people: log in with the user name.',
  'tls-required':
    'It binds in clear, which listen.requireTls forbids: switch StartTLS or ldaps:// on in the application.',
  'empty-password':
    'It sends binds with an empty password. They are refused; it must not take the answer for a log-in.',
  'password-without-name': 'It sends a password without a name: its user DN pattern is empty.',
  'protocol-version': 'It speaks LDAPv2: set it to version 3.',
  'method-not-offered': 'It wants a SASL mechanism that is not offered: set it to simple binds.',
  'malformed-credentials': 'Its SASL credentials cannot be read: set it to simple binds.',
  'authorization-denied': 'It asks to act for somebody else: leave the SASL authorization identity empty.',
  'too-many-attempts':
    'It repeats wrong passwords: an old one is stored somewhere (jumpgate watch --reason too-many-attempts).',
  'upstream-busy': 'The queue to JumpCloud is full: raise upstream.bindConnections.',
};

const OTHER_REMEDIES: Partial<Record<Reason, string>> = {
  'critical-control':
    'It insists on a control that is not offered: switch the feature off (often sorting by a rule, VLV or proxied authorization).',
  'malformed-control': 'It sends a control that cannot be read.',
  'unknown-page': 'It asks for pages that are gone: it binds between two pages, or takes too long.',
};

/** Sentences, the most pressing first; none if all is well. */
export function adviceFor(client: ClientHabits): string[] {
  return [
    ...aboutBinds(client),
    ...aboutChannel(client),
    ...client.searches.flatMap(aboutSearch),
    ...aboutTheRest(client),
  ].filter((text, i, all) => all.indexOf(text) === i);
}

function aboutBinds({ binds, names }: ClientHabits): string[] {
  const isDomain = names.some(({ form }) => form === 'DOMAIN\\name');
  const domain = isDomain ? ['It sends DOMAIN\\name: set the application to the bare user name or to a DN.'] : [];
  const remedies = binds.map(({ reason }) => BIND_REMEDIES[reason]).filter((text) => text !== undefined);
  return [...domain, ...remedies];
}

function aboutChannel({ address, wantsStartTLS, isClear, binds, usesStartTLS }: ClientHabits): string[] {
  if (wantsStartTLS && !usesStartTLS)
    return ['It asks for StartTLS, which is refused: set listen.tls.certFile and listen.tls.keyFile.'];
  const isFar = address !== '' && address !== '::1' && !/^(::ffff:)?127\./.test(address);
  return isFar && isClear && binds.length > 0
    ? [
        'Its passwords come in clear over a network: switch StartTLS or ldaps:// on (listen.tls), then set listen.requireTls.',
      ]
    : [];
}

function aboutSearch(search: SearchHabit): string[] {
  const { base, missing, results, as, entries, filter } = search;
  const isLost = results.every((name) => name === 'noSuchObject');
  if (isLost)
    return [
      `The base ${base === '' ? '(root)' : base} is not there: set it to local.baseDN or a container below it (jumpgate config).`,
    ];
  const isEmpty = entries.most === 0 && base !== '';
  return [
    ...missing.map((name) => {
      const remedy = SUBSTITUTES[name.toLowerCase()] ?? 'leave it out, or name another one';
      return `No entry has ${name}: ${remedy}.`;
    }),
    ...(isEmpty && as.includes('nobody')
      ? ['It searches without having logged in and sees nothing: give it a service account (local.serviceAccounts).']
      : []),
    ...(isEmpty && missing.length === 0 && as.includes('user')
      ? [`${filter} finds nothing: it searches as the user, who sees itself and its groups (local.search.users).`]
      : []),
    ...(isEmpty && missing.length === 0 && as.includes('service')
      ? [`${filter} never found anything: look at the values that it asks for.`]
      : []),
  ];
}

function aboutTheRest({ refusals, writes, faults }: ClientHabits): string[] {
  const remedies = refusals.map((reason) => OTHER_REMEDIES[reason]).filter((text) => text !== undefined);
  const others: [boolean, string][] = [
    [
      writes > 0,
      'It tries to write, and nothing can be written here: switch that off (password changes belong into JumpCloud).',
    ],
    [
      faults.includes('idle'),
      'It keeps connections that are ended for being idle: raise listen.limits.idleTime, or have it close them.',
    ],
    [faults.includes('client does not read'), 'It does not read what it asked for.'],
    [
      faults.includes('too many connections from this address'),
      'It opens more connections than listen.limits.connectionsPerAddress allows.',
    ],
    [
      faults.some((fault) => fault.startsWith('TLS handshake')),
      'Its TLS handshakes fail: it does not trust the certificate, or knows no TLS 1.2.',
    ],
    [faults.includes('malformed message'), 'It sends what is no LDAP: is it the right port, and ldaps:// for TLS?'],
  ];
  return [...remedies, ...others.filter(([is]) => is).map(([, text]) => text)];
}
