// objectSid and objectGUID, as Active Directory has them (MS-DTYP 2.4.2.2 and 2.3.4). Pure.
import { createHash } from 'node:crypto';

/** The relative identifiers that mean the same in every domain (MS-DTYP 2.4.2.4). */
export const DOMAIN_USERS_RID = 513;

/** Relative identifiers below 1000 are the domain's own. */
const FIRST_RID = 1000;
/** From here on they are made of a UUID; below it of numbers that the directory gives out. */
const FIRST_HASHED_RID = 0x8000_0000;
/** Bytes of a SID of the NT authority before its subauthorities: revision, their count, the authority. */
const SID_HEAD = 8;
const NT_AUTHORITY = 5;
/** The first subauthority of every domain's SID. */
const NOT_UNIQUE = 21;
const MOST_SUBAUTHORITIES = 15;

/** The subauthorities of an organisation's domain, `S-1-5-21-a-b-c`: always the same for the same organisation. */
export function domainSubauthorities(orgId: string): readonly number[] {
  const hash = createHash('sha256').update('jumpgate domain\0').update(orgId.toLowerCase()).digest();
  return [NOT_UNIQUE, hash.readUInt32BE(0), hash.readUInt32BE(4), hash.readUInt32BE(8)];
}

/**
 * The relative identifier of a person or group: from its number (uidNumber, gidNumber) in the way of Samba's algorithmic mapping, people even
 * and groups odd; without a number from its UUID.
 */
export function relativeId(kind: 'user' | 'group', number: string | undefined, uuid: string): number {
  const parity = kind === 'user' ? 0 : 1;
  const numbered = number !== undefined && /^[0-9]{1,9}$/.test(number) ? Number(number) * 2 + FIRST_RID + parity : 0;
  if (numbered >= FIRST_RID && numbered < FIRST_HASHED_RID) return numbered;
  const hash = createHash('sha256').update('jumpgate rid\0').update(uuid.toLowerCase()).digest().readUInt32BE(0);
  return FIRST_HASHED_RID + ((hash & 0x7fff_fffe) | parity);
}

/** A SID of the NT authority as bytes. */
export function sidOctets(subauthorities: readonly number[]): Buffer {
  const octets = Buffer.alloc(SID_HEAD + 4 * subauthorities.length);
  octets[0] = 1;
  octets[1] = subauthorities.length;
  octets.writeUIntBE(NT_AUTHORITY, 2, 6);
  subauthorities.forEach((each, index) => void octets.writeUInt32LE(each, SID_HEAD + 4 * index));
  return octets;
}

/** The bytes of a SID in its text form, `S-1-5-21-…`; undefined for any other text. */
export function sidFromText(text: string): Buffer | undefined {
  const match = /^S-1-([0-9]{1,10})((?:-[0-9]{1,10}){1,15})$/i.exec(text);
  const [, authority = '', rest = ''] = match ?? [];
  const subauthorities = rest.split('-').slice(1).map(Number);
  if (match === null || subauthorities.length > MOST_SUBAUTHORITIES) return undefined;
  if (subauthorities.some((each) => each > 0xffff_ffff)) return undefined;
  const octets = sidOctets(subauthorities);
  octets.writeUIntBE(Number(authority), 2, 6);
  return octets;
}

/** A SID as text; undefined for other bytes. */
export function sidText(octets: Buffer): string | undefined {
  const count = octets[1] ?? 0;
  if (octets[0] !== 1 || count === 0 || count > MOST_SUBAUTHORITIES || octets.length !== SID_HEAD + 4 * count)
    return undefined;
  const parts = Array.from({ length: count }, (_, index) => octets.readUInt32LE(SID_HEAD + 4 * index));
  return ['S-1', octets.readUIntBE(2, 6), ...parts].join('-');
}

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** A UUID as the bytes of a GUID: the first three fields in little-endian order. Undefined for a text that is not a UUID. */
export function guidOctets(uuid: string): Buffer | undefined {
  const match = UUID.exec(uuid);
  if (match === null) return undefined;
  const octets = Buffer.from(match.slice(1).join(''), 'hex');
  octets.subarray(0, 4).reverse();
  octets.subarray(4, 6).reverse();
  octets.subarray(6, 8).reverse();
  return octets;
}

/** The UUID of the bytes of a GUID, in lower case; undefined if they are not 16. */
export function uuidOfGuid(octets: Buffer): string | undefined {
  if (octets.length !== 16) return undefined;
  const swapped = Buffer.from(octets);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
