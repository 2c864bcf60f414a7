// Who is meant upstream: organisation, reader and group, by their names or by the DNs that forms of other products have for them.
import { type DN, parseDN } from '../ldap/dn.js';
import type { Checks } from './checks.js';
import type { Parsed } from './schema.js';

const ORG_SUFFIX: DN = parseDN('dc=jumpcloud,dc=com') ?? [];
/** How JumpCloud's organisation IDs look. */
const ORG_ID = /^[0-9a-f]{24}$/i;

export interface Organisation {
  readonly orgId: string;
  readonly baseDN: DN;
}

const typeOf = (dn: DN, at: number) => dn[at]?.[0]?.type.toLowerCase();
const partOf = (dn: DN, at: number) => dn[at]?.[0]?.value ?? '';

/** orgId and baseDN say the same; either is enough, and the base may begin with `ou=Users,`, as forms have it. */
export function organisationOf({ orgId, baseDN }: Parsed['upstream'], checks: Checks): Organisation {
  if (baseDN === undefined) return organisationById(orgId, checks);
  const base = aboveUsers(checks.name('upstream.baseDN', baseDN));
  if (base.length > 0 && typeOf(base, 0) !== 'o') {
    const remedy = 'Its form is o=<organisation ID>,dc=jumpcloud,dc=com.';
    checks.fault('upstream.baseDN', 'does not begin with the organisation', remedy, baseDN);
  }
  const derived = partOf(base, 0);
  const written = orgId === undefined ? undefined : idIn(orgId);
  if (written !== undefined && written.toLowerCase() !== derived.toLowerCase()) {
    const message = `does not agree with upstream.baseDN (${derived})`;
    checks.fault('upstream.orgId', message, 'Keep one of the two.', orgId, ['upstream.baseDN']);
  }
  return { orgId: derived, baseDN: base.length === 1 && ORG_ID.test(derived) ? [...base, ...ORG_SUFFIX] : base };
}

function organisationById(orgId: string | undefined, checks: Checks): Organisation {
  if (orgId === undefined) {
    const remedy =
      'Set upstream.orgId (JUMPGATE_UPSTREAM_ORG_ID): in the JumpCloud console under Settings, 24 hex digits.';
    checks.fault('upstream.orgId', 'is missing', remedy, undefined, ['upstream.baseDN']);
    return { orgId: '', baseDN: [] };
  }
  const id = idIn(orgId);
  if (id === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    const remedy = 'It consists of 24 hex digits, alone or as o=…,dc=jumpcloud,dc=com. Another base: upstream.baseDN.';
    checks.fault('upstream.orgId', 'is not an organisation ID', remedy, orgId);
  }
  return { orgId: id ?? orgId, baseDN: [[{ type: 'o', value: id ?? orgId }], ...ORG_SUFFIX] };
}

/** The ID alone, or in `o=…`, `ou=Users,o=…,dc=jumpcloud,dc=com`; undefined for a DN of another shape. */
function idIn(written: string): string | undefined {
  if (!written.includes('=')) return written;
  const base = aboveUsers(parseDN(written) ?? []);
  const rest = base.slice(1).map((_, i) => `${typeOf(base, i + 1)}=${partOf(base, i + 1).toLowerCase()}`);
  const isJumpCloud = rest.length === 0 || rest.join() === 'dc=jumpcloud,dc=com';
  return typeOf(base, 0) === 'o' && isJumpCloud ? partOf(base, 0) : undefined;
}

function aboveUsers(dn: DN): DN {
  return typeOf(dn, 0) === 'ou' && partOf(dn, 0).toLowerCase() === 'users' ? dn.slice(1) : dn;
}

/** A reader by its name, or by its DN in either place. */
export function readerNames(
  { user, dn }: Parsed['upstream']['reader'],
  orgId: string,
  checks: Checks,
): { readonly user: string | undefined; readonly dn: string | undefined } {
  if ((user === undefined) === (dn === undefined)) {
    const what = user === undefined ? 'is missing' : 'is given twice, as user and as dn';
    const remedy = 'Set upstream.reader.user (or .dn) to a JumpCloud user with "Enable as LDAP Bind DN".';
    checks.fault('upstream.reader', what, remedy);
  }
  if (dn !== undefined) checks.secretlessName('upstream.reader.dn', dn);
  const pasted = user?.includes('=') === true ? parseDN(user) : undefined;
  if (user === undefined || pasted === undefined || pasted.length === 0) return { user, dn };
  const type = typeOf(pasted, 0);
  if (pasted.length > 1) {
    compareOrganisation('upstream.reader.user', pasted, user, orgId, checks);
    return { user: undefined, dn: user };
  }
  if (type === 'uid') return { user: partOf(pasted, 0), dn };
  if (type === 'cn' || type === 'mail') {
    const remedy = 'Write only the user name, or the whole DN, beginning with uid=.';
    checks.fault('upstream.reader.user', 'is only a part of a DN', remedy, user);
  }
  return { user, dn };
}

/** The group of the top level. */
export function effectiveGroup(group: Parsed['group'], orgId: string, checks: Checks): Parsed['group'] {
  const { name, everyone } = group;
  if (everyone) return group;
  const remedy = 'Name the JumpCloud group whose members get in, or set group.everyone: true on purpose.';
  return { ...group, name: groupName('group', name, orgId, remedy, checks) };
}

/**
 * A group is named as the console spells it; a form of another product may have had its DN, whose first part is that name. `remedy`: for an
 * empty name.
 */
export function groupName(key: string, name: string, orgId: string, remedy: string, checks: Checks): string {
  if (name.trim() === '') checks.fault(key, 'is empty', remedy);
  const dn = parseDN(name) ?? [];
  if (typeOf(dn, 0) !== 'cn') return name;
  const top = typeOf(dn, dn.length - 1);
  if (top === 'dc' || top === 'o') {
    compareOrganisation(key, dn, name, orgId, checks);
    return partOf(dn, 0);
  }
  checks.warn(key, `${name} looks like a part of a DN`, `If so, write only the name: ${partOf(dn, 0)}`);
  return name;
}

/** A DN with another organisation in it was copied from somewhere else. */
function compareOrganisation(key: string, dn: DN, written: string, orgId: string, checks: Checks): void {
  const at = dn.findIndex((_, i) => typeOf(dn, i) === 'o');
  if (at < 0 || orgId === '' || partOf(dn, at).toLowerCase() === orgId.toLowerCase()) return;
  const message = `belongs to the organisation ${partOf(dn, at)}, and upstream.orgId is ${orgId}`;
  checks.fault(key, message, 'Copy both from the same organisation.', written, ['upstream.orgId', 'upstream.baseDN']);
}
