// Recipes: each renders with live values, and each of its questions, asked of the real proxy, has the answer that it claims.
import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { parseDN } from '../../src/ldap/dn.js';
import { RECIPES } from '../../src/recipes/all.js';
import { commandLines, shellWord } from '../../src/recipes/commands.js';
import type { Recipe, Values } from '../../src/recipes/recipe.js';
import { domainValues, groupNotes } from '../../src/recipes/values.js';
import { BASE, type RunningProxy, startProxy } from '../support/proxy.js';
import { askSteps, bindsUser, memberCode } from '../support/recipes.js';
import { printedJson } from '../support/schemas.js';

interface Who {
  readonly uid: string;
  readonly password: string;
  /** Groups that the service account sees them in. */
  readonly groups: number;
}
const MEMBER: Who = { uid: 'quillon.varrek', password: 'user-secret-5001', groups: 2 };
const TUNNELLER: Who = { uid: 'mirelle.oskand', password: 'user-secret-5002', groups: 3 };
const OUTSIDER: Who = { uid: 'corvane.thessly', password: 'user-secret-5005', groups: 0 };
/** Two of the nine members are in it. */
const TUNNEL = 'VPN (Full Tunnel)';

// All users of an application come from one address; the attempts here are of few accounts.
const binds = { failuresPerAddress: 1000, failuresPerAccount: 1000 };
const upstream = await StandIn.start({});
const renamed = await startProxy(upstream, { local: { baseDN: BASE }, binds });
const own = await startProxy(upstream, { local: { baseDN: undefined }, binds });
t.teardown(async () => {
  await renamed.stop();
  await own.stop();
  await upstream.stop();
});

async function cli(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { env: {}, stdin: new PassThrough(), stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

const SETTINGS = ['upstream.reader.user=ldap-reader', 'upstream.reader.password=x', `upstream.orgId=${upstream.orgId}`];
const set = (...more: string[]) => [...SETTINGS, ...more].flatMap((setting) => ['--set', setting]);

/** What the command would take the recipe's values from. */
function valuesFor(proxy: RunningProxy, base: string | undefined, group = 'wayk-users'): Values {
  const baseDN = base ?? upstream.baseDN;
  const [usersDN, groupsDN] =
    base === undefined ? [upstream.usersDN, upstream.usersDN] : [`ou=Users,${base}`, `ou=Groups,${base}`];
  const { port } = new URL(proxy.url);
  return {
    url: proxy.url,
    host: '127.0.0.1',
    port: Number(port),
    baseDN,
    usersDN,
    groupsDN,
    group,
    groupDN: `cn=${group},${groupsDN}`,
    serviceDN: `uid=ldap-reader,${usersDN}`,
    personDN: (uid) => `uid=${uid},${usersDN}`,
  };
}

/** Asks everything in order; for each step the code and the number of entries. */
function ask(values: Values, recipe: Recipe, { uid, password }: Pick<Who, 'uid' | 'password'>) {
  return askSteps(values, recipe.steps(values, uid), uid, { service: upstream.reader.password, user: password });
}

t.test('every file of a recipe is in the list, each recipe with its own name', async (t) => {
  const shared = ['all.ts', 'commands.ts', 'recipe.ts', 'values.ts'];
  const files = readdirSync('src/recipes').filter((file) => !shared.includes(file));
  t.same(RECIPES.map(({ id }) => `${id}.ts`).sort(), files.sort());
  t.ok(RECIPES.length > 40, 'as README.md and docs/faq.md say');
  t.equal(new Set(RECIPES.map(({ title }) => title)).size, RECIPES.length);
  for (const { id } of RECIPES) t.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
});

const SITES = [
  { name: 'local names', values: valuesFor(renamed, BASE), who: MEMBER, members: 9 },
  { name: 'JumpCloud’s names', values: valuesFor(own, undefined), who: MEMBER, members: 9 },
  { name: 'a group with parentheses', values: valuesFor(renamed, BASE, TUNNEL), who: TUNNELLER, members: 2 },
];

for (const { name, values, who, members } of SITES) {
  t.test(`each question has the answer that the recipe claims: ${name}`, async (t) => {
    for (const recipe of RECIPES) {
      t.ok(recipe.steps(values, who.uid).some(bindsUser), `${recipe.id} checks the password`);
      for (const { step, code, entries } of await ask(values, recipe, who)) {
        const what = `${recipe.id}: ${JSON.stringify(step)}`;
        t.equal(code, memberCode[step.kind], what);
        if (step.kind !== 'search') continue;
        const finds = { members, groups: who.groups };
        t.equal(entries, typeof step.finds === 'number' ? step.finds : finds[step.finds], what);
      }
    }
  });

  t.test(`a wrong password is refused after the same questions: ${name}`, async (t) => {
    for (const recipe of RECIPES) {
      const answers = await ask(values, recipe, { ...who, password: 'wrong-secret' });
      const refused = answers.findIndex(({ step }) => bindsUser(step));
      for (const { step, code } of answers.slice(0, refused)) t.equal(code, memberCode[step.kind], recipe.id);
      t.equal(answers[refused]?.code, 49, recipe.id);
    }
  });

  t.test(`who is not in the group is refused and not found: ${name}`, async (t) => {
    for (const recipe of RECIPES) {
      for (const { step, code, entries } of await ask(values, recipe, OUTSIDER)) {
        if (bindsUser(step)) t.equal(code, 49, `${recipe.id}: a non-member is refused`);
        if (step.kind === 'search' && `${step.base}${step.filter}`.includes(OUTSIDER.uid))
          t.equal(entries, 0, `${recipe.id}: and not found`);
        if (step.kind === 'compare') t.equal(code, 5, recipe.id);
      }
    }
  });
}

t.test('settings hold the live values and no password; every line is one that a shell takes', async (t) => {
  const render = (recipe: Recipe, ...more: string[]) => cli('recipe', recipe.id, '--user', MEMBER.uid, ...set(...more));
  for (const recipe of RECIPES) {
    for (const more of [[], ['local.baseDN=dc=example,dc=com', 'listen.ldap=0.0.0.0:389', 'group=VPN (Full Tunnel)']]) {
      const { code, out } = await render(recipe, ...more);
      t.equal(code, 0);
      t.notMatch(out, /undefined|\[object|NaN/, recipe.id);
      t.match(out, more.length === 0 ? upstream.orgId : 'dc=example,dc=com');
      t.notMatch(out, /0\.0\.0\.0/);
      t.match(out, 'uid=ldap-reader,ou=Users,', 'the account that it searches with');
      t.notMatch(out, /sAMAccountName/i, 'nothing of Active Directory, which no app looks like');
      for (const line of out.split('\n').filter((one) => /^ldap(search|compare|whoami) /.test(one)))
        t.match(line, / -W\b/, 'asks for the password');
    }
  }
});

t.test('where only ldaps is served, every application gets that address', async (t) => {
  const plain = valuesFor(renamed, BASE);
  const secure = { ...plain, url: plain.url.replace('ldap:', 'ldaps:') };
  const domain = (values: Values) => domainValues(values, parseDN(BASE)!);
  for (const recipe of RECIPES) {
    t.not(recipe.settings(secure), recipe.settings(plain), recipe.id);
    t.notMatch(recipe.settings(secure), 'ldap://127.0.0.1', recipe.id);
    const { activeDirectory } = recipe;
    if (activeDirectory === undefined) continue;
    t.not(activeDirectory.settings(domain(secure)), activeDirectory.settings(domain(plain)), recipe.id);
  }
});

t.test('what is named of a group, and what is said where others get in', async (t) => {
  const app = {
    listen: { ldap: undefined, ldaps: undefined },
    groups: ['Engineering'],
    everyone: false,
    local: { serviceAccounts: [] },
  } as const;
  t.same(groupNotes(app), []);
  t.match(groupNotes({ ...app, everyone: true }), [/leave out what names the group Engineering/]);
  t.match(groupNotes({ ...app, groups: ['Engineering', 'Support'] }), [/members of Engineering, Support get in/]);
  t.match(groupNotes({ ...app, groups: [], everyone: true }), [/the group GROUP/]);
  const { out } = await cli('recipe', 'gitlab', ...set('group.everyone=true'));
  t.match(out, /# - Everybody gets in here: leave out what names the group wayk-users/);
});

t.test('a domain is that of its base', async (t) => {
  const values = valuesFor(renamed, BASE);
  const domain = (base: string) => domainValues(values, parseDN(base)!);
  t.match(domain('DC=Example,DC=com'), { ...values, domain: 'example.com', netbiosName: 'EXAMPLE' });
  t.match(domain('dc=a-very-long-label,dc=example,dc=com'), { netbiosName: 'A-VERY-LONG-LAB' });
});

t.test('words for a shell', async (t) => {
  t.equal(shellWord('uid=a,dc=b'), 'uid=a,dc=b');
  t.equal(shellWord('(uid=a)'), "'(uid=a)'");
  t.equal(shellWord("it's $HOME"), "'it'\\''s $HOME'");
  t.equal(shellWord(''), "''");
  const values = valuesFor(renamed, BASE);
  t.same(
    commandLines(
      [
        { kind: 'bind', as: 'service' },
        { kind: 'bind', as: 'user' },
      ],
      values,
      MEMBER.uid,
    ).length,
    2,
  );
});

t.test('the command lists, finds, suggests, and speaks JSON', async (t) => {
  const list = await cli('recipe');
  t.equal(list.code, 0);
  t.equal(list.out.trim().split('\n').length, RECIPES.length);
  t.equal((printedJson('recipes', (await cli('recipe', '--json')).out) as unknown[]).length, RECIPES.length);
  const unknown = await cli('recipe', 'gitlap', ...set());
  t.equal(unknown.code, 2);
  t.match(unknown.err, /Did you mean gitlab/);
  t.equal(unknown.out, '');
  t.equal((await cli('recipe', 'zzzzzzzzz')).code, 2);
  const json = printedJson('recipe', (await cli('recipe', 'GitLab', '--json', ...set())).out);
  t.match(json, { id: 'gitlab', settings: /ldap_servers/, commands: [/^ldapsearch /], steps: [{ kind: 'bind' }] });
  t.equal((await cli('recipe', 'gitlab')).code, 2, 'needs a configuration');
});

t.test('Wayk Bastion’s form is the same in recipe, example and README', async (t) => {
  const place = 'Settings › Account Provider › JumpCloud';
  const { out } = await cli('recipe', 'wayk-bastion', ...set());
  const example = readFileSync('config/wayk-bastion.yaml', 'utf8');
  for (const text of [out, example, readFileSync('README.md', 'utf8')]) t.ok(text.includes(place));
  t.match(out, new RegExp(`Base Distinguished Name +ou=Users,o=${upstream.orgId},dc=jumpcloud,dc=com\n`));
  t.match(example, /Base Distinguished Name +ou=Users,o=[0-9a-f]{24},dc=jumpcloud,dc=com /);
  const renamedForm = await cli('recipe', 'wayk-bastion', ...set('local.baseDN=dc=example,dc=com'));
  t.match(
    renamedForm.out,
    /Base Distinguished Name +dc=example,dc=com\n/,
    'where groups are elsewhere, the base of both',
  );
});

t.test('each app of a configuration has its own values, and a domain the form for one', async (t) => {
  const apps = JSON.stringify([
    { name: 'wiki', groups: ['wiki-users'], local: { baseDN: 'dc=wiki,dc=example,dc=com' } },
    { name: 'office', everyone: true, local: { baseDN: 'dc=corp,dc=example,dc=com', face: 'activedirectory' } },
  ]);
  const first = await cli('recipe', 'gitlab', ...set(`apps=${apps}`));
  t.equal(first.code, 0, first.err);
  t.match(first.out, /wiki-users/);
  t.match(first.out, /'active_directory' => false/);
  const office = await cli('recipe', 'gitlab', '--app', 'office', ...set(`apps=${apps}`));
  t.match(office.out, /'active_directory' => true/);
  t.match(office.out, /CN=ldap-reader,ou=Users,dc=corp,dc=example,dc=com/);
  t.notMatch(office.out, /wiki/);
  const none = await cli('recipe', 'gitlab', '--app', 'nosuch', ...set(`apps=${apps}`));
  t.equal(none.code, 2);
  t.match(none.err, /there is no app "nosuch"; there is wiki, office/);
});
