// What GitLab, Grafana, Nextcloud, Vault and Keycloak ask a domain beside the questions of their recipes, in the order in which they ask: root
// DSE, pages, chains of groups, bits, names by identifier. The recipes' own questions are taken as they are, with the controls of each.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { sidText, uuidOfGuid } from '../../src/layout/activedirectory/identifiers.js';
import { Scope, type SearchResultEntry } from '../../src/ldap/message.js';
import { RECIPES } from '../../src/recipes/all.js';
import { type DomainValues, fillForm, type RecipeStep } from '../../src/recipes/recipe.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { Client, type SearchOptions, searchRequest } from '../support/client.js';
import { startProxy } from '../support/proxy.js';

const BASE = 'DC=example,DC=com';
const SERVICE = { dn: `CN=svc,CN=Users,${BASE}`, password: 'service-secret-7' };
const USER = 'quillon.varrek';
const PASSWORD = 'user-secret-5001';
const CHAIN = '1.2.840.113556.1.4.1941';
const BIT_AND = '1.2.840.113556.1.4.803';

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, {
  local: { baseDN: BASE, face: 'activedirectory', serviceAccounts: [SERVICE] },
});
const reader = await Client.open(proxy.url);
await reader.bind(SERVICE.dn, SERVICE.password);
t.teardown(async () => {
  reader.destroy();
  await proxy.stop();
  await upstream.stop();
});

type Values = (type: string) => readonly Buffer[];
const valuesOf =
  (entry: SearchResultEntry | undefined): Values =>
  (type) =>
    entry?.attributes.find((one) => one.type.toLowerCase() === type.toLowerCase())?.values ?? [];
async function one(filter: string) {
  const [entry] = (await reader.search({ base: BASE, filter })).entries;
  return { dn: entry?.objectName ?? '', get: valuesOf(entry) };
}

/** As an application knows them from earlier answers. */
const person = await one(`(sAMAccountName=${USER})`);
const group = await one('(&(objectClass=group)(cn=wayk-users))');
const everybody = await one('(cn=Domain Users)');
const guid = person.get('objectGUID')[0]!;
const sid = sidText(person.get('objectSid')[0]!)!;
const people = person.dn.slice(person.dn.indexOf(',') + 1);
const groups = group.dn.slice(group.dn.indexOf(',') + 1);
const octets = guid.toString('hex').replace(/../g, '\\$&');
const members = group.get('member').map(String).sort();
const groupsOfPerson = person.get('memberOf').map(String).sort();

const VALUES: DomainValues = {
  ...{ url: proxy.url, host: '127.0.0.1', port: Number(new URL(proxy.url).port) },
  ...{ baseDN: BASE, usersDN: people, groupsDN: groups, group: 'wayk-users', groupDN: group.dn },
  ...{ serviceDN: SERVICE.dn, personDN: () => person.dn, domain: 'example.com', netbiosName: 'EXAMPLE' },
};

interface Question {
  readonly ask: Omit<SearchOptions, 'controls'>;
  /** The names of what it finds, or how many. */
  readonly finds: readonly string[] | number;
  /** What the first of them has. */
  readonly has?: (values: Values) => boolean;
  /** Entries in a page; the control is critical for some. */
  readonly pages?: { readonly size: number; readonly critical: boolean };
}
type Step = Question | { readonly bind: readonly [name: string, password: string] };

const asService: Step = { bind: [SERVICE.dn, SERVICE.password] };
const asUser: Step = { bind: [person.dn, PASSWORD] };
const search = (base: string, filter: string, attributes: readonly string[], finds: Question['finds']): Question => ({
  ask: { base, filter, attributes },
  finds,
});
const read = (
  base: string,
  attributes: readonly string[],
  has?: Question['has'],
  scope = Scope.baseObject,
): Question => ({
  ask: { base, scope, attributes },
  finds: 1,
  ...(has === undefined ? {} : { has }),
});

/** The questions of a recipe in this form of the table. */
function recipe(id: string, pages?: Question['pages']): Step[] {
  const form = fillForm(RECIPES.find((each) => each.id === id)!, VALUES, USER)!;
  return form.steps.flatMap((step: RecipeStep): Step[] => {
    if (step.kind === 'bind') {
      return [step.as === 'service' ? asService : { bind: [step.name ?? person.dn, PASSWORD] }];
    }
    if (step.kind === 'compare') return [];
    const { base, scope, filter, attributes } = step;
    const finds = { members: members.length, groups: groupsOfPerson.length };
    return [
      {
        ask: { base, scope, filter, attributes },
        finds: typeof step.finds === 'number' ? step.finds : finds[step.finds],
        ...(pages === undefined ? {} : { pages }),
      },
    ];
  });
}

const TABLE: Readonly<Record<string, readonly Step[]>> = {
  // net-ldap looks for the paged results control before it searches; the groups of the paid edition are asked for by chain and by range.
  gitlab: [
    read('', ['namingContexts', 'supportedControl', 'supportedSASLMechanisms'], (values) =>
      values('supportedControl').map(String).includes(ControlType.pagedResults),
    ),
    ...recipe('gitlab', { size: 126, critical: false }),
    search(people, `(memberOf:${CHAIN}:=${group.dn})`, ['dn'], members),
    read(group.dn, ['cn', 'member;range=0-*'], (values) => values('member;range=0-*').length === members.length),
    search(people, `(&(sAMAccountName=${USER})(!(userAccountControl:${BIT_AND}:=2)))`, ['dn'], [person.dn]),
  ],
  // Every search is an OR of all names.
  grafana: [
    ...recipe('grafana'),
    asService,
    {
      ...search(people, `(|(sAMAccountName=${USER}))`, ['sAMAccountName', 'sn', 'mail', 'givenName', 'memberOf'], 1),
      has: (values) => values('memberOf').map(String).includes(group.dn),
    },
    search(people, `(|(sAMAccountName=${USER})(sAMAccountName=nobody.at.all))`, ['mail'], [person.dn]),
    search(groups, `(member:${CHAIN}:=${person.dn})`, ['dn'], groupsOfPerson),
  ],
  // By PHP, in pages; people are known by the bytes of objectGUID, their primary group by the domain's SID.
  nextcloud: [
    ...recipe('nextcloud', { size: 2, critical: false }),
    asService,
    { ...search(BASE, `(objectguid=${octets})`, ['dn'], [person.dn]), pages: { size: 500, critical: false } },
    read(person.dn, ['objectguid'], (values) => values('objectGUID')[0]!.equals(guid)),
    read(person.dn, ['primaryGroupID'], (values) => String(values('primaryGroupID')[0]) === '513'),
    search(BASE, `(&(objectClass=group)(objectsid=${sid.replace(/[0-9]+$/, '513')}))`, ['dn'], [everybody.dn]),
    search(BASE, `(&(objectClass=group)(member:${CHAIN}:=${person.dn}))`, ['cn', 'dn'], groupsOfPerson),
  ],
  // With token groups it reads names by SID; a person without any has no groups.
  vault: [
    ...recipe('vault'),
    { ...read(person.dn, ['tokenGroups'], (values) => values('tokenGroups').length === 0) },
    { ask: { base: `<SID=${sid}>`, scope: Scope.baseObject, attributes: ['1.1'], sizeLimit: 1 }, finds: [person.dn] },
  ],
  // By JNDI, in pages; a person that is known is read by objectGUID, as text and then as bytes.
  keycloak: [
    ...recipe('keycloak', { size: 3, critical: false }),
    read(`<GUID=${uuidOfGuid(guid)}>`, [], (values) => values('objectGUID')[0]!.equals(guid)),
    search(
      people,
      `(&(objectClass=*)(objectGUID=${octets}))`,
      ['objectGUID', 'pwdLastSet', 'userAccountControl', 'sAMAccountName'],
      [person.dn],
    ),
    {
      ...search(people, '(&(objectclass=person)(objectclass=user))', ['pwdLastSet', 'userAccountControl'], members),
      has: (values) => String(values('userAccountControl')[0]) === '512' && values('pwdLastSet').length === 1,
      pages: { size: 4, critical: true },
    },
    asUser,
  ],
};

/** What a question finds, by as many pages as there are. */
async function answersTo(
  { ask, pages }: Question,
  client: Client,
): Promise<{ code: number; entries: SearchResultEntry[] }> {
  if (pages === undefined) {
    const { result, entries } = await client.search(ask);
    return { code: result.code, entries };
  }
  const entries: SearchResultEntry[] = [];
  for (let cookie = Buffer.alloc(0); ; ) {
    const value = encodePagedResults({ size: pages.size, cookie });
    const control = { type: ControlType.pagedResults, critical: pages.critical, value };
    const messages = await client.answered(client.send(searchRequest(ask), [control]));
    const page = messages.map(({ op }) => op).filter((op) => op.kind === 'searchResultEntry');
    if (page.length > pages.size) throw new Error(`a page of ${page.length} entries`);
    entries.push(...page);
    const last = messages.at(-1)!;
    cookie = Buffer.from(decodePagedResults(last.controls?.[0]?.value).cookie);
    if (cookie.length === 0) return { code: last.op.kind === 'searchResultDone' ? last.op.result.code : -1, entries };
  }
}

t.test('there is something to find', async (t) => {
  t.equal(members.length, 9);
  t.equal(groupsOfPerson.length, 2);
  t.match(everybody.dn, /^CN=Domain Users,/);
});

for (const [application, steps] of Object.entries(TABLE))
  t.test(`${application}: each question finds what the application needs`, async (t) => {
    const client = await Client.open(proxy.url);
    t.teardown(() => client.destroy());
    for (const step of steps) {
      if ('bind' in step) {
        t.equal((await client.bind(...step.bind)).code, 0, step.bind[0]);
        continue;
      }
      const what = `${step.ask.base ?? ''} ${step.ask.filter ?? ''}`;
      const { code, entries } = await answersTo(step, client);
      t.equal(code, 0, what);
      const names = entries.map(({ objectName }) => objectName).sort();
      if (typeof step.finds === 'number') t.equal(names.length, step.finds, what);
      else t.same(names, step.finds, what);
      if (step.has !== undefined) t.ok(step.has(valuesOf(entries[0])), `${what} has what is asked for`);
    }
  });
