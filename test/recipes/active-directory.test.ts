// Recipes for an app that looks like Active Directory: what they ask for is what that face has, and each of their questions, asked of the real
// proxy, has the answer that it claims.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { Filter } from '../../src/ldap/filter.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { RECIPES } from '../../src/recipes/all.js';
import { commandLines } from '../../src/recipes/commands.js';
import { type DomainValues, type FilledForm, fillForm } from '../../src/recipes/recipe.js';
import { Client } from '../support/client.js';
import { startProxy } from '../support/proxy.js';
import { type Answer, askSteps, bindsUser, memberCode } from '../support/recipes.js';

const MEMBER = 'quillon.varrek';
const OUTSIDER = 'corvane.thessly';
const BASE = 'DC=example,DC=com';
const SERVICE = `CN=svc,CN=Users,${BASE}`;
const SERVICE_PASSWORD = 'service-secret-7';

/** Devices and programs that join a domain with more than LDAP, or have no form for it. */
const WITHOUT = ['qnap', 'sssd', 'synology', 'wayk-bastion'];

const VALUES: DomainValues = {
  url: 'ldap://127.0.0.1:389',
  host: '127.0.0.1',
  port: 389,
  baseDN: BASE,
  usersDN: `CN=Users,${BASE}`,
  groupsDN: `CN=Users,${BASE}`,
  group: 'wayk-users',
  groupDN: `CN=wayk-users,CN=Users,${BASE}`,
  serviceDN: SERVICE,
  personDN: (uid) => `CN=${uid},CN=Users,${BASE}`,
  domain: 'example.com',
  netbiosName: 'EXAMPLE',
};

const forms = (values: DomainValues, user: string): (FilledForm & { id: string })[] =>
  RECIPES.flatMap((recipe) => {
    const form = fillForm(recipe, values, user);
    return form === undefined ? [] : [{ id: recipe.id, ...form }];
  });

/** Every item of a filter: an attribute and its rule. */
function itemsOf(filter: Filter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filter.filters].flatMap(itemsOf);
    case 'not':
      return itemsOf(filter.filter);
    case 'extensibleMatch':
      return [`${filter.attribute ?? ''}:${filter.matchingRule ?? ''}`.toLowerCase()];
    default:
      return [filter.attribute.toLowerCase()];
  }
}

t.test('the applications that have none are known', async (t) => {
  const none = RECIPES.filter((recipe) => fillForm(recipe, VALUES, MEMBER) === undefined);
  t.same(none.map(({ id }) => id).sort(), WITHOUT);
});

t.test('settings and questions name nothing that only JumpCloud’s own shape has', async (t) => {
  const plain = /\buid=(?!vmail)|inetOrgPerson|groupOfNames|posixAccount|entryUUID|\bou=/i;
  for (const { id, settings, steps, place } of forms(VALUES, MEMBER)) {
    t.notMatch(settings, plain, id);
    t.notMatch(JSON.stringify(steps), plain, id);
    t.notMatch(settings, /undefined|\[object|NaN/, id);
    t.not(place, '', id);
    t.match(settings, /127\.0\.0\.1/, id);
    t.ok(steps.some(bindsUser), `${id} checks the password`);
  }
});

t.test('filters name what the face has: attributes, and rules of Active Directory', async (t) => {
  const attributes = new Set([
    ...['objectclass', 'objectcategory', 'samaccountname', 'samaccounttype', 'userprincipalname', 'distinguishedname'],
    ...['cn', 'mail', 'member', 'memberof'],
  ]);
  const rules = new Set(['member:1.2.840.113556.1.4.1941', 'useraccountcontrol:1.2.840.113556.1.4.803']);
  for (const { id, steps } of forms(VALUES, MEMBER))
    for (const step of steps) {
      if (step.kind !== 'search') continue;
      for (const item of itemsOf(parseFilter(step.filter)))
        t.ok(item.includes(':') ? rules.has(item) : attributes.has(item), `${id}: ${item} in ${step.filter}`);
    }
});

t.test('the form follows the app, and lines for a shell bind by the name that is bound with', async (t) => {
  const gitlab = RECIPES.find(({ id }) => id === 'gitlab')!;
  const vault = RECIPES.find(({ id }) => id === 'vault')!;
  t.match(fillForm(gitlab, VALUES, MEMBER)?.settings, /'active_directory' => true/);
  const { domain: _, netbiosName: __, ...plain } = VALUES;
  t.match(fillForm(gitlab, plain, MEMBER)?.settings, /'active_directory' => false/);
  const lines = commandLines(fillForm(vault, VALUES, MEMBER)!.steps, VALUES, MEMBER);
  t.match(lines[0], `-D ${MEMBER}@example.com -W`);
});

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, {
  local: {
    ...{ baseDN: BASE, face: 'activedirectory', domains: ['example.com', 'EXAMPLE'] },
    serviceAccounts: [{ dn: SERVICE, password: SERVICE_PASSWORD }],
  },
  binds: { failuresPerAddress: 1000, failuresPerAccount: 1000 },
});
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

t.test('each question has the answer that the recipe claims', async (t) => {
  // Names are the face's own affair: they are read here as an application reads them.
  const reader = await Client.open(proxy.url);
  await reader.bind(SERVICE, SERVICE_PASSWORD);
  const nameOf = async (filter: string) =>
    (await reader.search({ base: BASE, filter, attributes: ['1.1'] })).entries[0]?.objectName;
  const person = await nameOf(`(sAMAccountName=${MEMBER})`);
  const group = await nameOf('(&(objectClass=group)(cn=wayk-users))');
  reader.destroy();
  if (person === undefined || group === undefined) throw new Error('neither person nor group is found');
  const container = person.slice(person.indexOf(',') + 1);
  const values: DomainValues = {
    ...VALUES,
    url: proxy.url,
    port: Number(new URL(proxy.url).port),
    usersDN: container,
    groupsDN: group.slice(group.indexOf(',') + 1),
    groupDN: group,
    personDN: (uid) => (uid === MEMBER ? person : `CN=${uid},${container}`),
  };
  const ask = (form: FilledForm, user: string, password: string): Promise<Answer[]> =>
    askSteps(values, form.steps, user, { service: SERVICE_PASSWORD, user: password });

  for (const form of forms(values, MEMBER)) {
    for (const { step, code, entries } of await ask(form, MEMBER, 'user-secret-5001')) {
      const what = `${form.id}: ${JSON.stringify(step)}`;
      t.equal(code, memberCode[step.kind], what);
      const finds = { members: 9, groups: 2 };
      if (step.kind === 'search')
        t.equal(entries, typeof step.finds === 'number' ? step.finds : finds[step.finds], what);
    }
    const wrong = (await ask(form, MEMBER, 'wrong-secret')).find(({ step }) => bindsUser(step));
    t.equal(wrong?.code, 49, `${form.id}: a wrong password`);
  }
  for (const form of forms(values, OUTSIDER))
    for (const { step, code, entries } of await ask(form, OUTSIDER, 'user-secret-5005')) {
      if (bindsUser(step)) t.equal(code, 49, `${form.id}: a non-member is refused`);
      if (step.kind === 'search' && `${step.base}${step.filter}`.includes(OUTSIDER))
        t.equal(entries, 0, `${form.id}: and not found`);
    }
});
