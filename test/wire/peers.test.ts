// Our codec and two others: what we encode they read, what they make of it and encode again we read, and it is the same message.
import { deepEqual } from 'node:assert';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import * as ldapts from 'ldapts';
import t from 'tap';
import type { LDAPMessage, Request, Response } from '../../src/ldap/message.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { searchRequest, simpleBind } from '../support/client.js';

// ldapjs' message classes have no types of their own.
interface PeerMessage {
  toBer(): { readonly buffer: Buffer };
}
const require = createRequire(import.meta.url);
const { LdapMessage } = require('@ldapjs/messages') as { LdapMessage: { parse(reader: unknown): PeerMessage } };
const { BerReader } = require('@ldapjs/asn1') as { BerReader: new (octets: Buffer) => unknown };

const throughLdapjs = (octets: Buffer): Buffer => LdapMessage.parse(new BerReader(octets)).toBer().buffer;

/** What a peer cannot do or does otherwise, so that such messages are not among those compared; each is looked at below. */
const DIFFERENCES: readonly {
  readonly reason: string;
  readonly message: LDAPMessage;
  readonly through: 'ldapjs' | 'ldapts';
}[] = [
  {
    reason: 'ldapjs has passwords as text: octets that are no UTF-8 are lost',
    message: { messageID: 1, op: simpleBind('uid=a', Buffer.of(0xff, 0xfe)) },
    through: 'ldapjs',
  },
  {
    reason: 'ldapts has passwords as text as well',
    message: { messageID: 1, op: simpleBind('uid=a', Buffer.of(0xff, 0xfe)) },
    through: 'ldapts',
  },
  {
    reason: 'ldapjs has the value of an extended response as other text',
    message: {
      messageID: 1,
      op: {
        kind: 'extendedResponse',
        result: { code: 0, matchedDN: '', text: '' },
        responseName: '1.2.3.4',
        responseValue: Buffer.from('a'),
      },
    },
    through: 'ldapjs',
  },
  {
    reason: 'ldapjs writes the attribute types of an entry to add in lower case',
    message: {
      messageID: 1,
      op: { kind: 'addRequest', entry: 'uid=a', attributes: [{ type: 'givenName', values: [Buffer.from('A')] }] },
    },
    through: 'ldapjs',
  },
  {
    reason: 'ldapjs writes text beyond ASCII in a filter below a NOT as something else',
    message: {
      messageID: 1,
      op: searchRequest({ base: 'uid=a', filter: '(!(!(cn=漢)))' }),
    },
    through: 'ldapjs',
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
  fc.record({
    kind: kind('modDNRequest'),
    entry: dn,
    newrdn: word.map((name) => `cn=${name}`),
    deleteoldrdn: fc.boolean(),
    newSuperior: dn,
  }),
  fc.record({ kind: kind('extendedRequest'), requestName: fc.constantFrom('1.2.3.4', '1.3.6.1.4.1.4203.1.11.3') }),
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
) as fc.Arbitrary<Response>;
const extendedResponses = fc.record({
  kind: kind('extendedResponse'),
  result,
  responseName: fc.constant('1.2.3.4'),
  responseValue: value,
}) as fc.Arbitrary<Response>;

const message = <Op extends Request | Response>(op: fc.Arbitrary<Op>) =>
  fc.record({ messageID: id, op }) as fc.Arbitrary<LDAPMessage<Op>>;

/** An empty list of controls and none are the same. */
function plain(octets: Buffer) {
  const { controls, ...rest } = decodeMessage(octets);
  return controls === undefined || controls.length === 0 ? rest : { controls, ...rest };
}

t.test('requests and responses go through ldapjs and come back the same', async (t) => {
  const same = (m: LDAPMessage) => deepEqual(plain(throughLdapjs(encodeMessage(m))), m);
  fc.assert(fc.property(message(requests), same), { numRuns: 500 });
  fc.assert(fc.property(message(responses), same), { numRuns: 500 });
  t.pass('a thousand of them');
});

t.test('ldapjs encodes most messages to the very same octets', async (t) => {
  let same = 0;
  const count = (m: LDAPMessage) => {
    const ours = encodeMessage(m);
    if (throughLdapjs(ours).equals(ours)) same++;
  };
  const all = [...fc.sample(message(requests), 200), ...fc.sample(message(responses), 200)];
  for (const m of all) count(m);
  t.ok(same > 300, `${same} of ${all.length}`);
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
    case 'not':
      return new ldapts.NotFilter({ filter: ldaptsFilter(f.filter as never) });
    default: {
      const filters = (f.filters as never[]).map((one) => ldaptsFilter(one));
      return f.kind === 'and' ? new ldapts.AndFilter({ filters }) : new ldapts.OrFilter({ filters });
    }
  }
}

/** The same request as ldapts encodes it. */
function byLdapts({ messageID: messageId, op }: LDAPMessage<Request>): Buffer | undefined {
  switch (op.kind) {
    case 'bindRequest':
      return op.authentication.method === 'simple'
        ? new ldapts.BindRequest({ messageId, dn: op.name, password: String(op.authentication.password) }).write()
        : undefined;
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
      return new ldapts.ExtendedRequest({ messageId, oid: op.requestName }).write();
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

t.test('what ldapts sends is read as it was meant', async (t) => {
  let compared = 0;
  fc.assert(
    fc.property(message(requests), (m) => {
      const octets = byLdapts(m);
      if (octets === undefined) return;
      compared++;
      deepEqual(plain(octets), m);
    }),
    { numRuns: 500 },
  );
  t.ok(compared > 400, `${compared} compared`);
});

t.test('what we answer ldapts reads as it was meant, also in pieces', async (t) => {
  const classes: Record<string, new (options: { messageId: number }) => unknown> = {
    bindResponse: ldapts.BindRequest,
    searchResultDone: ldapts.SearchRequest as never,
    searchResultEntry: ldapts.SearchRequest as never,
    compareResponse: ldapts.CompareRequest,
    addResponse: ldapts.AddRequest as never,
    delResponse: ldapts.DeleteRequest,
    modifyResponse: ldapts.ModifyRequest,
    modDNResponse: ldapts.ModifyDNRequest,
    extendedResponse: ldapts.ExtendedRequest,
  };
  const options = { messageId: 1, dn: 'cn=x', filter: new ldapts.PresenceFilter({ attribute: 'cn' }) };
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
    const Asked = classes[m.op.kind]!;
    const asked = new Map([
      [String(m.messageID), { message: new Asked({ ...options, messageId: m.messageID }) as never }],
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
      if (m.op.kind === 'extendedResponse')
        deepEqual([seen.oid, String(seen.value)], [m.op.responseName, String(m.op.responseValue)]);
    }),
    { numRuns: 300 },
  );
  t.pass('three hundred of them');
});

t.test('what the others do otherwise', async (t) => {
  for (const { reason, message: m, through } of DIFFERENCES) {
    const octets = through === 'ldapjs' ? throughLdapjs(encodeMessage(m)) : byLdapts(m as LDAPMessage<Request>);
    t.notSame(octets === undefined ? undefined : plain(octets), m, reason);
    t.same(plain(encodeMessage(m)), m, 'and ours does not');
  }
});
