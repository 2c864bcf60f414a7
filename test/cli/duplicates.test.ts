// The check's warning of a mail address that several people have: for each app it says what a login there finds.
import fc from 'fast-check';
import t from 'tap';
import { viewOf } from '../../src/app/app-parts.js';
import { makeLayout, sharedLayout } from '../../src/app/names.js';
import { duplicates } from '../../src/cli/check/duplicates.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { LargeValues } from '../../src/directory/apps/app-snapshot.js';
import type { UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';

type Tree = Record<string, unknown>;

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const USERS = `ou=Users,o=${ORG},dc=jumpcloud,dc=com`;
const upstream = { orgId: ORG, reader: { user: 'ldap-reader', password: 'reader-password' } };
const load = (settings: Tree) => loadConfig({ env: {}, flags: { upstream, ...settings } });
const app = (name: string, groups: readonly string[], more: Tree = {}) => {
  return { name, local: { baseDN: `dc=${name}` }, ...(groups.length > 0 ? { groups } : { everyone: true }), ...more };
};
const attribute = (type: string, ...values: string[]) => ({ type, values: values.map((value) => Buffer.from(value)) });

interface Person {
  readonly uid: string;
  readonly mails: readonly string[];
  readonly groups: readonly string[];
}

function imageOf(people: readonly Person[], everyone = false): UpstreamImage {
  const users = people.map(({ uid, mails, groups }) => ({
    dn: `uid=${uid},${USERS}`,
    attributes: [
      attribute('objectClass', 'inetOrgPerson'),
      ...[attribute('uid', uid), attribute('cn', uid), attribute('mail', ...mails)],
      attribute('memberOf', ...groups.map((name) => `cn=${name},${USERS}`)),
    ],
  }));
  const groups = ['g', 'h'].map((name) => ({
    dn: `cn=${name},${USERS}`,
    attributes: [
      ...[attribute('objectClass', 'groupOfNames'), attribute('cn', name)],
      attribute('member', ...people.filter((one) => one.groups.includes(name)).map(({ uid }) => `uid=${uid},${USERS}`)),
    ],
  }));
  const gates = new Map(['g', 'h'].map((name, i) => [name, groups[i]!]));
  return { gates, everyone, users, groups };
}

function warnings(config: Config, image: UpstreamImage): string[] {
  const found = [duplicates(config, image, makeLayout(config))].flat();
  return found.filter(({ status }) => status === 'warning').map(({ detail }) => detail);
}

const shared = 'team@example.test';
const three = [
  { uid: 'a', mails: [shared], groups: ['g'] },
  { uid: 'b', mails: ['Team@example.test'], groups: ['h'] },
  { uid: 'c', mails: ['c@example.test'], groups: ['g', 'h'] },
];

t.test('an address that two people have is reported for the apps that admit both, and for no other', async (t) => {
  const [one, two] = [app('one', ['g']), app('two', ['h'])];
  const image = imageOf(three);
  t.same(warnings(load({ apps: [one, two] }), image), [], 'in each app it is one person’s');
  t.same(warnings(load({ apps: [one, two, app('both', ['g', 'h'])] }), image), [
    `mail ${shared} belongs to several people of both: as a login name it is refused there`,
  ]);
  t.same(warnings(load({ apps: [one, app('both', ['g', 'h']), app('all', [])] }), imageOf(three, true)), [
    `mail ${shared} belongs to several people of both, all: as a login name it is refused there`,
  ]);
  const byUid = app('both', ['g', 'h'], { local: { baseDN: 'dc=both', names: ['uid'] } });
  t.same(warnings(load({ apps: [one, byUid] }), image), [], 'where nobody logs in by mail');
  t.same(warnings(load({ group: { everyone: true } }), imageOf(three, true)), [
    `mail ${shared} belongs to several people: as a login name it is refused`,
  ]);
});

t.test('two accounts with one name have no address of one person, either', async (t) => {
  const image = imageOf([
    { uid: 'a', mails: [shared], groups: ['g'] },
    { uid: 'A', mails: [shared], groups: ['g'] },
  ]);
  const [name, mail, ...more] = warnings(load({ apps: [app('one', ['g']), app('two', ['h'])] }), image);
  t.match(name, /uid=a,.*; uid=A,.* have one name here/);
  t.match(mail, /of one: as a login name it is refused there/);
  t.same(more, []);
});

t.test('an app is named exactly where a login by the address finds several people', async () => {
  const config = load({ apps: [app('one', ['g']), app('two', ['h']), app('both', ['h', 'g']), app('all', [])] });
  const mails = fc.subarray(['x@example.test', 'y@example.test']);
  const groups = fc.subarray(['g', 'h']);
  const people = fc.array(fc.record({ mails, groups }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(people, async (some) => {
      const image = imageOf(
        some.map((one, i) => ({ uid: `p${i}`, ...one })),
        true,
      );
      const base = buildSnapshot(image, sharedLayout(config), 0);
      const told = warnings(config, image);
      for (const one of config.apps) {
        const snapshot = await viewOf(one, config, new LargeValues()).build(base);
        for (const mail of ['x@example.test', 'y@example.test']) {
          const isRefused = snapshot.named('mail', mail) === 'ambiguous';
          const isTold = told.some(
            (text) => text.startsWith(`mail ${mail} `) && text.split(/[ ,:]+/).includes(one.name),
          );
          if (isRefused !== isTold) return false;
        }
      }
      return true;
    }),
  );
});
