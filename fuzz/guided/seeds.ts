// What the guided fuzzers begin with: small inputs of every kind that the product's tests name as well.
import type { LDAPMessage, Response } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';

const OK = { code: 0, matchedDN: '', text: '' };
const octets = (text: string) => Buffer.from(text);

const responses: readonly LDAPMessage<Response>[] = [
  { messageID: 1, op: { kind: 'bindResponse', result: OK, serverSaslCreds: octets('x') } },
  {
    messageID: 2,
    op: { kind: 'searchResultEntry', objectName: 'cn=a', attributes: [{ type: 'cn', values: [octets('a')] }] },
  },
  { messageID: 3, op: { kind: 'searchResultReference', uris: ['ldap://x/'] } },
  { messageID: 4, op: { kind: 'searchResultDone', result: { ...OK, code: 10, referral: ['ldap://x/', 'ldap://y/'] } } },
  { messageID: 5, op: { kind: 'compareResponse', result: { code: 6, matchedDN: 'dc=x', text: 'y' } } },
  { messageID: 0, op: { kind: 'extendedResponse', result: OK, responseName: '1.2.3', responseValue: octets('z') } },
  { messageID: 6, op: { kind: 'intermediateResponse', responseName: '1.2.3', responseValue: octets('z') } },
  {
    messageID: 7,
    op: { kind: 'delResponse', result: OK },
    controls: [{ type: '1.2.3', critical: true, value: octets('v') }],
  },
];
export const RESPONSES: readonly Buffer[] = responses.map((message) => encodeMessage(message));

export const NAMES: readonly string[] = [
  '',
  'uid=alice,ou=Users,dc=example,dc=com',
  ' UID = Alice , 2.5.4.11=users;dc=example ; dc=com',
  'oid.2.5.4.3=x+uid=y,dc=z',
  'uid=x\\,ou\\3dOther,ou=Users,dc=z',
  'uid="x,ou=Other",ou=Users',
  'uid=#0405616c696365,ou=#0c0178',
  'cn=\\ a b\\ ,cn=\\#x,telephoneNumber=+1 23-4',
  'cn=Lu\\c4\\8di\\c4\\87,cn=Straße,cn=ﬀ',
  'x-unknown=a\\2cb+x-other=\\22\\5c',
];

export const FILTERS: readonly string[] = [
  '(cn=*)',
  '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
  '(!(cn=a*b*c))',
  '(o=*of*mich*)',
  '(uidNumber>=5)',
  '(uidNumber<=5)',
  '(cn~=x)',
  '(cn:caseExactMatch:=Fred)',
  '(sn:dn:2.4.6.8.10:=Barney)',
  '(:DN:2.4.6.8.10:=Dino)',
  '(cn;lang-en:=x)',
  '(bin=\\00\\ff\\2a)',
  '(sn=Lučić)',
  '(&)',
];

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const binary = (rest: string) => Buffer.concat([signature, Buffer.from(rest, 'hex')]);
export const PROXY_HEADERS: readonly Buffer[] = [
  octets('PROXY TCP4 192.0.2.1 198.51.100.7 56324 389\r\n'),
  octets('PROXY TCP6 2001:db8::1 2001:db8::2 4124 636\r\n'),
  octets('PROXY TCP6 ::ffff:192.0.2.1 fe80::2 1 2\r\n'),
  octets('PROXY UNKNOWN\r\n'),
  octets('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n0'),
  binary('2111000cc0000201c6336407dc040185'),
  binary(`21210024${'20010db8'}${'00'.repeat(11)}01${'20010db8'}${'00'.repeat(11)}02101c027c`),
  binary(`21210024${'00'.repeat(10)}ffffc0000201${'00'.repeat(10)}ffffc6336407101c027c`),
  binary('20000000'),
  binary('2111000fc0000201c6336407dc0401850300000441424344'),
  binary('210000040102'),
];
