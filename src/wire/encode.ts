// From LDAPMessages to octets (RFC 4511). Written back to front, see BerWriter.
import type { Attribute, Control, LDAPMessage, LDAPResult, ProtocolOp } from '../ldap/message.js';
import { BerWriter, Tag } from './ber.js';
import { encodeFilter } from './filter.js';
import { OpTag } from './tags.js';

const changeOperations = { add: 0, delete: 1, replace: 2, increment: 3 } as const;

/** Encodes one message into a buffer of its own. */
export function encodeMessage(message: LDAPMessage): Buffer {
  const writer = new BerWriter();
  writeMessage(writer, message.messageID, message.op, message.controls);
  return writer.finish();
}

/** Writes one message with a writer that has nothing written. */
export function writeMessage(
  writer: BerWriter,
  messageID: number,
  op: ProtocolOp,
  list: readonly Control[] | undefined,
): void {
  if (list !== undefined) controls(writer, list);
  operation(writer, op);
  writer.integer(messageID);
  writer.wrap(Tag.sequence, 0);
}

function controls(writer: BerWriter, list: readonly Control[]): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const { type, critical, value } = list[i]!;
    const mark = writer.length;
    if (value !== undefined) writer.octets(value);
    if (critical) writer.boolean(true);
    writer.text(type);
    writer.wrap(Tag.sequence, mark);
  }
  writer.wrap(0xa0, 0);
}

function operation(writer: BerWriter, op: ProtocolOp): void {
  const mark = writer.length;
  const tag = OpTag[op.kind];
  switch (op.kind) {
    case 'bindRequest': {
      const { authentication } = op;
      if (authentication.method === 'simple') writer.octets(authentication.password, 0x80);
      else if (authentication.method === 'sasl') {
        if (authentication.credentials !== undefined) writer.octets(authentication.credentials);
        writer.text(authentication.mechanism);
        writer.wrap(0xa3, mark);
      } else writer.octets(Buffer.alloc(0), 0x80 + authentication.tag);
      writer.text(op.name);
      writer.integer(op.version);
      return writer.wrap(tag, mark);
    }
    case 'unbindRequest':
      return writer.wrap(tag, mark);
    case 'searchRequest':
      for (let i = op.attributes.length - 1; i >= 0; i--) writer.text(op.attributes[i]!);
      writer.wrap(Tag.sequence, mark);
      encodeFilter(writer, op.filter);
      writer.boolean(op.typesOnly);
      writer.integer(op.timeLimit);
      writer.integer(op.sizeLimit);
      writer.integer(op.derefAliases, Tag.enumerated);
      writer.integer(op.scope, Tag.enumerated);
      writer.text(op.baseObject);
      return writer.wrap(tag, mark);
    case 'modifyRequest':
      for (let i = op.changes.length - 1; i >= 0; i--) {
        const change = op.changes[i]!;
        const inner = writer.length;
        attribute(writer, change.modification);
        writer.integer(changeOperations[change.operation], Tag.enumerated);
        writer.wrap(Tag.sequence, inner);
      }
      writer.wrap(Tag.sequence, mark);
      writer.text(op.object);
      return writer.wrap(tag, mark);
    case 'addRequest':
      attributes(writer, op.attributes);
      writer.text(op.entry);
      return writer.wrap(tag, mark);
    case 'delRequest':
      return writer.text(op.entry, tag);
    case 'modDNRequest':
      if (op.newSuperior !== undefined) writer.text(op.newSuperior, 0x80);
      writer.boolean(op.deleteoldrdn);
      writer.text(op.newrdn);
      writer.text(op.entry);
      return writer.wrap(tag, mark);
    case 'compareRequest':
      writer.octets(op.value);
      writer.text(op.attribute);
      writer.wrap(Tag.sequence, mark);
      writer.text(op.entry);
      return writer.wrap(tag, mark);
    case 'abandonRequest':
      return writer.integer(op.messageID, tag);
    case 'extendedRequest':
      if (op.requestValue !== undefined) writer.octets(op.requestValue, 0x81);
      writer.text(op.requestName, 0x80);
      return writer.wrap(tag, mark);
    case 'searchResultEntry':
      attributes(writer, op.attributes);
      writer.text(op.objectName);
      return writer.wrap(tag, mark);
    case 'searchResultReference':
      for (let i = op.uris.length - 1; i >= 0; i--) writer.text(op.uris[i]!);
      return writer.wrap(tag, mark);
    case 'bindResponse':
      if (op.serverSaslCreds !== undefined) writer.octets(op.serverSaslCreds, 0x87);
      result(writer, op.result);
      return writer.wrap(tag, mark);
    case 'searchResultDone':
    case 'modifyResponse':
    case 'addResponse':
    case 'delResponse':
    case 'modDNResponse':
    case 'compareResponse':
      result(writer, op.result);
      return writer.wrap(tag, mark);
    case 'extendedResponse':
      if (op.responseValue !== undefined) writer.octets(op.responseValue, 0x8b);
      if (op.responseName !== undefined) writer.text(op.responseName, 0x8a);
      result(writer, op.result);
      return writer.wrap(tag, mark);
    case 'intermediateResponse':
      if (op.responseValue !== undefined) writer.octets(op.responseValue, 0x81);
      if (op.responseName !== undefined) writer.text(op.responseName, 0x80);
      return writer.wrap(tag, mark);
  }
}

function result(writer: BerWriter, { code, matchedDN, text, referral }: LDAPResult): void {
  if (referral !== undefined) {
    const mark = writer.length;
    for (let i = referral.length - 1; i >= 0; i--) writer.text(referral[i]!);
    writer.wrap(0xa3, mark);
  }
  writer.text(text);
  writer.text(matchedDN);
  writer.integer(code, Tag.enumerated);
}

function attributes(writer: BerWriter, list: readonly Attribute[]): void {
  const mark = writer.length;
  for (let i = list.length - 1; i >= 0; i--) attribute(writer, list[i]!);
  writer.wrap(Tag.sequence, mark);
}

function attribute(writer: BerWriter, { type, values }: Attribute): void {
  const mark = writer.length;
  for (let i = values.length - 1; i >= 0; i--) writer.octets(values[i]!);
  writer.wrap(Tag.set, mark);
  writer.text(type);
  writer.wrap(Tag.sequence, mark);
}
