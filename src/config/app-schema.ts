// The keys of one app, and those of the top level that an app has as well, each with its default.
import * as z from 'zod';
import { parseYaml } from './parse-yaml.js';
import { duration, endpoint, fileMode, flag, list, text, wholeNumber } from './units.js';

/** Of DNS or NetBIOS: without the @ or the backslash. */
const domain = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a domain such as example.com or EXAMPLE');

/** An account that exists only here. */
const serviceAccount = z.strictObject({
  dn: text,
  password: text.optional(),
  passwordFile: text.optional(),
  passwordHash: text.optional(),
});

/** The accounts of a file of their own, or of an environment variable. */
export const serviceAccounts = z.preprocess(
  (value) => (typeof value === 'string' ? fromYaml(value) : value),
  z.array(serviceAccount, 'must be a list of accounts, such as [{ dn: "cn=app,dc=example,dc=com", passwordHash: … }]'),
);

/** What an app has below `local`. */
export const appLocal = z.strictObject({
  baseDN: text.optional(),
  face: z.enum(['jumpcloud', 'posix', 'activedirectory']).default('jumpcloud'),
  users: text.default('ou=Users'),
  groups: text.default('ou=Groups'),
  names: list(z.enum(['uid', 'mail'])).default(['uid', 'mail']),
  domains: list(domain).default([]),
  tellPolicy: flag(false),
  tellReference: flag(false),
  tellReasons: flag(false),
  groupClasses: list(z.enum(['groupOfNames', 'groupOfUniqueNames', 'posixGroup'])).default(['groupOfNames']),
  search: z.strictObject({ users: z.enum(['self', 'all', 'none']).default('self') }).prefault({}),
});

export const ldapi = z
  .strictObject({ path: text.optional(), mode: fileMode('0600'), external: text.optional() })
  .prefault({});

/** Failures from one address. */
export const addressLimit = { failuresPerAddress: wholeNumber(100, 1), window: duration('60s') };

const longRule = z
  .strictObject({
    from: text.exactOptional(),
    value: z.union([constant(), z.array(constant())]).exactOptional(),
    for: z.enum(['users', 'groups', 'all']).exactOptional(),
  })
  .transform(({ from, value, ...scope }, context) => {
    if (from !== undefined && value === undefined) return { from, ...scope };
    if (value !== undefined && from === undefined) return { value, ...scope };
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  });

/** Rules of one app at most, far above what a directory has attributes: each faulty one is compared with all others for a better name. */
const MOST_RULES = 1000;

/** The attributes' names, and those in the rules, are checked where rules are understood. */
export const attributes = z
  .record(
    z.string(),
    z.union(
      [z.literal(false), text, longRule],
      'must be the name of an attribute, a template such as "{givenName} {sn}", false, or keys: from or value, and for (users, groups, all)',
    ),
    'must be attributes with their rules, such as { sshPublicKey: sshKey }',
  )
  .refine((rules) => Object.keys(rules).length <= MOST_RULES, 'must not have more than 1,000 rules');

/** YAML makes a number of what looks like one. */
function constant() {
  return z.union([z.string(), z.number()], 'must be a string').transform(String);
}

/** One app: what it leaves out of `local` and `binds` is the top level's (`inheritedLocal`), not the default here. */
const app = z.strictObject(
  {
    name: z.string().default(''),
    // A name may have commas in it, so a text is one name.
    groups: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string())).default([]),
    everyone: flag(false),
    listen: z.strictObject({ ldap: endpoint(false), ldaps: endpoint(false), ldapi }).optional(),
    local: appLocal.prefault({}),
    serviceAccounts: serviceAccounts.default([]),
    serviceAccountsFile: text.optional(),
    attributes: attributes.default({}),
    hiddenAttributes: list(text).default([]),
    binds: z.strictObject(addressLimit).prefault({}),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type'
        ? 'must be an app with keys of its own, such as { name: gitlab, groups: [gitlab-users] }'
        : undefined,
  },
);

export const apps = z.array(app, 'must be a list of apps, such as [{ name: gitlab, groups: [gitlab-users] }]');

export type ParsedApp = z.output<typeof app>;
export type ParsedLocal = z.output<typeof appLocal>;

let paths: readonly string[][] | undefined;

/** The paths of an app's leaf keys below the app, e.g. `local.face`; serviceAccounts and attributes count as one each. */
export function appKeyPaths(): readonly string[][] {
  paths ??= leavesOf(app, []);
  return paths;
}

/** The paths of all leaf keys of a shape; a list is one, and so is what has keys of the user's own. */
export function leavesOf(shape: z.core.$ZodType, path: readonly string[]): string[][] {
  const { def } = (shape as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
    case 'default':
    case 'optional':
    case 'prefault':
      return leavesOf(def.innerType, path);
    case 'pipe':
      // What is made of the value before it has this shape, or after.
      return leavesOf((def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in, path);
    default:
      return [[...path]];
  }
}

/** YAML, or JSON, which is YAML as well; a text that is neither stays what it is. */
export function fromYaml(text: string): unknown {
  try {
    const { document, faults } = parseYaml(text, '');
    return faults.length > 0 ? text : (document.toJS() as unknown);
  } catch {
    return text;
  }
}
