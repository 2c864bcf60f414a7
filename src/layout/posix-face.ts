// The POSIX face: people as accounts of Unix systems. Numbers, home and shell are the upstream's wherever it has them. Pure.
import { createHash } from 'node:crypto';
import { type DerivedAttribute, type Face, type Facts, JUMPCLOUD_FACE } from './face.js';

/** Numbers for people without one: above those that systems and JumpCloud give out, and above those of groups without one. */
const LEAST_DERIVED_UID = 1_200_000_000;
const DERIVED_UIDS = 900_000_000;

const text = (value: string) => [Buffer.from(value, 'utf8')];

/** What the entry has, or else this. */
function orElse(name: string, make: (facts: Facts) => string): DerivedAttribute {
  return {
    name,
    kinds: ['user'],
    make: (facts) => {
      const own = facts.values(name);
      return own.length > 0 ? own : text(make(facts));
    },
  };
}

/** The same for the same account, as long as its entryUUID is the same. */
function derivedNumber({ uuid, uid }: Facts): string {
  const hash = createHash('sha256')
    .update('jumpgate uid\0')
    .update(uuid === '' ? uid : uuid.toLowerCase())
    .digest();
  return String(LEAST_DERIVED_UID + (hash.readUInt32BE(0) % DERIVED_UIDS));
}

const numberOf = (facts: Facts) => facts.values('uidNumber')[0]?.toString('latin1') ?? derivedNumber(facts);

const CLASSES = ['posixAccount', 'shadowAccount'];

/** The classes of the entry, and those of an account. */
function classes(facts: Facts): readonly Buffer[] {
  const own = facts.values('objectClass');
  const known = new Set(own.map((value) => value.toString('latin1').toLowerCase()));
  const missing = CLASSES.filter((name) => !known.has(name.toLowerCase()));
  return missing.length === 0 ? own : [...own, ...missing.flatMap(text)];
}

/** A person without a number gets one from its entryUUID, itself as its group, `/home/UID` and `/bin/sh`. */
export const POSIX_FACE: Face = {
  ...JUMPCLOUD_FACE,
  name: 'posix',
  derived: [
    { name: 'objectClass', kinds: ['user'], make: classes },
    orElse('uidNumber', derivedNumber),
    orElse('gidNumber', numberOf),
    orElse('homeDirectory', ({ uid }) => `/home/${uid}`),
    orElse('loginShell', () => '/bin/sh'),
  ],
};
