// Arbitrary messages, names and filters for the properties.
import fc from 'fast-check';
import type { AVA, DN } from '../../src/ldap/dn.js';
import type { Filter } from '../../src/ldap/filter.js';
import type {
  Attribute,
  Control,
  LDAPMessage,
  LDAPResult,
  ProtocolOp,
  Request,
  Response,
} from '../../src/ldap/message.js';
import { MAX_INT, Scope } from '../../src/ldap/message.js';

export const octets = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
/** Text that survives UTF-8: no lone surrogates, no U+FFFD. */
export const text = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .filter((s) => s.isWellFormed() && !s.includes('\ufffd'));
export const description = fc.constantFrom(
  'cn',
  'mail',
  'uid',
  'jpegPhoto;binary',
  '2.5.4.3',
  '__proto__',
  'constructor',
  'x-y;lang-de',
);

const maybe = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [name]: v }));

export const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('present' as const), attribute: description }),
    fc.record({
      kind: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
      attribute: description,
      value: octets,
    }),
    fc
      .tuple(description, octets, fc.array(octets, { maxLength: 3 }), octets)
      .map(([attribute, initial, any, final]): Filter => {
        const parts = any.filter((part) => part.length > 0);
        return {
          kind: 'substrings',
          attribute,
          any: parts,
          ...(initial.length > 0 || (parts.length === 0 && final.length === 0)
            ? { initial: Buffer.concat([initial, Buffer.from('x')]) }
            : {}),
          ...(final.length > 0 ? { final } : {}),
        };
      }),
    fc
      .tuple(
        fc.option(fc.constantFrom('caseIgnoreMatch', '2.5.13.2'), { nil: undefined }),
        description,
        octets,
        fc.boolean(),
        fc.boolean(),
      )
      .map(
        ([matchingRule, attribute, value, dnAttributes, named]): Filter => ({
          kind: 'extensibleMatch',
          ...(matchingRule === undefined ? {} : { matchingRule }),
          ...(named || matchingRule === undefined ? { attribute } : {}),
          value,
          dnAttributes,
        }),
      ),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ) as fc.Arbitrary<Filter>,
})).filter;

const attribute: fc.Arbitrary<Attribute> = fc.record({ type: description, values: fc.array(octets, { maxLength: 3 }) });
const attributes = fc.array(attribute, { maxLength: 4 });
const result: fc.Arbitrary<LDAPResult> = fc
  .tuple(
    fc.record({ code: fc.integer({ min: 0, max: 4096 }), matchedDN: text, text }),
    maybe('referral', fc.array(text, { minLength: 1, maxLength: 2 })),
  )
  .map(([required, referral]) => ({ ...required, ...referral }));
const integer = fc.integer({ min: 0, max: MAX_INT });

const record = <T>(
  kind: string,
  required: Record<string, fc.Arbitrary<unknown>>,
  ...optional: fc.Arbitrary<object>[]
) =>
  fc
    .tuple(fc.record({ kind: fc.constant(kind), ...required }), ...optional)
    .map((parts) => Object.assign({}, ...parts) as T);

const authentication = fc.oneof(
  fc.record({ method: fc.constant('simple'), password: octets }),
  fc
    .tuple(fc.record({ method: fc.constant('sasl'), mechanism: text }), maybe('credentials', octets))
    .map(([a, b]) => ({ ...a, ...b })),
  fc.record({ method: fc.constant('unknown'), tag: fc.constantFrom(1, 2, 4, 17, 30) }),
);

export const request: fc.Arbitrary<Request> = fc.oneof(
  record<Request>('bindRequest', { version: fc.integer(), name: text, authentication }),
  record<Request>('unbindRequest', {}),
  record<Request>('searchRequest', {
    baseObject: text,
    scope: fc.constantFrom(...Object.values(Scope)),
    derefAliases: fc.integer({ min: 0, max: 3 }),
    sizeLimit: integer,
    timeLimit: integer,
    typesOnly: fc.boolean(),
    filter,
    attributes: fc.array(text, { maxLength: 5 }),
  }),
  record<Request>('modifyRequest', {
    object: text,
    changes: fc.array(
      fc.record({ operation: fc.constantFrom('add', 'delete', 'replace', 'increment'), modification: attribute }),
      { maxLength: 3 },
    ),
  }),
  record<Request>('addRequest', { entry: text, attributes }),
  record<Request>('delRequest', { entry: text }),
  record<Request>(
    'modDNRequest',
    { entry: text, newrdn: text, deleteoldrdn: fc.boolean() },
    maybe('newSuperior', text),
  ),
  record<Request>('compareRequest', { entry: text, attribute: description, value: octets }),
  record<Request>('abandonRequest', { messageID: integer }),
  record<Request>('extendedRequest', { requestName: text }, maybe('requestValue', octets)),
);

export const response: fc.Arbitrary<Response> = fc.oneof(
  record<Response>('bindResponse', { result }, maybe('serverSaslCreds', octets)),
  record<Response>('searchResultEntry', { objectName: text, attributes }),
  record<Response>('searchResultReference', { uris: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  ...(
    ['searchResultDone', 'modifyResponse', 'addResponse', 'delResponse', 'modDNResponse', 'compareResponse'] as const
  ).map((kind) => record<Response>(kind, { result })),
  record<Response>('extendedResponse', { result }, maybe('responseName', text), maybe('responseValue', octets)),
  record<Response>('intermediateResponse', {}, maybe('responseName', text), maybe('responseValue', octets)),
);

const control: fc.Arbitrary<Control> = fc
  .tuple(
    fc.record({ type: fc.constantFrom('1.2.3', '1.2.840.113556.1.4.319'), critical: fc.boolean() }),
    maybe('value', octets),
  )
  .map(([a, b]) => ({ ...a, ...b }));

export const message = <Op extends ProtocolOp>(op: fc.Arbitrary<Op>): fc.Arbitrary<LDAPMessage<Op>> =>
  fc
    .tuple(
      fc.record({ messageID: fc.integer({ min: 0, max: MAX_INT }), op }),
      maybe('controls', fc.array(control, { maxLength: 3 })),
    )
    .map(([a, b]) => ({ ...a, ...b }) as LDAPMessage<Op>);

const value = fc
  .oneof(text, fc.string({ unit: fc.constantFrom(...' ,+"\\<>;=#aZ1é漢😀'), maxLength: 12 }))
  .filter((s) => s !== '' && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(s));
const ava: fc.Arbitrary<AVA> = fc.record({
  type: fc.constantFrom('uid', 'CN', 'ou', 'dc', '2.5.4.3', 'x-unknown'),
  value,
});
export const dn: fc.Arbitrary<DN> = fc.array(fc.array(ava, { minLength: 1, maxLength: 3 }), { maxLength: 5 });
