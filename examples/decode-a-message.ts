// What is in a captured LDAP message: decoded to plain data, with its name and filter in their string forms, and encoded again.
import { decodeMessage, encodeMessage, formatDN, formatFilter, ProtocolError, parentDN, parseDN } from 'jumpgate/wire';

const captured = Buffer.from(
  'MF0CAQJjWAQab3U9VXNlcnMsZGM9ZXhhbXBsZSxkYz1jb20KAQIKAQACAQACAQABAQCgJaMVBAtvYmplY3RDbGFzcwQGcGVyc29upAwEA3VpZDAFgANhZGEwBAQCY24=',
  'base64',
);

const message = decodeMessage(captured);
const { messageID, op } = message;
if (op.kind === 'searchRequest') {
  console.log(
    `${messageID}: search below ${op.baseObject} for ${formatFilter(op.filter)}, attributes ${op.attributes}`,
  );
  const base = parseDN(op.baseObject);
  if (base !== undefined) console.log(`the superior is ${formatDN(parentDN(base))}`);
}
console.log(`encoded again, it is ${encodeMessage(message).equals(captured) ? 'the same' : 'different'}`);

try {
  decodeMessage(captured.subarray(1));
} catch (error) {
  if (!(error instanceof ProtocolError)) throw error;
  console.log(`not LDAP: ${error.message}`);
}
