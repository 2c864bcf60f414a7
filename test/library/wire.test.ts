// The codec as a library: what goes in comes out, however the bytes are cut, and what is wrong is an error with a name.
import fc from 'fast-check';
import t from 'tap';
import * as wire from '../../src/wire.js';

const search: wire.LDAPMessage = {
  messageID: 7,
  op: {
    kind: 'searchRequest',
    baseObject: 'dc=example,dc=com',
    scope: wire.Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: wire.parseFilter('(&(objectClass=person)(uid=ada*))'),
    attributes: ['cn', 'mail'],
  },
};

t.test('exactly these names are promised', async (t) => {
  t.same(Object.keys(wire).sort(), [
    ...['FilterSyntaxError', 'LimitExceeded', 'MessageFramer', 'MessageTooLong', 'Oid', 'ProtocolError'],
    ...['ResultCode', 'Scope', 'decodeMessage', 'decodeRequest', 'decodeResponse', 'dnKey', 'encodeMessage'],
    ...['formatDN', 'formatFilter', 'formatRDN', 'isBelowOrEqual', 'parentDN', 'parseDN', 'parseFilter', 'resultName'],
  ]);
  const [index, testing] = await Promise.all([import('../../src/index.js'), import('../../src/testing.js')]);
  t.same(Object.keys(index).sort(), ['ConfigError', 'start', 'version']);
  t.same(Object.keys(testing), ['startStandIn']);
});

t.test('a message is decoded to what was encoded', async (t) => {
  const bytes = wire.encodeMessage(search);
  t.same(wire.decodeMessage(bytes), search);
  t.same(wire.decodeRequest(bytes), search);
  t.throws(() => wire.decodeResponse(bytes), wire.ProtocolError);
  const { op } = wire.decodeRequest(bytes);
  t.equal(op.kind === 'searchRequest' && wire.formatFilter(op.filter), '(&(objectClass=person)(uid=ada*))');
});

t.test('messages come whole, however the stream is cut, and the chunks stay as they were', async (t) => {
  const stream = Buffer.concat([search, search, search].map((one, i) => wire.encodeMessage({ ...one, messageID: i })));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes) => {
      const framer = new wire.MessageFramer();
      const ids: number[] = [];
      const sent = Buffer.from(stream);
      for (let at = 0, i = 0; at < sent.length; i++) {
        const chunk = sent.subarray(at, at + sizes[i % sizes.length]!);
        at += chunk.length;
        for (const bytes of framer.push(chunk)) ids.push(wire.decodeMessage(bytes).messageID);
      }
      return ids.join() === '0,1,2' && framer.pendingBytes === 0 && sent.equals(stream);
    }),
  );
  const framer = new wire.MessageFramer();
  framer.push(stream.subarray(0, 5));
  t.equal(framer.pendingBytes, 5);
});

t.test('anything but a message, and what is too long, is an error of its kind', async (t) => {
  t.throws(() => new wire.MessageFramer().push(Buffer.from('GET / HTTP/1.1\r\n')), wire.ProtocolError);
  try {
    new wire.MessageFramer({ limit: 10 }).push(wire.encodeMessage(search));
    t.fail('it is refused');
  } catch (error) {
    t.ok(error instanceof wire.MessageTooLong);
  }
  t.throws(() => wire.decodeMessage(Buffer.alloc(0)), wire.ProtocolError);
  t.throws(() => wire.parseFilter('(uid=ada'), { name: 'FilterSyntaxError', position: 8 });
});

t.test('names are compared by their structure', async (t) => {
  const [one, other] = ['UID=Ada,dc=example', 'uid=ada, DC=Example'].map((text) => wire.parseDN(text)!);
  t.equal(wire.dnKey(one!), wire.dnKey(other!));
  t.equal(wire.formatDN([[{ type: 'uid', value: 'o,connor' }], ...wire.parentDN(one!)]), 'uid=o\\,connor,dc=example');
  t.ok(wire.isBelowOrEqual(one!, wire.parentDN(other!)));
  t.equal(wire.parseDN('no name'), undefined);
  t.equal(wire.resultName(wire.ResultCode.invalidCredentials), 'invalidCredentials');
});
