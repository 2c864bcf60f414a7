// What would help a client, judged by its profile: each rule looks at one thing and names one fix, here or in the application. Advice about
// a reason is in the table of reasons.
import { textOfReason } from '../../gate/explain/reasons.js';
import { isLoopback } from '../../runtime/loopback.js';
import type { ClientProfile, SearchProfile } from './client-profile.js';

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

/** Sentences, the most urgent first; empty if there is nothing to improve. */
export function adviceFor(client: ClientProfile): string[] {
  return [
    ...aboutBinds(client),
    ...aboutChannel(client),
    ...client.searches.flatMap(aboutSearch),
    ...aboutTheRest(client),
  ].filter((text, i, all) => all.indexOf(text) === i);
}

function aboutBinds({ binds, names }: ClientProfile): string[] {
  const isDomain = names.some(({ form }) => form === 'DOMAIN\\name');
  const isLost = binds.some(({ reason }) => reason === 'unknown-name' || reason === 'not-a-user-name');
  const domain =
    isDomain && isLost
      ? ['It sends DOMAIN\\name: list the domain in local.domains, or have it send the bare user name or a DN.']
      : [];
  return [...domain, ...binds.map(({ reason }) => textOfReason(reason)?.advice).filter((text) => text !== undefined)];
}

function aboutChannel({ address, wantsStartTLS, isClear, names, usesStartTLS }: ClientProfile): string[] {
  if (wantsStartTLS && !usesStartTLS)
    return ['It asks for StartTLS, which is refused: set listen.tls.certFile and listen.tls.keyFile.'];
  const isFar = address !== '' && !isLoopback(address);
  // An anonymous bind, as of a health check, has no password.
  return isFar && isClear && names.some(({ form }) => form !== 'nothing')
    ? [
        'Its passwords come in cleartext over a network: switch StartTLS or ldaps:// on (listen.tls), then set listen.requireTls.',
      ]
    : [];
}

function aboutSearch(search: SearchProfile): string[] {
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
      ? [`${filter} never found anything: check its values.`]
      : []),
  ];
}

function aboutTheRest({ refusals, faults }: ClientProfile): string[] {
  const remedies = refusals.map((reason) => textOfReason(reason)?.advice).filter((text) => text !== undefined);
  const others: [boolean, string][] = [
    [
      faults.includes('idle'),
      'Its idle connections are closed: raise listen.limits.idleTime, or have it close them itself.',
    ],
    [faults.includes('client does not read'), 'It does not read the responses to its requests.'],
    [
      faults.includes('too many connections from this address'),
      'It opens more connections than listen.limits.connectionsPerAddress allows.',
    ],
    [
      faults.some((fault) => fault.startsWith('TLS handshake')),
      'Its TLS handshakes fail: it does not trust the certificate, or does not support TLS 1.2.',
    ],
    [faults.includes('malformed message'), 'What it sends is not LDAP: is it the right port, and ldaps:// for TLS?'],
  ];
  return [...remedies, ...others.filter(([is]) => is).map(([, text]) => text)];
}
