// The reference in a refusal: the same in form for every reason, found wherever an operator looks, and absent unless configured.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../../src/demo/stand-in.js';
import { makeReference } from '../../../src/gate/bind/reference.js';
import { openAudit } from '../../../src/ops/log/audit.js';
import { Client } from '../../support/client.js';
import { startProxy, userDN, withProxy } from '../../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

/** Names and passwords that are refused with 49, each for another reason. */
const REFUSED: readonly [name: string, password: string][] = [
  [userDN('quillon.varrek'), 'wrong'],
  [userDN('nobody.at.all'), 'wrong'],
  [userDN('corvane.thessly'), 'user-secret-5005'],
  [userDN('ldap-reader'), 'wrong'],
  [`cn=wayk-users,ou=Groups,dc=example,dc=com`, 'wrong'],
  ['', 'wrong'],
];

t.test('a reference is alike in form for all refusals, and can be searched for everywhere (R2)', async (t) => {
  const file = join(t.testdir({}), 'audit.jsonl');
  const audit = openAudit(file, (what) => t.fail(what));
  const settings = { local: { tellReference: true }, ops: { http: '127.0.0.1:0' } };
  const proxy = await startProxy(upstream, settings, true, { audit });
  t.teardown(() => proxy.stop());
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  const references = new Set<string>();
  for (const [name, password] of REFUSED) {
    const { code, text, matchedDN } = await client.bind(name, password);
    t.match({ code, matchedDN }, { code: 49, matchedDN: '' });
    const reference = /^reference ([a-z2-7]{8})$/.exec(text)?.[1] ?? '';
    t.not(reference, '', text);
    references.add(reference);
    t.equal(proxy.log.filter((line) => line.includes(`"reference":"${reference}"`)).length, 1, 'log');
    t.ok(readFileSync(file, 'utf8').includes(`"reference":"${reference}"`), 'audit');
    const found = await (await fetch(`${proxy.app.opsUrl}/operations?q=${reference}`)).text();
    t.equal(found.split(`"reference":"${reference}","code":49`).length, 2, '/operations');
    const page = await (await fetch(`${proxy.app.opsUrl}/?q=${reference}`)).text();
    t.ok(page.includes(`<code>${reference}</code>`), 'page');
  }
  t.equal(references.size, REFUSED.length, 'each has its own');
  t.match(await client.bind('=', 'x'), { code: 34, text: /^invalid DN \(reference [a-z2-7]{8}\)$/ });
  t.match(await client.bind(userDN('quillon.varrek'), 'user-secret-5001'), { code: 0, text: '' });
});

t.test('without the key there is none, and a login has none', async (t) => {
  await withProxy(upstream, {}, async ({ url, log }) => {
    const client = await Client.open(url);
    for (const [name, password] of REFUSED) t.match(await client.bind(name, password), { code: 49, text: '' });
    client.destroy();
    t.notMatch(log.join(''), /reference/);
  });
});

t.test('a reference is as random as its source: no order, no letter preferred', async (t) => {
  const counts = new Map<string, number>();
  const all = Array.from({ length: 4000 }, () => makeReference(randomBytes));
  for (const letter of all.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  t.equal(counts.size, 32);
  t.ok(
    [...counts.values()].every((count) => count > 700 && count < 1300),
    'about a thousand of each',
  );
  t.equal(new Set(all).size, all.length);
});
