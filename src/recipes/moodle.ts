// Moodle. Its questions: auth/ldap/auth.php and lib/ldaplib.php (ldap_find_userdn) in moodle/moodle.
import { asService, asUser, entryOf, inFilter, type Recipe, type RecipeStep, type Values } from './recipe.js';

const place = 'shell, in its folder; or Site administration › Plugins › Authentication › LDAP server';

const people = (v: Values, classes: string) => `(&${classes}(memberOf=${inFilter(v.groupDN)}))`;

const settings = (v: Values, type: string, attribute: string, classes: string) => {
  const set = (name: string, value: string) => `configure ${name} "${value}"`;
  return [
    'configure() { php admin/cli/cfg.php --component=auth_ldap --name="$1" --set="$2"; }',
    set('host_url', v.url),
    set('bind_dn', v.serviceDN),
    set('bind_pw', '$PASSWORD'),
    set('user_type', type),
    set('contexts', v.usersDN),
    set('search_sub', '0'),
    set('user_attribute', attribute),
    set('objectclass', people(v, classes)),
    set('preventpassindb', '1'),
    set('field_map_firstname', 'givenName'),
    set('field_map_lastname', 'sn'),
    set('field_map_email', 'mail'),
  ].join('\n');
};

const steps = (v: Values, user: string, attribute: string, classes: string): RecipeStep[] => {
  const find: RecipeStep = {
    kind: 'search',
    base: v.usersDN,
    scope: 1,
    filter: `(&${people(v, classes)}(${attribute}=${user}))`,
    attributes: [attribute],
    finds: 1,
  };
  return [asService, find, asUser, asService, find, entryOf(v.personDN(user), ['givenname', 'sn', 'mail'])];
};

const notes = ['Switch the plugin on under Manage authentication.'];

export const moodle: Recipe = {
  id: 'moodle',
  title: 'Moodle',
  place,
  settings: (v) => settings(v, 'rfc2307bis', 'uid', '(objectClass=inetOrgPerson)'),
  steps: (v, user) => steps(v, user, 'uid', '(objectClass=inetOrgPerson)'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'ad', 'samaccountname', '(samaccounttype=805306368)'),
    steps: (v, user) => steps(v, user, 'samaccountname', '(samaccounttype=805306368)'),
    notes,
  },
};
