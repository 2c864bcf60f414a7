// Our codec and two others: what we encode they read, what they make of it and encode again we read, and it is the same message.
import { deepEqual } from 'node:assert';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import * as ldapts from 'ldapts';
import t from 'tap';
import type { Filter } from '../../src/ldap/filter.js';
import { formatFilter } from '../../src/ldap/filter-text.js';
import type { Attribute, Control, LDAPMessage, LDAPResult, Request, Response } from '../../src/ldap/message.js';
import { BerWriter, Tag } from '../../src/wire/ber.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { searchRequest, simpleBind } from '../support/client.js';

// ldapjs' message classes have no types of their own.
interface PeerMessage {
  readonly messageId: number;
  readonly pojo: Record<string, unknown>;
  toBer(): { readonly buffer: Buffer };
}
const require = createRequire(import.meta.url);
const { LdapMessage } = require('@ldapjs/messages') as { LdapMessage: { parse(reader: unknown): PeerMessage } };
const { BerReader } = require('@ldapjs/asn1') as { BerReader: new (octets: Buffer) => unknown };

const readByLdapjs = (octets: Buffer): PeerMessage => LdapMessage.parse(new BerReader(octets));
const throughLdapjs = (octets: Buffer): Buffer => readByLdapjs(octets).toBer().buffer;

/** As ldapts' own parser for search requests reads them. */
function readByLdapts(octets: Buffer): ldapts.SearchRequest {
  const reader = new ldapts.BerReader(octets);
  reader.readSequence();
  const messageId = reader.readInt() ?? 0;
  reader.readSequence();
  const request = new ldapts.SearchRequest({ messageId, filter: new ldapts.PresenceFilter({ attribute: 'cn' }) });
  request.parse(reader, []);
  return request;
}

/** What a peer cannot do or does otherwise, so that such messages are not among those compared; each is looked at below. */
const differences: readonly {
  readonly reason: string;
  readonly op: Request | Response;
  readonly controls?: readonly Control[];
  /** Ours, through the peer. */
  readonly through: (octets: Buffer, m: LDAPMessage) => Buffer;
  /** Set where the peer throws. */
  readonly refuses?: RegExp;
}[] = [
  {
    reason: 'ldapjs has passwords as text: octets that are not UTF-8 are lost',
    op: simpleBind('uid=a', Buffer.of(0xff, 0xfe)),
    through: throughLdapjs,
  },
  {
    reason: 'ldapts has passwords as text as well',
    op: simpleBind('uid=a', Buffer.of(0xff, 0xfe)),
    through: (_, m) => byLdapts(m as LDAPMessage<Request>),
  },
  {
    reason: 'ldapjs has assertion values in a filter as text',
    op: { ...searchRequest({}), filter: { kind: 'equalityMatch', attribute: 'cn', value: Buffer.of(0xff, 0) } },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs writes text beyond ASCII in a filter below a NOT as something else',
    op: searchRequest({ base: 'uid=a', filter: '(!(!(cn=漢)))' }),
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs has the value of a compare as text',
    op: { kind: 'compareRequest', entry: 'uid=a', attribute: 'cn', value: Buffer.of(0xff) },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs writes the value of a control that it does not know as text',
    op: { kind: 'delRequest', entry: 'uid=a' },
    controls: [{ type: '1.2.3', critical: false, value: Buffer.of(0xff) }],
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs has the value of an extended response as other text',
    op: {
      kind: 'extendedResponse',
      result: { code: 0, matchedDN: '', text: '' },
      responseName: '1.2.3.4',
      responseValue: Buffer.from('a'),
    },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs writes the attribute types of an entry to add in lower case',
    op: { kind: 'addRequest', entry: 'uid=a', attributes: [{ type: 'givenName', values: [Buffer.from('A')] }] },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs refuses SASL binds',
    op: { kind: 'bindRequest', version: 3, name: '', authentication: { method: 'sasl', mechanism: 'EXTERNAL' } },
    through: throughLdapjs,
    refuses: /0xa3 not supported/,
  },
  {
    reason: 'ldapjs loses the SASL credentials of a bind response',
    op: {
      kind: 'bindResponse',
      result: { code: 14, matchedDN: '', text: '' },
      serverSaslCreds: Buffer.from('x'),
    },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs does not write referrals',
    op: { kind: 'searchResultDone', result: { code: 10, matchedDN: '', text: '', referral: ['ldap://x/'] } },
    through: throughLdapjs,
  },
  {
    reason: 'ldapjs does not know subordinateSubtree',
    op: searchRequest({ scope: 3 }),
    through: throughLdapjs,
    refuses: /invalid search scope/,
  },
  {
    reason: 'ldapjs does not know the increment of RFC 4525',
    op: {
      kind: 'modifyRequest',
      object: 'uid=a',
      changes: [{ operation: 'increment', modification: { type: 'uidNumber', values: [Buffer.from('1')] } }],
    },
    through: throughLdapjs,
    refuses: /invalid operation type/,
  },
  {
    reason: 'ldapts reads derefAliases as if it were the scope',
    op: { ...searchRequest({ base: 'uid=a', scope: 1, filter: '(cn=x)' }), derefAliases: 3 },
    through: (octets) => readByLdapts(octets).write(),
  },
];

/** Names and texts that every implementation takes. */
const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,12}$/);
const text = fc.string({ unit: fc.constantFrom(...'abcXYZ019 äß漢😀.-_@'), maxLength: 20 });
const value = text.filter((s) => s !== '').map((s) => Buffer.from(s, 'utf8'));
const dn = fc
  .array(fc.tuple(fc.constantFrom('uid', 'cn', 'ou', 'dc'), word), { minLength: 1, maxLength: 4 })
  .map((rdns) => rdns.map(([type, name]) => `${type}=${name}`).join(','));
const id = fc.integer({ min: 1, max: 2 ** 31 - 1 });

const asserted = fc.stringMatching(/^[a-zA-Z0-9 ._@-]{1,12}$/).map((s) => Buffer.from(s, 'utf8'));
const leaf = fc.oneof(
  fc.record({ kind: fc.constant('present' as const), attribute: word }),
  fc.record({
    kind: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
    attribute: word,
    value: asserted,
  }),
  fc
    .tuple(word, fc.option(asserted), fc.array(asserted, { maxLength: 3 }), asserted)
    .map(([attribute, initial, any, final]) => ({
      kind: 'substrings' as const,
      attribute,
      ...(initial === null ? {} : { initial }),
      any,
      final,
    })),
  fc
    .tuple(fc.option(word), fc.option(fc.constantFrom('2.5.13.2', '2.5.13.5')), asserted, fc.boolean())
    .map(([attribute, rule, value, dnAttributes]) => ({
      kind: 'extensibleMatch' as const,
      ...(rule === null && attribute !== null ? {} : { matchingRule: rule ?? '2.5.13.17' }),
      ...(attribute === null ? {} : { attribute }),
      value,
      dnAttributes,
    })),
);
const filter = fc.letrec((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ),
})).filter;

const attributes = fc.uniqueArray(fc.record({ type: word, values: fc.array(value, { minLength: 1, maxLength: 3 }) }), {
  maxLength: 4,
  selector: ({ type }) => type.toLowerCase(),
});
const kind = <Kind extends string>(name: Kind) => fc.constant(name);

const search = fc.record({
  kind: kind('searchRequest'),
  baseObject: dn,
  scope: fc.constantFrom(0, 1, 2),
  derefAliases: fc.integer({ min: 0, max: 3 }),
  sizeLimit: fc.nat(10_000),
  timeLimit: fc.nat(10_000),
  typesOnly: fc.boolean(),
  filter,
  attributes: fc.array(fc.oneof(word, fc.constantFrom('*', '+', '1.1')), { maxLength: 4 }),
});
const requests = fc.oneof(
  fc.tuple(dn, value).map(([name, password]) => simpleBind(name, password)),
  search,
  fc.record({ kind: kind('unbindRequest') }),
  fc.record({ kind: kind('compareRequest'), entry: dn, attribute: word, value }),
  fc.record({ kind: kind('delRequest'), entry: dn }),
  fc.record({ kind: kind('abandonRequest'), messageID: id }),
  fc.record({
    kind: kind('addRequest'),
    entry: dn,
    attributes: attributes.map((all) => all.map(({ type, values }) => ({ type: type.toLowerCase(), values }))),
  }),
  fc.record({
    kind: kind('modifyRequest'),
    object: dn,
    changes: attributes.map((all) =>
      all.map((modification, i) => ({ operation: ['add', 'delete', 'replace'][i % 3], modification })),
    ),
  }),
  fc.record(
    {
      kind: kind('modDNRequest'),
      entry: dn,
      newrdn: word.map((name) => `cn=${name}`),
      deleteoldrdn: fc.boolean(),
      newSuperior: dn,
    },
    { requiredKeys: ['kind', 'entry', 'newrdn', 'deleteoldrdn'] },
  ),
  fc.record({ kind: kind('extendedRequest'), requestName: fc.constantFrom('1.2.3.4', '1.3.6.1.4.1.4203.1.11.3') }),
  fc.record({ kind: kind('extendedRequest'), requestName: kind('1.2.3.4'), requestValue: value }),
) as fc.Arbitrary<Request>;

const result = fc.record({
  code: fc.constantFrom(0, 1, 2, 4, 5, 6, 10, 32, 34, 49, 50, 51, 52, 53, 80),
  matchedDN: fc.oneof(dn, kind('')),
  text,
});
const responses = fc.oneof(
  ...(
    [
      'bindResponse',
      'searchResultDone',
      'compareResponse',
      'addResponse',
      'delResponse',
      'modifyResponse',
      'modDNResponse',
    ] as const
  ).map((name) => fc.record({ kind: kind(name), result })),
  fc.record({ kind: kind('searchResultEntry'), objectName: dn, attributes }),
  fc.record({
    kind: kind('searchResultReference'),
    uris: fc.array(
      dn.map((name) => `ldap://host.example/${name}`),
      { minLength: 1, maxLength: 3 },
    ),
  }),
) as fc.Arbitrary<Response>;
const extendedResponses = fc.record({
  kind: kind('extendedResponse'),
  result,
  responseName: fc.constant('1.2.3.4'),
  responseValue: value,
}) as fc.Arbitrary<Response>;

const message = <Op extends Request | Response>(op: fc.Arbitrary<Op>) =>
  fc.record({ messageID: id, op }) as fc.Arbitrary<LDAPMessage<Op>>;

/** Simple paged results (RFC 2696), as far as a control of this kind. */
interface Page {
  readonly critical: boolean;
  readonly size: number;
  readonly cookie: Buffer;
}
const PAGED = '1.2.840.113556.1.4.319';
const page: fc.Arbitrary<Page> = fc.record({
  critical: fc.boolean(),
  size: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  cookie: fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
});
function pagedControl({ critical, size, cookie }: Page): Control {
  const writer = new BerWriter();
  writer.octets(cookie);
  writer.integer(size);
  writer.wrap(Tag.sequence, 0);
  return { type: PAGED, critical, value: writer.finish() };
}

/** An empty list of controls and none are the same. */
function plain(octets: Buffer) {
  const { controls, ...rest } = decodeMessage(octets);
  return controls === undefined || controls.length === 0 ? rest : { controls, ...rest };
}

/** What ldapjs reports about a message that it has read, in its words. */
function inLdapjsWords(op: Request | Response): Record<string, unknown> {
  const listed = (all: readonly Attribute[]) => all.map(({ type, values }) => ({ type, values: values.map(String) }));
  const done = ({ code: status, matchedDN, text: diagnosticMessage }: LDAPResult) => ({
    ...{ status, matchedDN, diagnosticMessage, referrals: [] },
  });
  switch (op.kind) {
    case 'bindRequest': {
      const credentials = op.authentication.method === 'simple' ? String(op.authentication.password) : undefined;
      return { version: 3, name: op.name, authenticationType: 'simple', credentials };
    }
    case 'unbindRequest':
      return {};
    case 'searchRequest': {
      const { kind: _, scope, filter: asked, ...alike } = op;
      return { ...alike, scope: ['base', 'single', 'subtree'][scope], filter: formatFilter(asked) };
    }
    case 'modifyRequest': {
      const changes = op.changes.map(({ operation, modification }) => ({
        operation,
        modification: listed([modification])[0],
      }));
      return { object: op.object, changes };
    }
    case 'addRequest':
      return { entry: op.entry, attributes: listed(op.attributes) };
    case 'delRequest':
      return { entry: op.entry };
    case 'modDNRequest':
      return { entry: op.entry, newRdn: op.newrdn, deleteOldRdn: op.deleteoldrdn, newSuperior: op.newSuperior };
    case 'compareRequest':
      return { entry: op.entry, attribute: op.attribute, value: String(op.value) };
    case 'abandonRequest':
      return { abandonId: op.messageID };
    case 'extendedRequest':
      return { requestName: op.requestName, requestValue: op.requestValue?.toString() };
    case 'searchResultEntry':
      return { objectName: op.objectName, attributes: listed(op.attributes) };
    case 'searchResultReference':
      return { uri: op.uris };
    case 'intermediateResponse':
      return { responseName: op.responseName };
    default:
      return done(op.result);
  }
}

t.test('what we encode ldapjs understands as it was meant', async (t) => {
  const meant = (m: LDAPMessage) => {
    const { messageId, pojo } = readByLdapjs(encodeMessage(m));
    const told = Object.fromEntries(
      Object.entries(pojo).filter(([name]) => !['messageId', 'protocolOp', 'type', 'controls'].includes(name)),
    );
    const defined = Object.entries(inLdapjsWords(m.op)).filter(([name, told]) => told !== undefined || name in pojo);
    deepEqual([messageId, told], [m.messageID, Object.fromEntries(defined)]);
  };
  fc.assert(fc.property(message(requests), meant), { numRuns: 500 });
  fc.assert(fc.property(message(responses), meant), { numRuns: 500 });
  t.pass('a thousand of them');
});

t.test('paged results mean the same to all three', async (t) => {
  const searched = { messageId: 7, baseDN: 'dc=x', filter: new ldapts.PresenceFilter({ attribute: 'cn' }) };
  const asked = { ...searchRequest({ base: 'dc=x' }), filter: { kind: 'present', attribute: 'cn' } as Filter };
  const answered: Response = { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text: '' } };
  fc.assert(
    fc.property(page, (p) => {
      const { critical, size, cookie } = p;
      const controls = [pagedControl(p)];
      const ours = encodeMessage({ messageID: 7, op: asked, controls });
      const value = { size, cookie };
      deepEqual(readByLdapjs(ours).pojo.controls, [{ type: PAGED, criticality: critical, value }]);
      deepEqual(decodeMessage(throughLdapjs(ours)).controls, controls);
      const theirs = new ldapts.SearchRequest({
        ...searched,
        controls: [new ldapts.PagedResultsControl({ critical, value })],
      });
      deepEqual(decodeMessage(theirs.write()).controls, controls);
      const parser = new ldapts.MessageParser();
      let read: unknown;
      parser.on('message' as never, ((seen: { controls: unknown }) => (read = seen.controls)) as never);
      const waiting = new Map([['7', { message: theirs as never }]]);
      parser.read(encodeMessage({ messageID: 7, op: answered, controls }), waiting);
      deepEqual(
        (read as { value: unknown }[]).map((control) => control.value),
        [value],
      );
    }),
    { numRuns: 300 },
  );
  t.pass('three hundred of them');
});

t.test('requests and responses go through ldapjs and come back octet for octet the same', async (t) => {
  const same = (m: LDAPMessage) => {
    const ours = encodeMessage(m);
    const theirs = throughLdapjs(ours);
    deepEqual(plain(theirs), m);
    deepEqual(theirs.toString('hex'), ours.toString('hex'));
  };
  fc.assert(fc.property(message(requests), same), { numRuns: 500 });
  fc.assert(fc.property(message(responses), same), { numRuns: 500 });
  t.pass('a thousand of them');
});

const SCOPES = ['base', 'one', 'sub'] as const;
const DEREF = ['never', 'search', 'find', 'always'] as const;

type PeerFilter = ldapts.Filter;
function ldaptsFilter(f: { kind: string } & Record<string, unknown>): PeerFilter {
  const { attribute, value: octets } = f as unknown as { attribute: string; value: Buffer };
  const simple = { attribute, value: octets?.toString('utf8') };
  switch (f.kind) {
    case 'present':
      return new ldapts.PresenceFilter({ attribute });
    case 'equalityMatch':
      return new ldapts.EqualityFilter(simple);
    case 'greaterOrEqual':
      return new ldapts.GreaterThanEqualsFilter(simple);
    case 'lessOrEqual':
      return new ldapts.LessThanEqualsFilter(simple);
    case 'approxMatch':
      return new ldapts.ApproximateFilter(simple);
    case 'substrings': {
      const { initial, any, final } = f as unknown as { initial?: Buffer; any: Buffer[]; final?: Buffer };
      return new ldapts.SubstringFilter({
        attribute,
        any: any.map(String),
        ...(initial === undefined ? {} : { initial: String(initial) }),
        ...(final === undefined ? {} : { final: String(final) }),
      });
    }
    case 'extensibleMatch': {
      const { matchingRule, dnAttributes } = f as unknown as { matchingRule?: string; dnAttributes: boolean };
      return new ldapts.ExtensibleFilter({
        ...{ matchType: attribute ?? '', rule: matchingRule ?? '', value: simple.value, dnAttributes },
      });
    }
    case 'not':
      return new ldapts.NotFilter({ filter: ldaptsFilter(f.filter as never) });
    default: {
      const filters = (f.filters as never[]).map((one) => ldaptsFilter(one));
      return f.kind === 'and' ? new ldapts.AndFilter({ filters }) : new ldapts.OrFilter({ filters });
    }
  }
}

/** The same request as ldapts encodes it. */
function byLdapts({ messageID: messageId, op }: LDAPMessage<Request>): Buffer {
  switch (op.kind) {
    case 'bindRequest': {
      const { authentication } = op;
      const secret = authentication.method === 'simple' ? authentication.password : undefined;
      return new ldapts.BindRequest({
        messageId,
        dn: op.name,
        password: String(authentication.method === 'sasl' ? authentication.credentials : secret),
        ...(authentication.method === 'sasl' ? { mechanism: authentication.mechanism as 'PLAIN' } : {}),
      }).write();
    }
    case 'searchRequest':
      return new ldapts.SearchRequest({
        messageId,
        baseDN: op.baseObject,
        scope: SCOPES[op.scope as 0 | 1 | 2],
        derefAliases: DEREF[op.derefAliases as 0 | 1 | 2 | 3],
        sizeLimit: op.sizeLimit,
        timeLimit: op.timeLimit,
        returnAttributeValues: !op.typesOnly,
        attributes: [...op.attributes],
        filter: ldaptsFilter(op.filter as never),
      }).write();
    case 'unbindRequest':
      return new ldapts.UnbindRequest({ messageId }).write();
    case 'compareRequest':
      return new ldapts.CompareRequest({
        messageId,
        dn: op.entry,
        attribute: op.attribute,
        value: String(op.value),
      }).write();
    case 'delRequest':
      return new ldapts.DeleteRequest({ messageId, dn: op.entry }).write();
    case 'abandonRequest':
      return new ldapts.AbandonRequest({ messageId, abandonId: op.messageID }).write();
    case 'extendedRequest':
      return new ldapts.ExtendedRequest({
        messageId,
        oid: op.requestName,
        ...(op.requestValue === undefined ? {} : { value: String(op.requestValue) }),
      }).write();
    case 'addRequest':
      return new ldapts.AddRequest({
        messageId,
        dn: op.entry,
        attributes: op.attributes.map(({ type, values }) => new ldapts.Attribute({ type, values: values.map(String) })),
      }).write();
    case 'modifyRequest':
      return new ldapts.ModifyRequest({
        messageId,
        dn: op.object,
        changes: op.changes.map(
          ({ operation, modification: { type, values } }) =>
            new ldapts.Change({
              operation: operation as 'add',
              modification: new ldapts.Attribute({ type, values: values.map(String) }),
            }),
        ),
      }).write();
    case 'modDNRequest':
      return new ldapts.ModifyDNRequest({
        messageId,
        dn: op.entry,
        newRdn: op.newrdn,
        deleteOldRdn: op.deleteoldrdn,
        newSuperior: op.newSuperior ?? '',
      }).write();
  }
}

t.test('what ldapts sends is read as it was meant, and is octet for octet what we would have sent', async (t) => {
  const sasl = fc.record({
    kind: kind('bindRequest'),
    version: fc.constant(3),
    name: kind(''),
    authentication: fc.record({ method: kind('sasl'), mechanism: kind('PLAIN'), credentials: value }),
  }) as fc.Arbitrary<Request>;
  fc.assert(
    fc.property(message(fc.oneof(requests, requests, requests, sasl)), (m) => {
      const octets = byLdapts(m);
      deepEqual(plain(octets), m);
      deepEqual(octets.toString('hex'), encodeMessage(m).toString('hex'));
    }),
    { numRuns: 800 },
  );
  t.pass('eight hundred of them');
});

t.test('what we answer ldapts reads as it was meant, also in pieces', async (t) => {
  const filter = new ldapts.PresenceFilter({ attribute: 'cn' });
  const read = (m: LDAPMessage<Response>, cut: number) => {
    const parser = new ldapts.MessageParser();
    let seen: unknown;
    parser.on(
      'message' as never,
      ((parsed: unknown) => {
        seen = parsed;
      }) as never,
    );
    parser.on(
      'error' as never,
      ((error: Error) => {
        throw error;
      }) as never,
    );
    const octets = encodeMessage(m);
    const asked = new Map([
      [String(m.messageID), { message: new ldapts.SearchRequest({ messageId: m.messageID, filter }) as never }],
    ]);
    parser.read(octets.subarray(0, cut % octets.length), asked);
    parser.read(octets.subarray(cut % octets.length), asked);
    return seen as {
      messageId: number;
      status: number;
      matchedDN: string;
      errorMessage: string;
      name: string;
      attributes: { type: string; values: string[] }[];
      uris: string[];
      oid?: string;
      value?: string;
    };
  };
  fc.assert(
    fc.property(message(fc.oneof(responses, extendedResponses)), fc.nat(), (m, cut) => {
      const seen = read(m, cut);
      deepEqual(seen.messageId, m.messageID);
      if ('result' in m.op) {
        const { code, matchedDN, text: diagnostic } = m.op.result;
        deepEqual([seen.status, seen.matchedDN, seen.errorMessage], [code, matchedDN, diagnostic]);
      }
      if (m.op.kind === 'searchResultEntry') {
        deepEqual(seen.name, m.op.objectName);
        deepEqual(
          seen.attributes.map(({ type, values }) => [type, values.map(String)]),
          m.op.attributes.map(({ type, values }) => [type, values.map(String)]),
        );
      }
      if (m.op.kind === 'searchResultReference') deepEqual(seen.uris, m.op.uris);
      if (m.op.kind === 'extendedResponse')
        deepEqual([seen.oid, String(seen.value)], [m.op.responseName, String(m.op.responseValue)]);
    }),
    { numRuns: 300 },
  );
  t.pass('three hundred of them');
});

t.test('what the others do otherwise', async (t) => {
  for (const { reason, op, controls, through, refuses } of differences) {
    const m: LDAPMessage = { messageID: 1, op, ...(controls === undefined ? {} : { controls }) };
    t.same(plain(encodeMessage(m)), m, `ours is right: ${reason}`);
    if (refuses === undefined) t.notSame(plain(through(encodeMessage(m), m)), m, reason);
    else t.throws(() => through(encodeMessage(m), m), { message: refuses }, reason);
  }
});
