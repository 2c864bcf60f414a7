// The documents that are made from the source say what the source says.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { configurationPage } from '../../docs/configuration.js';
import { reasonsPage, withTable } from '../../docs/generate.js';
import { keyPaths } from '../../src/config/schema.js';
import { ANYBODY, PARTIES, REASONS } from '../../src/gate/explain/reasons.js';
import { ResultCode } from '../../src/ldap/result-code.js';

t.test('docs/reasons.md and the README are as npm run docs writes them', async (t) => {
  t.equal(readFileSync('docs/reasons.md', 'utf8'), reasonsPage(), 'run npm run docs');
  const readme = readFileSync('README.md', 'utf8');
  t.equal(readme, withTable(readme), 'run npm run docs');
  t.throws(() => withTable('nothing'), /no place/);
});

t.test('docs/configuration.md has every key, and is as npm run docs writes it', async (t) => {
  const page = readFileSync('docs/configuration.md', 'utf8');
  t.equal(page, configurationPage(), 'run npm run docs');
  const has = (name: string) => new RegExp(`^##+ ${name}$`, 'm').test(page);
  // A key that is a text or a mapping has one section.
  for (const path of keyPaths()) t.ok(has(path.join('.')) || has(path[0] ?? ''), path.join('.'));
  t.ok(has('group') && has('upstream.orgId') && !has('nothing'));
});

const sectionOf = (reason: string) =>
  reasonsPage()
    .split(/^## /m)
    .find((part) => part.startsWith(`${reason}\n`)) ?? '';

t.test('each reason has a sentence, a basis, codes that exist and a remedy with the names in it', async (t) => {
  const codes: readonly number[] = Object.values(ResultCode);
  for (const [reason, { meaning, basis, codes: seen, party, remedy, advice }] of Object.entries(REASONS)) {
    t.match(meaning, /^[A-Z].*\.$/, reason);
    t.match(basis, /RFC [0-9]{4}|JumpCloud/, reason);
    t.ok(seen.length > 0 && seen.every((code) => codes.includes(code)), reason);
    t.match(remedy(ANYBODY), /\.$/, reason);
    if (advice !== undefined) t.match(advice, /^[A-Z].*[.)]$/, reason);
    t.match(sectionOf(reason), `- Who acts: ${PARTIES[party]}\n`, reason);
  }
  const names = { group: 'staff', user: 'ada' };
  t.match(REASONS['not-a-member'].remedy(names), /User Groups › staff › Users › ada/);
  t.match(REASONS['unknown-name'].remedy(names), /Users › ada › Directories › JumpCloud LDAP/);
});

t.test('every key that a reason names is one of the configuration', async (t) => {
  const keys = keyPaths().map((path) => path.join('.'));
  const isKey = (name: string) => keys.some((key) => key === name || key.startsWith(`${name}.`));
  for (const [reason, { meaning, basis, remedy, advice }] of Object.entries(REASONS)) {
    const text = `${meaning} ${basis} ${remedy(ANYBODY)} ${advice ?? ''}`;
    const named = text.match(/\b(listen|upstream|local|directory|binds|ops|log)\.[a-zA-Z]+(\.[a-zA-Z]+)*/g) ?? [];
    t.same(
      named.filter((name) => !isKey(name)),
      [],
      reason,
    );
  }
});
