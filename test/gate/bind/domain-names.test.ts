// user@domain and DOMAIN\user: such a name means the user it says, whatever other people are called.
import fc from 'fast-check';
import t from 'tap';
import { makeEntry } from '../../../src/directory/entry.js';
import { Snapshot } from '../../../src/directory/snapshot.js';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { Domains, readDomainName } from '../../../src/gate/bind/domain-name.js';
import { type NameForm, NameResolver } from '../../../src/gate/bind/resolve-name.js';
import { indexServiceAccounts, type ServiceAccounts } from '../../../src/gate/bind/service-accounts.js';
import type { Ended } from '../../../src/gate/operation.js';
import type { Lookup } from '../../../src/gate/ports.js';
import { anonymousSession } from '../../../src/gate/session.js';
import { keyOfName } from '../../../src/ldap/dn.js';
import { values } from '../../../src/ldap/values.js';
import { simpleBind } from '../../support/client.js';
import { USERS, userDN } from '../../support/proxy.js';
import { makeWorld, type TestWorld } from '../../support/world.js';

interface Person {
  readonly uid: string;
  readonly mail: string;
  readonly isMember: boolean;
}

const DOMAINS = new Domains(['example.com', 'EXAMPLE']);
const NO_ACCOUNTS = indexServiceAccounts([]);

function worldOf(people: readonly Person[], forms: readonly NameForm[], accounts: ServiceAccounts = NO_ACCOUNTS) {
  const entries = people
    .filter(({ isMember }) => isMember)
    .map(({ uid, mail }) => {
      const attributes = [
        { type: 'uid', values: values(uid) },
        { type: 'mail', values: values(mail) },
      ];
      return makeEntry('user', userDN(uid), attributes, uid);
    });
  const snapshot = new Snapshot(entries, 1000);
  return makeWorld({
    snapshot: () => snapshot,
    names: new NameResolver(accounts, keyOfName(USERS), forms, keyOfName(USERS), DOMAINS),
  });
}

/** What the upstream says of a name: members were all read. */
function lookUp(people: readonly Person[], what: string): Lookup {
  const [attribute, value] = [what.slice(0, what.indexOf('=')), what.slice(what.indexOf('=') + 1)];
  const hits = people.filter((one) => one[attribute as 'uid' | 'mail'] === value.toLowerCase());
  if (hits.length > 1) return { kind: 'ambiguous' };
  const [hit] = hits;
  if (hit === undefined) return { kind: 'nobody' };
  const { uid } = hit;
  return hit.isMember ? { kind: 'member', uid, upstreamDN: `uid=${uid},ou=up` } : { kind: 'outsider', uid };
}

/** Runs a bind to its end; every password is right upstream. */
function run(world: TestWorld, people: readonly Person[], name: string): { ended: Ended; account: string } {
  const operation = new BindOperation(simpleBind(name, 'right'), anonymousSession('tls', '192.0.2.1'), world.context);
  for (let step = operation.advance(); ; step = operation.advance()) {
    if (step !== 'waiting') return { ended: step, account: operation.trace.account };
    world.lookedUp.splice(0).forEach(({ what, answer }) => {
      answer(lookUp(people, what));
    });
    world.asked.splice(0).forEach(({ answer }) => {
      answer({ kind: 'accepted' });
    });
    world.pass(60_000);
  }
}

const isIn = ({ ended }: { ended: Ended }) =>
  ended.response !== undefined && 'result' in ended.response && ended.response.result.code === 0;

const name = fc.constantFrom('ada', 'ben', 'carl', 'dora');
const people = fc.uniqueArray(
  fc.record({
    uid: name,
    mail: fc.oneof(
      name.map((one) => `${one}@example.com`),
      fc.constant('x@elsewhere.org'),
    ),
    isMember: fc.boolean(),
  }),
  { selector: ({ uid }) => uid },
);
const forms = fc.constantFrom<readonly NameForm[]>(['uid', 'mail'], ['uid'], ['mail'], ['mail', 'uid'], []);
const written = fc.constantFrom(
  (user: string) => `${user}@example.com`,
  (user: string) => `${user}@EXAMPLE.com`,
  (user: string) => `EXAMPLE\\${user}`,
  (user: string) => `Example.Com\\${user}`,
);

t.test('nobody comes by the name of somebody else, and who has the name alone gets in (R20, R23, R113)', async () => {
  fc.assert(
    fc.property(people, forms, name, written, (all, accepted, user, write) => {
      const world = worldOf(all, accepted);
      const bindName = write(user);
      const done = run(world, all, bindName);
      const isMail = bindName.includes('@') && accepted.includes('mail');
      const owners = isMail ? all.filter(({ mail }) => mail === bindName.toLowerCase()) : [];
      const meant = owners.length > 0 ? owners : all.filter(({ uid }) => uid === user);
      const [only, ...others] = meant;
      const may = only?.isMember === true && others.length === 0;
      // Two members of one address, or two outsiders, are nobody; a member and an outsider of one address are told apart as ever.
      if (owners.length > 1) return !isIn(done) || owners.some(({ uid, isMember }) => isMember && uid === done.account);
      return isIn(done) === may && (!may || done.account === only.uid);
    }),
    { numRuns: 2000 },
  );
});

t.test('the trace says how the name was read', async (t) => {
  const all = [
    { uid: 'ada', mail: 'ada.l@example.com', isMember: true },
    { uid: 'ben', mail: 'ben@example.com', isMember: true },
  ];
  for (const [bindName, decisions] of [
    ['EXAMPLE\\ada', ['uid ada, read as DOMAIN\\user (local.domains)']],
    [
      'ada@example.com',
      ['not in the snapshot, read as an email address', 'uid ada, read as user@domain (local.domains)'],
    ],
    ['ben@example.com', ['uid ben, read as an email address']],
    ['EXAMPLE\\nobody', ['not in the snapshot, read as DOMAIN\\user (local.domains)']],
  ] as const) {
    const { ended } = run(worldOf(all, ['uid', 'mail']), all, bindName);
    const steps = ended.trace?.steps.filter((step) => step.name === 'resolveName') ?? [];
    t.same(
      steps.map(({ decision }) => decision),
      decisions,
      bindName,
    );
  }
});

t.test(
  'every form of an account counts as one account, and look-ups of guesses are counted (R95, R97, R113)',
  async (t) => {
    const all = [{ uid: 'ada', mail: 'ada.l@example.com', isMember: true }];
    const world = worldOf(all, ['uid', 'mail']);
    const guess = (bindName: string) => {
      const operation = new BindOperation(
        simpleBind(bindName, bindName),
        anonymousSession('tls', '192.0.2.1'),
        world.context,
      );
      for (let step = operation.advance(); step === 'waiting'; step = operation.advance()) {
        for (const { what, answer } of world.lookedUp.splice(0)) answer(lookUp(all, what));
        for (const { answer } of world.asked.splice(0)) answer({ kind: 'refused' });
        world.pass(10);
      }
      return operation.trace.reason;
    };
    t.same(['ada', 'EXAMPLE\\ada', 'ada@example.com', 'example.com\\ADA', userDN('ada')].map(guess), [
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'too-many-attempts',
      'too-many-attempts',
    ]);
    for (let i = 0; i < 20; i++) guess('ada@example.com');
    t.notOk(world.context.rateLimiter.takeLookUp('192.0.2.1', 'ada'), 'of her, the address has used up its questions');
  },
);

t.test(
  'a service account that is a person is that account by every form, and is not asked about (R88, R113)',
  async (t) => {
    const account = {
      dn: userDN('reader'),
      aliases: [],
      credential: 'one',
      check: { kind: 'octets', password: Buffer.from('right') },
    } as const;
    for (const snapshot of ['there', 'not yet'])
      for (const bindName of ['EXAMPLE\\reader', 'reader@example.com', 'READER@EXAMPLE']) {
        if (snapshot === 'not yet' && bindName.includes('@')) continue;
        const all = [{ uid: 'ada', mail: 'a@example.com', isMember: true }];
        const world = worldOf(all, ['uid', 'mail'], indexServiceAccounts([account]));
        const operation = new BindOperation(simpleBind(bindName, 'right'), anonymousSession('tls', ''), world.context);
        let step = operation.advance();
        while (step === 'waiting') {
          await new Promise((resolve) => setImmediate(resolve));
          step = operation.advance();
        }
        t.equal(operation.trace.account, userDN('reader'), bindName);
        t.ok(isIn({ ended: step }));
        t.same([world.lookedUp, world.asked], [[], []]);
      }
  },
);

t.test('which names have a domain', async (t) => {
  for (const [text, user, domain] of [
    ['ada@example.com', 'ada', 'example.com'],
    ['a@b@example.com', 'a@b', 'example.com'],
    ['EXAMPLE\\ada', 'ada', 'EXAMPLE'],
    ['EXAMPLE\\ada@x', 'ada@x', 'EXAMPLE'],
  ] as const)
    t.match(readDomainName(text), { user, domain }, text);
  for (const text of ['ada', '@example.com', 'ada@', '\\ada', 'EXAMPLE\\', 'A\\B\\ada', ''])
    t.equal(readDomainName(text), undefined, text);
  t.equal(DOMAINS.userIn('ada@other.org'), undefined);
  t.equal(new Domains([]).userIn('ada@example.com'), undefined);
});
