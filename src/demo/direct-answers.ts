// What is answered before ldapjs sees the request, because ldapjs would answer it otherwise or not at all. Codes and texts are OpenLDAP's.
import { parseDN } from '../ldap/dn.js';
import { type Control, type LDAPMessage, type LDAPResult, Oid, type Request } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import { attributeType } from '../ldap/schema.js';
import { BerReader, Tag } from '../wire/ber.js';
import { ProtocolError } from '../wire/errors.js';

export const PAGED = '1.2.840.113556.1.4.319';
export const PPOLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
export const CONTROLS: readonly string[] = [PAGED, PPOLICY];
export const EXTENSIONS: readonly string[] = [Oid.whoAmI, Oid.passwordModify];

/** The result, or undefined for a request that ldapjs can take. */
export function directAnswer({ op, controls = [] }: LDAPMessage<Request>): LDAPResult | undefined {
  if (op.kind === 'unbindRequest' || op.kind === 'abandonRequest') return undefined;
  if (controls.some(({ critical, type }) => critical && !CONTROLS.includes(type))) {
    return result(ResultCode.unavailableCriticalExtension, 'critical extension is not recognized');
  }
  if (op.kind === 'extendedRequest') return extendedAnswer(op.requestName);
  const name = nameIn(op);
  if (!isName(name)) return result(ResultCode.invalidDNSyntax, 'invalid DN');
  if (op.kind === 'bindRequest') return bindAnswer(op);
  return op.kind === 'searchRequest' ? pagingFault(controls) : undefined;
}

function extendedAnswer(oid: string): LDAPResult | undefined {
  if (oid === Oid.startTLS) return result(ResultCode.operationsError, 'TLS already started');
  if (EXTENSIONS.includes(oid)) return undefined;
  return result(ResultCode.protocolError, 'unsupported extended operation');
}

function bindAnswer(op: Request & { kind: 'bindRequest' }): LDAPResult | undefined {
  const { version, name, authentication } = op;
  if (version === 2) {
    return result(ResultCode.protocolError, 'historical protocol version requested, use LDAPv3 instead');
  }
  if (version !== 3) return result(ResultCode.protocolError, 'requested protocol version not supported');
  if (authentication.method === 'sasl') {
    const text = `SASL(-4): no mechanism available: Couldn't find mech ${authentication.mechanism}`;
    return result(ResultCode.authMethodNotSupported, text);
  }
  if (authentication.method === 'unknown') {
    return result(ResultCode.authMethodNotSupported, 'unknown authentication method');
  }
  // ldapjs answers an anonymous bind itself, asking nobody.
  if (name === '' && authentication.password.length === 0) return result(ResultCode.success);
  return undefined;
}

type Named = Exclude<Request, { kind: 'unbindRequest' | 'abandonRequest' | 'extendedRequest' }>;

function nameIn(op: Named): string {
  switch (op.kind) {
    case 'bindRequest':
      return op.name;
    case 'searchRequest':
      return op.baseObject;
    case 'modifyRequest':
      return op.object;
    case 'addRequest':
    case 'delRequest':
    case 'modDNRequest':
    case 'compareRequest':
      return op.entry;
  }
}

function isName(text: string): boolean {
  return parseDN(text)?.every((rdn) => rdn.every(({ type }) => attributeType(type) !== undefined)) ?? false;
}

/** ldapjs gives a connection up over a paged results control (RFC 2696) that it cannot read. */
function pagingFault(controls: readonly Control[]): LDAPResult | undefined {
  const control = controls.find(({ type }) => type === PAGED);
  if (control === undefined) return undefined;
  if (control.value === undefined) return result(ResultCode.protocolError, 'paged results control value is absent');
  try {
    const value = new BerReader(control.value).enter(Tag.sequence);
    value.integer();
    value.octets();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return result(ResultCode.protocolError, 'paged results control could not be decoded');
  }
}
