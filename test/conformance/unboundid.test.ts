// UnboundID's LDAP SDK: its tools put load on the product, and validate its schema and its entries.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { USERS_DN } from '../../src/demo/tree.js';
import { crowd, PASSWORD, READER } from './crowd.js';
import { java, TRUST_PASSWORD, trustStore, unlike, withoutJava } from './java.js';
import { startLargeSite } from './large-site.js';
import { need } from './packages.js';
import { judge, SUITES } from './suites.js';

const TOOLS = 'com.unboundid.ldap.sdk';
const PEOPLE = 20_000;
const TRUE = { unlisted: [], outdated: [] };

const as = ({ dn, password }: { dn: string; password: string }) => ['--bindDN', dn, '--bindPassword', password];

/** The columns of a rate tool's table, by their titles. */
function columns(text: string): Map<string, number[]> {
  const [titles = [], ...rows] = text
    .split('\n')
    .filter((line) => /^(Recent |\d)/.test(line))
    .map((line) => line.split(','));
  return new Map(titles.map((title, i) => [title, rows.map((row) => Number(row[i]))]));
}

const sum = (numbers: readonly number[] = []) => numbers.reduce((all, one) => all + one, 0);

/** Four threads for three seconds, with names each of which leads to one entry. */
async function rate(
  tool: 'SearchRate' | 'AuthRate',
  channel: readonly string[],
  more: readonly string[] = [],
  base: string = USERS_DN,
) {
  const { code, text } = await java(`${TOOLS}.examples.${tool}`, [
    ...['--hostname', 'localhost', ...channel, ...as(READER), '--baseDN', base, '--filter', '(uid=m[4-999])'],
    ...['--numThreads', '4', '--intervalDuration', '1', '--numIntervals', '3', '--csv', '--noPropertiesFile', ...more],
  ]);
  const table = columns(text);
  return {
    code,
    done: sum(table.get('Recent Searches/Sec') ?? table.get('Recent Auths/Sec')),
    errors: sum(table.get('Recent Errors/Sec')),
    entries: table.get('Recent Entries/Srch') ?? [],
    text,
  };
}

t.test('digests of what was fetched are held', { skip: withoutJava }, async (t) => {
  const folder = t.testdir({ 'a.jar': 'a', 'b.jar': 'b' });
  const a = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.jar\n';
  t.same(unlike(folder, a), ['b.jar has another digest, or none is listed']);
  t.same(unlike(folder, a + a.replace('a.jar', 'b.jar')), ['b.jar has another digest, or none is listed']);
  t.same(unlike(join(folder, 'none'), a), ['a.jar is missing']);
});

t.test('UnboundID’s tools with 20,000 people', { skip: withoutJava }, async (t) => {
  const site = await startLargeSite(t, crowd(PEOPLE));
  const trust = (file: string) => [
    ...['--trustStorePath', file, '--trustStorePassword', TRUST_PASSWORD, '--trustStoreFormat', 'PKCS12'],
    '--verifyCertificateHostnames',
  ];
  const trusted = trust(await trustStore(site.folder, site.caFile));
  const channels: Record<string, readonly string[]> = {
    ldap: ['--port', String(site.port)],
    StartTLS: ['--port', String(site.port), '--useStartTLS', ...trusted],
    ldaps: ['--port', String(site.tlsPort), '--useSSL', ...trusted],
  };
  const clear = ['--hostname', '127.0.0.1', '--port', String(site.port), ...as(READER)];

  for (const [name, channel] of Object.entries(channels)) {
    await t.test(`SearchRate and AuthRate have no errors over ${name}`, async (t) => {
      for (const tool of ['SearchRate', 'AuthRate'] as const) {
        const credentials = tool === 'AuthRate' ? ['--credentials', PASSWORD] : [];
        const { code, done, errors, entries, text } = await rate(tool, channel, credentials);
        t.equal(code, 0, text);
        t.ok(done > 100, `${tool}: ${done}`);
        t.equal(errors, 0, text);
        t.ok(
          entries.every((each) => each === 1),
          `${tool}: one entry for each search`,
        );
      }
    });
  }

  await t.test('AuthRate in its other ways: SASL PLAIN, names alone, with controls', async (t) => {
    const ldaps = channels.ldaps ?? [];
    const ways: Record<string, readonly string[]> = {
      'SASL PLAIN': ['--authType', 'PLAIN'],
      controls: ['--passwordPolicyRequestControl', '--authorizationIdentityRequestControl'],
      names: ['--bindOnly'],
    };
    const reported: string[] = [];
    for (const [way, more] of Object.entries(ways)) {
      const base = way === 'names' ? `uid=m[4-999],${USERS_DN}` : USERS_DN;
      const { done, errors, text } = await rate('AuthRate', ldaps, ['--credentials', PASSWORD, ...more], base);
      t.ok(done > 100, `${way}: ${done}`);
      const kinds = /Error Results:\s+([A-Za-z ]+):/.exec(text)?.[1] ?? 'unknown';
      if (errors > 0) reported.push(`${way}: ${kinds}`);
    }
    t.same(judge(SUITES.rates.differences, reported), TRUE);
  });

  await t.test('the rates count what fails: wrong passwords, a certificate of somebody else', async (t) => {
    const wrong = await rate('AuthRate', channels.ldap ?? [], ['--credentials', 'wrong']);
    t.ok(wrong.errors > 0, wrong.text);
    const { caPem } = await makeAuthority();
    const folder = join(site.folder, 'other');
    mkdirSync(folder);
    writeFileSync(join(folder, 'ca.pem'), caPem);
    const other = trust(await trustStore(folder, join(folder, 'ca.pem')));
    const untrusted = await rate('SearchRate', ['--port', String(site.tlsPort), '--useSSL', ...other]);
    t.not(untrusted.code, 0, untrusted.text);
  });

  await t.test('EntryValidator accepts every entry by the schema that is published', async (t) => {
    const file = join(site.folder, 'all.ldif');
    const validate = async (ldif: string) => {
      writeFileSync(file, ldif);
      return java(`${TOOLS}.examples.ValidateLDIF`, [...clear, '--ldifFile', file]);
    };
    const ldif = await need('ldapsearch', [
      ...['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', `ldap://127.0.0.1:${site.port}`, '-D', READER.dn],
      ...['-w', READER.password, '-E', 'pr=500/noprompt', '-b', USERS_DN],
    ]);
    t.ok((ldif.match(/^dn:/gm) ?? []).length > PEOPLE);
    const { code, text } = await validate(ldif.replace(/^# pagedresults.*\n/gm, ''));
    t.equal(code, 0, text);
    t.match(text, /No errors were encountered/);
    const broken = await validate(`dn: ${USERS_DN}\nobjectClass: top\nobjectClass: organizationalUnit\nuid: x\n`);
    t.not(broken.code, 0, broken.text);
  });

  await t.test('SchemaValidator reports nothing but what is listed', async (t) => {
    const file = join(site.folder, 'schema.ldif');
    const problems = async (ldif: string): Promise<string[]> => {
      writeFileSync(file, ldif);
      const { code, text } = await java(`${TOOLS}.schema.ValidateLDAPSchema`, ['--schema-path', file]);
      const found = text
        .split(/^\* /m)
        .slice(1)
        .map((problem) =>
          problem
            .replaceAll(/\s+/g, ' ')
            .replace(/ read from (schema )?file '[^']*'/, '')
            .replace(/ \d+ errors were found while validating the schema\.? *$/, '')
            .trim(),
        );
      t.equal(code === 0, found.length === 0, text);
      return found;
    };
    const schema = await need('ldapsearch', [
      ...['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', `ldap://127.0.0.1:${site.port}`, '-b', 'cn=Subschema'],
      ...['-s', 'base', '*', '+'],
    ]);
    const { differences } = SUITES['schema-validator'];
    t.same(judge(differences, await problems(schema)), TRUE);
    const broken = schema.replace("NAME 'title'", "NAME 'title' SUP nowhere");
    t.not(broken, schema);
    t.ok(judge(differences, await problems(broken)).unlisted.length > 0);
  });
});
