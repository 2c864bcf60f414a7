// What one app's applications see: from what the app says itself, what it inherits of the top level, and the defaults of its face.
import { type DN, formatDN, type RDN } from '../ldap/dn.js';
import { appLocal, type ParsedLocal } from './app-schema.js';
import type { Checks } from './checks.js';
import type { Config, Face } from './config.js';
import { isTree, merge, type Tree } from './sources.js';
import { PARSING } from './units.js';

/** Where one of several apps would be in the way of another. */
const NOT_INHERITED = ['baseDN', 'serviceAccounts', 'serviceAccountsFile'];
/** What the layout of one face says nothing about for another. */
const OF_ONE_FACE = ['users', 'groups', 'groupClasses'];

const FACE_DEFAULTS: Readonly<Record<Face, Tree>> = {
  jumpcloud: {},
  posix: { groupClasses: ['posixGroup'] },
  // A group takes in the Linux group that JumpCloud has made of it, and is not shown twice.
  activedirectory: { groupClasses: ['groupOfNames', 'posixGroup'] },
};

/** What an app has written below `local`, without defaults, of the right shape. */
export interface WrittenLocal {
  readonly own: Tree;
  /** Where it is: `local`, `apps[0].local`. */
  readonly section: string;
}

/**
 * True for a key of `local` that an app of this face takes from the top level where it does not write it. One of another face than the top
 * level's takes none of its containers and group classes, and the face activedirectory alone takes tellReasons.
 */
export function isInherited(key: string, face: Face, settings: Tree): boolean {
  if (NOT_INHERITED.includes(key)) return false;
  if (key === 'tellReasons') return face === 'activedirectory';
  return !OF_ONE_FACE.includes(key) || face === faceIn(sectionOf(settings, 'local'));
}

function faceIn({ face = 'jumpcloud' }: Tree): Face {
  return face as Face;
}

/** With all defaults: what the app writes, else what it inherits, else what its face has. */
function wholeLocal({ own, section }: WrittenLocal, settings: Tree): ParsedLocal {
  const top = section === 'local' ? {} : sectionOf(settings, 'local');
  const face = own.face === undefined ? faceIn(top) : faceIn(own);
  const inherited = Object.fromEntries(Object.entries(top).filter(([key]) => isInherited(key, face, settings)));
  const { serviceAccounts: _accounts, serviceAccountsFile: _file, ...names } = own;
  return appLocal.parse(merge(merge(FACE_DEFAULTS[face], inherited), names), PARSING);
}

/** The names of one app, checked. */
export function effectiveLocal(
  written: WrittenLocal,
  accounts: Pick<Config['local'], 'serviceAccounts' | 'serviceAccountsFile'>,
  checks: Checks,
): Config['local'] {
  const parsed = wholeLocal(written, checks.surroundings.settings);
  /** Where a key was written that this app has. */
  const at = (key: string) => `${Object.hasOwn(written.own, key) ? written.section : 'local'}.${key}`;
  const baseDN = parsed.baseDN === undefined ? undefined : checks.name(at('baseDN'), parsed.baseDN);
  const local = {
    ...parsed,
    ...accounts,
    baseDN,
    users: checks.rdn(at('users'), parsed.users),
    groups: checks.rdn(at('groups'), parsed.groups),
  };
  if (local.face === 'activedirectory') return activeDirectory(local, written.section, at, checks);
  if (local.tellReasons && written.section !== 'local') {
    const remedy = 'Leave it out, or set local.face: activedirectory for this app.';
    checks.fault(
      at('tellReasons'),
      `is only for the face activedirectory, and the face is ${local.face}`,
      remedy,
      'true',
      [at('face')],
    );
  }
  if (local.face === 'posix' && !local.groupClasses.includes('posixGroup')) {
    const message = 'has no posixGroup: the face posix then shows groups without gidNumber and memberUid';
    checks.warn(at('groupClasses'), message, 'Add posixGroup, or leave it out.');
  }
  return { ...local, tellReasons: false };
}

function activeDirectory(
  local: Config['local'],
  section: string,
  at: (key: string) => string,
  checks: Checks,
): Config['local'] {
  const labels = domainLabels(local.baseDN, `${section}.baseDN`, [at('face')], checks);
  for (const key of ['users', 'groups'] as const) {
    const type = local[key][0]?.type.toLowerCase();
    if (type !== undefined && type !== 'cn' && type !== 'ou')
      checks.warn(at(key), 'is not a container of Active Directory', 'Write it as cn= or ou=, such as cn=Users.');
  }
  if (local.tellReasons) {
    const message = 'shows anyone who guesses passwords that an account exists, is locked, or has an expired password';
    checks.warn(at('tellReasons'), message, 'Leave it out unless the application shows these reasons to its users.');
  }
  const [label] = labels;
  if (local.domains.length > 0 || label === undefined) return local;
  return { ...local, domains: [labels.join('.'), netbiosName(label)] };
}

/** `example`, `com` of dc=example,dc=com; empty, and a fault, for a name that is not a domain. */
function domainLabels(
  baseDN: DN | undefined,
  key: string,
  about: readonly string[],
  checks: Checks,
): readonly string[] {
  if (baseDN === undefined) {
    const remedy = 'Set it to the name of a domain, such as dc=example,dc=com.';
    checks.fault(key, 'is missing: the face activedirectory requires a domain', remedy, undefined, about);
    return [];
  }
  const isLabel = ([ava, ...more]: RDN) =>
    ava?.type.toLowerCase() === 'dc' && more.length === 0 && /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(ava.value);
  if (baseDN.every(isLabel)) return baseDN.map(([ava]) => ava!.value);
  const remedy = 'Write it with dc= only, such as dc=example,dc=com, with the letters and digits of DNS.';
  checks.fault(key, 'is not a domain, which the face activedirectory needs', remedy, formatDN(baseDN), about);
  return [];
}

/** The name that DOMAIN\user has in front: of old it has 15 characters. */
function netbiosName(label: string): string {
  return label.slice(0, 15).toUpperCase();
}

/** A section of the settings; where there is none, an empty one. */
export function sectionOf(tree: Tree, key: string): Tree {
  const section = tree[key];
  return isTree(section) ? section : {};
}
