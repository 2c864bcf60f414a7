// Valid requests of every kind: what the mutations begin with. No right password is among them.
import type { Filter } from '../src/ldap/filter.js';
import { type Control, Oid, type Request, Scope } from '../src/ldap/message.js';
import { encodeMessage } from '../src/wire/encode.js';
import type { Random } from './random.js';

const BASE = 'dc=example,dc=com';
const USERS = `ou=Users,${BASE}`;
const NAMES = [
  '',
  BASE,
  USERS,
  `ou=Groups,${BASE}`,
  'cn=Subschema',
  `cn=wayk-users,ou=Groups,${BASE}`,
  `uid=quillon.varrek,${USERS}`,
  `UID=Mirelle.Oskand, ou=users , ${BASE}`,
  `uid=corvane.thessly,${USERS}`,
  `uid=ldap-reader,${USERS}`,
  `uid=x\\2cy+cn=#0403616263,${USERS}`,
  `mail=quillon.varrek@example.test,${USERS}`,
  'quillon.varrek',
  'quillon.varrek@example.test',
  'EXAMPLE\\quillon.varrek',
  'nobody',
];
const PASSWORDS = ['', '\0', ' ', 'wrong', 'x'.repeat(40), 'pässwörd', '\xff\xfe', 'wrong,123456'];
const TYPES = [
  'uid',
  'cn',
  'objectClass',
  'member',
  'memberOf',
  'uidNumber',
  'mail',
  'userPassword',
  '2.5.4.3',
  'cn;lang-de',
  'entryUUID',
  'createTimestamp',
  'jpegPhoto',
  '__proto__',
  'x-unknown',
];
const SELECTIONS = [...TYPES, '*', '+', '1.1', '@person', 'supportedControl', 'attributeTypes'];
const RULES = [
  'caseIgnoreMatch',
  '2.5.13.2',
  'caseExactMatch',
  'distinguishedNameMatch',
  'integerOrderingMatch',
  'caseIgnoreSubstringsMatch',
  'nonsense',
];
const CONTROLS = [
  '1.2.840.113556.1.4.319',
  '1.2.840.113556.1.4.473',
  '1.2.826.0.1.3344810.2.3',
  '1.3.6.1.1.12',
  '2.16.840.1.113730.3.4.2',
  '1.2.840.113556.1.4.1339',
  '1.3.6.1.4.1.42.2.27.8.5.1',
  '2.16.840.1.113730.3.4.18',
  '1.2.3.4',
];
const CONTROL_VALUES = [
  '',
  '30050201050400',
  '300602017f040178',
  '300430020403',
  '3006300404026e6f',
  '300487027569',
  '87036f626a',
  'a30a0403756964040378797a',
  'ff',
  '3000',
];
const EXTENSIONS = [Oid.whoAmI, Oid.startTLS, Oid.passwordModify, Oid.cancel, '1.2.3.4', '', 'x'];
const MECHANISMS = ['PLAIN', 'EXTERNAL', 'ANONYMOUS', 'DIGEST-MD5', ''];
const IDS = [0, 1, 2, 3, 7, 127, 128, 255, 32767, 65536, 2 ** 31 - 1];
const VALUES = [
  'quillon.varrek',
  'x',
  '',
  '*',
  'a  b',
  '20260101000000Z',
  '5001',
  '-1',
  'person',
  `uid=quillon.varrek,${USERS}`,
  '\u00ad',
  '2.5.4.3',
];

const text = (random: Random) => Buffer.from(random.pick(VALUES));

function filter(random: Random, depth = 0): Filter {
  const attribute = random.pick(TYPES);
  switch (random.below(depth > 4 ? 7 : 10)) {
    case 0:
      return { kind: 'present', attribute };
    case 1:
      return { kind: 'greaterOrEqual', attribute, value: text(random) };
    case 2:
      return { kind: 'lessOrEqual', attribute, value: text(random) };
    case 3:
      return { kind: 'approxMatch', attribute, value: text(random) };
    case 4: {
      const initial = random.once(2) ? { initial: text(random) } : {};
      const final = random.once(2) ? { final: text(random) } : {};
      return {
        kind: 'substrings',
        attribute,
        any: Array.from({ length: 1 + random.below(3) }, () => text(random)),
        ...initial,
        ...final,
      };
    }
    case 5: {
      const rule = random.once(2) ? { matchingRule: random.pick(RULES) } : {};
      const named = random.once(2) || !('matchingRule' in rule) ? { attribute } : {};
      return { kind: 'extensibleMatch', ...rule, ...named, value: text(random), dnAttributes: random.once(2) };
    }
    case 6:
      return { kind: 'equalityMatch', attribute, value: text(random) };
    case 7:
      return { kind: 'not', filter: filter(random, depth + 1) };
    default:
      return {
        kind: random.once(2) ? 'and' : 'or',
        filters: Array.from({ length: random.below(4) }, () => filter(random, depth + 1)),
      };
  }
}

function bindRequest(random: Random): Request {
  const name = random.pick(NAMES);
  const password = Buffer.from(random.pick(PASSWORDS), 'latin1');
  const credentials = Buffer.from(`\0${name}\0${random.pick(PASSWORDS)}`);
  const authentication = random.once(4)
    ? ({ method: 'sasl', mechanism: random.pick(MECHANISMS), credentials } as const)
    : ({ method: 'simple', password } as const);
  return { kind: 'bindRequest', version: random.once(10) ? random.below(300) : 3, name, authentication };
}

function request(random: Random): Request {
  const name = random.pick(NAMES);
  const attributes = [{ type: random.pick(TYPES), values: [text(random), text(random)] }];
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return bindRequest(random);
    case 3:
      return { kind: 'compareRequest', entry: name, attribute: random.pick(TYPES), value: text(random) };
    case 4: {
      const operation = random.pick(['add', 'delete', 'replace', 'increment'] as const);
      return {
        kind: 'modifyRequest',
        object: name,
        changes: attributes.map((modification) => ({ operation, modification })),
      };
    }
    case 5:
      return { kind: 'addRequest', entry: name, attributes };
    case 6:
      return { kind: 'delRequest', entry: name };
    case 7: {
      const newSuperior = random.once(2) ? { newSuperior: random.pick(NAMES) } : {};
      return { kind: 'modDNRequest', entry: name, newrdn: 'uid=new', deleteoldrdn: random.once(2), ...newSuperior };
    }
    case 8:
      return { kind: 'abandonRequest', messageID: random.pick(IDS) };
    case 9: {
      const requestValue = random.once(2) ? { requestValue: Buffer.from(random.pick(CONTROL_VALUES), 'hex') } : {};
      return { kind: 'extendedRequest', requestName: random.pick(EXTENSIONS), ...requestValue };
    }
    default:
      return {
        kind: 'searchRequest',
        baseObject: name,
        scope: random.pick(Object.values(Scope)),
        derefAliases: random.below(4),
        sizeLimit: random.once(3) ? random.below(5) : 0,
        timeLimit: random.once(3) ? random.below(5) : 0,
        typesOnly: random.once(4),
        filter: filter(random),
        attributes: Array.from({ length: random.below(4) }, () => random.pick(SELECTIONS)),
      };
  }
}

function control(random: Random): Control {
  const value = random.once(4) ? {} : { value: Buffer.from(random.pick(CONTROL_VALUES), 'hex') };
  return { type: random.pick(CONTROLS), critical: random.once(3), ...value };
}

/** Encoded requests. Unbind is rare: it would end most conversations immediately. */
export function corpus(random: Random, count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const op: Request = random.once(80) ? { kind: 'unbindRequest' } : request(random);
    const controls = random.once(3) ? { controls: Array.from({ length: random.below(4) }, () => control(random)) } : {};
    return encodeMessage({ messageID: random.pick(IDS), op, ...controls });
  });
}
