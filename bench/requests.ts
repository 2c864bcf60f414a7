// The requests of the load generator, encoded once. Message IDs have three bytes, so one can be filled in without encoding the request again.
import { Scope } from '../src/ldap/message.js';
import { encodeMessage } from '../src/wire/encode.js';
import { LOCAL_DN, localDN, localGroupDN, MEMBERS, passwordOf, READER, uidOf, upstreamDN } from './people.js';

export const FIRST_ID = 0x010000;
export const LAST_ID = 0x7fffff;

/** One request, and the place of its message ID in it. */
export interface Request {
  readonly octets: Buffer;
  readonly idAt: number;
}

type Op = Parameters<typeof encodeMessage>[0]['op'];

function request(op: Op): Request {
  const octets = encodeMessage({ messageID: FIRST_ID, op });
  const short = octets[1]!;
  return { octets, idAt: short < 0x80 ? 4 : 4 + (short - 0x80) };
}

/** A copy with this message ID. */
export function withId({ octets, idAt }: Request, id: number): Buffer {
  const copy = Buffer.allocUnsafe(octets.length);
  octets.copy(copy);
  copy.writeUIntBE(id, idAt, 3);
  return copy;
}

export function bindAs(name: string, password: string): Request {
  const authentication = { method: 'simple', password: Buffer.from(password) } as const;
  return request({ kind: 'bindRequest', version: 3, name, authentication });
}

function search(attribute: string, value: string): Request {
  return request({
    kind: 'searchRequest',
    baseObject: `ou=Users,${LOCAL_DN}`,
    scope: Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: { kind: 'equalityMatch', attribute, value: Buffer.from(value) },
    attributes: [],
  });
}

const members = Array.from({ length: MEMBERS }, (_, i) => i + 1);
/** By the member's number minus one. */
export const memberBinds = members.map((number) => bindAs(localDN(uidOf(number)), passwordOf(number)));
/** The same with the upstream's names. */
export const upstreamBinds = members.map((number) => bindAs(upstreamDN(uidOf(number)), passwordOf(number)));
export const memberSearches = members.map((number) => search('uid', uidOf(number)));
export const listing = search('memberOf', localGroupDN);
export const serviceBind = bindAs(localDN(READER.uid), READER.password);
export const anonymousBind = bindAs('', '');
export const unbind = request({ kind: 'unbindRequest' });
