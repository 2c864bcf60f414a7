// UnboundID's LDAPDiff compares the product with slapd, entry for entry and value for value.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { USERS_DN } from '../../src/demo/tree.js';
import { OpenLDAP } from '../support/openldap.js';
import { BASE } from '../support/proxy.js';
import { SERVICE } from '../support/site.js';
import { crowd, mappedCrowd, READER } from './crowd.js';
import { java, withoutJava } from './java.js';
import { startLargeSite } from './large-site.js';
import { judge, SUITES } from './suites.js';

const PEOPLE = 20_000;
const TRUE = { unlisted: [], outdated: [] };
const OPERATIONAL = ['createTimestamp', 'modifyTimestamp', 'entryDN', 'entryUUID', 'structuralObjectClass'];
/** All of `crowd` whose values are not DNs: how a DN is escaped is up to each server (RFC 4514 2.4). */
const PLAIN = [
  ...['objectClass', 'uid', 'cn', 'sn', 'givenName', 'displayName', 'mail', 'telephoneNumber', 'jpegPhoto', 'sshKey'],
  ...['description', 'l', 'postalAddress', 'uidNumber', 'gidNumber', 'homeDirectory', 'loginShell', 'title', 'ou'],
  ...['employeeNumber', 'memberUid'],
];

/** The differences in the LDIF that LDAPDiff writes, one line for each entry that is missing or extra and each attribute that differs. */
function differencesIn(ldif: string): string[] {
  return ldif.split(/\n\n+/).flatMap((record) => {
    const lines = record.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const [, colons, name] = /^dn(::?) (.*)$/.exec(lines[0] ?? '') ?? [];
    if (name === undefined) return [];
    const dn = colons === '::' ? Buffer.from(name, 'base64').toString() : name;
    if (lines.includes('changetype: delete')) return [`missing: ${dn}`];
    if (lines.includes('changetype: add')) return [`extra: ${dn}`];
    const types = lines.flatMap((line) => /^(?:add|delete|replace): (.*)$/.exec(line)?.[1] ?? []);
    return [...new Set(types)].map((type) => `${type} differs: ${dn}`);
  });
}

interface Compared {
  readonly port: number;
  readonly as: { readonly dn: string; readonly password: string };
}

/** What differs below `base` between `target` and `source`. */
async function ldapDiff(
  folder: string,
  base: string,
  source: Compared,
  target: Compared,
  args: readonly string[],
): Promise<string[]> {
  const output = join(folder, 'diff.ldif');
  const of = (side: string, { port, as }: Compared) => [
    ...[`--${side}Hostname`, '127.0.0.1', `--${side}Port`, String(port)],
    ...[`--${side}BindDN`, as.dn, `--${side}BindPassword`, as.password],
  ];
  const { code, text } = await java('com.unboundid.ldap.sdk.unboundidds.tools.LDAPDiff', [
    ...of('source', source),
    ...of('target', target),
    ...['--baseDN', base, '--outputLDIF', output, '--numPasses', '1', '--quiet', ...args],
  ]);
  // 0: no difference, 5 (compareFalse): some.
  if (code !== 0 && code !== 5) throw new Error(`LDAPDiff ended with ${code}: ${text}`);
  const examined = Number(/Total entries examined: +(\d+)/.exec(text)?.[1]);
  if (!(examined > PEOPLE)) throw new Error(`LDAPDiff examined ${examined} entries: ${text}`);
  return differencesIn(readFileSync(output, 'utf8'));
}

t.test('under JumpCloud’s own names nothing differs but what is listed', { skip: withoutJava }, async (t) => {
  const site = await startLargeSite(t, crowd(PEOPLE));
  const [source, target] = [site.upstream.clearPort, site.port].map((port) => ({ port, as: READER }));
  const compare = (args: readonly string[]) => ldapDiff(site.folder, USERS_DN, source!, target!, args);
  const found = await compare(['*', ...OPERATIONAL]);
  t.same(judge(SUITES['ldap-diff'].differences, found), TRUE);
  t.same(
    await compare(['--byteForByte', ...PLAIN]),
    found.filter((line) => line.startsWith('missing')),
    'byte for byte',
  );
});

t.test(
  'under a base of its own nothing differs from a server that holds the same',
  { skip: withoutJava },
  async (t) => {
    const site = await startLargeSite(t, crowd(PEOPLE), { keepsNames: false });
    const folder = join(site.folder, 'peer');
    mkdirSync(folder);
    const peer = await OpenLDAP.start(folder, await makeAuthority(), mappedCrowd(PEOPLE));
    t.teardown(() => peer.kill());
    const anonymous = { dn: '', password: '' };
    const compare = (args: readonly string[]) =>
      ldapDiff(site.folder, BASE, { port: peer.clearPort, as: anonymous }, { port: site.port, as: SERVICE }, args);
    const found = await compare(['*', 'entryDN', 'structuralObjectClass']);
    t.same(judge(SUITES['ldap-diff, mapped'].differences, found), TRUE);
  },
);
