// What each face makes, for code that reads rules before any app exists. Pure.
import { parseDN } from '../ldap/dn.js';
import { Schema, STANDARD } from '../ldap/schema.js';
import { activeDirectoryFace } from './activedirectory/face.js';
import { type Face, type FaceName, JUMPCLOUD_FACE } from './face.js';
import { POSIX_FACE } from './posix-face.js';

/** What rules have to know of a face. */
export interface KnownFace {
  readonly name: FaceName;
  /** The types of the standards, with those of the face in place of others of their names. */
  readonly schema: Schema;
  /** Canonical names of the attributes that it makes, in lower case. */
  readonly makes: ReadonlySet<string>;
  /** Those of them that nothing but the face has: rules, which read what is before it, find no value. */
  readonly alone: ReadonlySet<string>;
}

const known = new Map<FaceName, KnownFace>();

/** The attributes and classes of a face; cached. */
export function knownFace(name: FaceName): KnownFace {
  let face = known.get(name);
  if (face === undefined) {
    face = knowledgeOf(anyFace(name));
    known.set(name, face);
  }
  return face;
}

/** Of whatever domain: names and types are the same in all. */
function anyFace(name: FaceName): Face {
  const baseDN = parseDN('DC=example,DC=com') ?? [];
  switch (name) {
    case 'jumpcloud':
      return JUMPCLOUD_FACE;
    case 'posix':
      return POSIX_FACE;
    case 'activedirectory':
      return activeDirectoryFace({ orgId: '', baseDN, usersDN: baseDN, groupsDN: baseDN });
  }
}

function knowledgeOf({ name, derived, schema: own }: Face): KnownFace {
  const names = new Set(own.attributeTypes.flatMap(({ names }) => names.map((each) => each.toLowerCase())));
  const others = STANDARD.attributeTypes.filter((type) => !type.names.some((each) => names.has(each.toLowerCase())));
  const schema = new Schema([...own.attributeTypes, ...others], STANDARD.objectClasses);
  const makes = new Set(derived.map((one) => schema.canonicalType(one.name).toLowerCase()));
  const alone = [...makes].filter((each) => STANDARD.attributeType(each) === undefined);
  return { name, schema, makes, alone: new Set(alone) };
}
