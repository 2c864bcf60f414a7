// A real OpenLDAP server as upstream, made on the spot and laid out as JumpCloud lays out its directory; and OpenLDAP's tools as clients.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../../src/demo/certificate.js';
import { GROUPS, ORG_ID, PEOPLE } from '../../src/demo/people.js';
import { ORG_DN, readersView, USERS_DN, userDN } from '../../src/demo/tree.js';
import type { SnapshotEntry } from '../../src/directory/entry.js';
import { accepts, freePort } from './ports.js';
import { eventually } from './proxy.js';

const SLAPD = '/usr/sbin/slapd';
const exists = (command: string, ...args: string[]) => spawnSync(command, args).error === undefined;

/** False, or why the tests that need OpenLDAP are skipped. */
export const withoutOpenLDAP: false | string =
  exists(SLAPD, '-VV') && exists('ldapsearch', '-VV') ? false : 'OpenLDAP (slapd, ldap-utils) is not installed here';

/** An ordinary attribute; the memberof overlay has one of its own, which is operational. */
const MEMBER_OF = `
attributetype ( 2.25.271828182845904523536.1 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )`;

/** What JumpCloud has beyond the common schemas. */
const schemaOf = (hasOverlay: boolean) => `${hasOverlay ? '' : MEMBER_OF}
attributetype ( 2.25.271828182845904523536.2 NAME 'company' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 2.25.271828182845904523536.3 NAME 'sshKey' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 2.25.271828182845904523536.4 NAME 'jcLdapAdmin' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
objectclass ( 2.25.271828182845904523536.10 NAME 'jumpcloudUser' SUP top AUXILIARY MAY ( company $ ${hasOverlay ? '' : 'memberOf $ '}sshKey $ jcLdapAdmin ) )
`;

export const SCHEMA = schemaOf(false);

export interface ExtraPerson {
  readonly uid: string;
  readonly cn: string;
  readonly password: string;
}

/** What a server holds and who may see it. */
export interface Contents {
  readonly suffix: string;
  readonly ldif: string;
  /** Lines of slapd.conf. */
  readonly access: string;
  /** With the memberof overlay, whose attribute is only shown when it is asked for by name. */
  readonly memberOfOverlay?: boolean;
  /** Further definitions, in the words of slapd.conf. */
  readonly moreSchema?: string;
  /** With the ppolicy overlay, whose default policy this entry is. */
  readonly passwordPolicy?: string;
  /** Clients have to show a certificate of the authority. */
  readonly asksForCertificate?: boolean;
}

const JUMPCLOUD_ACCESS = `
access to attrs=userPassword by self read by anonymous auth by * none
access to dn.subtree="${ORG_DN}" by dn.exact="${userDN('ldap-reader')}" read by users search by * none
access to * by * none`;

/** Entries as LDIF, every value in base64. `without`: attributes that are left out. */
export function entriesToLdif(entries: readonly SnapshotEntry[], without: readonly string[]): string[] {
  return entries.map((entry) => {
    const lines = [`dn:: ${base64(Buffer.from(entry.dn))}`];
    for (const { name, values } of entry.attributes.values()) {
      if (without.includes(name)) continue;
      for (const value of values) lines.push(`${name}:: ${base64(value)}`);
    }
    return lines.join('\n');
  });
}

const base64 = (octets: Buffer) => octets.toString('base64');

/** JumpCloud's layout and rules with every invented person, passwords included; `extra` people are members of wayk-users as well. */
export function likeJumpCloud(extra: readonly ExtraPerson[] = []): Contents {
  const people = [
    ...PEOPLE,
    ...extra.map(({ uid, cn, password }, i) => ({
      uid,
      givenName: cn.split(' ')[0] ?? cn,
      sn: cn.split(' ')[1] ?? cn,
      number: 500 + i,
      title: 'Extra',
      department: 'Extra',
      employeeType: 'employee',
      password,
      state: {},
    })),
  ];
  const groups = GROUPS.map((group) =>
    group.name === 'wayk-users' ? { ...group, members: [...group.members, ...extra.map(({ uid }) => uid)] } : group,
  );
  const passwords = new Map(people.map(({ uid, password }) => [userDN(uid), password]));
  const { entries } = readersView(people, groups, '');
  const texts = entriesToLdif(entries, ['entryDN']).map((text, i) => {
    const password = passwords.get(entries[i]?.dn ?? '');
    return password === undefined ? text : `${text}\nuserPassword:: ${base64(Buffer.from(password))}`;
  });
  const root = 'dn: dc=jumpcloud,dc=com\nobjectClass: top\nobjectClass: domain\ndc: jumpcloud';
  return { suffix: 'dc=jumpcloud,dc=com', ldif: [root, ...texts].join('\n\n'), access: JUMPCLOUD_ACCESS };
}

export class OpenLDAP {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly clearPort: number,
    readonly port: number,
    readonly caFile: string,
  ) {}

  /** Loads the directory into `folder` and starts the server. */
  static async start(folder: string, authority: Authority, contents: Contents): Promise<OpenLDAP> {
    const {
      suffix,
      ldif,
      access,
      memberOfOverlay = false,
      moreSchema = '',
      passwordPolicy,
      asksForCertificate = false,
    } = contents;
    rmSync(join(folder, 'db'), { recursive: true, force: true });
    mkdirSync(join(folder, 'db'), { recursive: true });
    const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const caFile = write('ca.pem', authority.caPem);
    write(
      'slapd.conf',
      `${['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath /usr/lib/ldap
moduleload back_mdb
${memberOfOverlay ? 'moduleload memberof\n' : ''}${passwordPolicy === undefined ? '' : 'moduleload ppolicy\n'}include ${write('own.schema', schemaOf(memberOfOverlay) + moreSchema)}
pidfile ${join(folder, 'slapd.pid')}
TLSCertificateFile ${write('cert.pem', certPem)}
TLSCertificateKeyFile ${write('key.pem', keyPem)}
${asksForCertificate ? `TLSCACertificateFile ${caFile}\nTLSVerifyClient demand\n` : ''}database mdb
suffix "${suffix}"
directory ${join(folder, 'db')}
maxsize 1073741824
index objectClass,uid,mail,memberOf,member,memberUid eq
${access}
${memberOfOverlay ? 'overlay memberof\n' : ''}${
  passwordPolicy === undefined ? '' : `overlay ppolicy\nppolicy_default "${passwordPolicy}"\nppolicy_use_lockout\n`
}`,
    );
    const loaded = spawnSync('/usr/sbin/slapadd', ['-q', '-f', join(folder, 'slapd.conf'), '-b', suffix], {
      input: ldif,
      encoding: 'utf8',
    });
    if (loaded.status !== 0) throw new Error(`slapadd: ${loaded.stderr}`);
    const server = new OpenLDAP(folder, await freePort(), await freePort(), caFile);
    await server.up();
    return server;
  }

  get url(): string {
    return `ldaps://localhost:${this.port}`;
  }

  private get logFile(): string {
    return join(this.folder, 'slapd.log');
  }

  /** Searches answered since the first start: the code of each, and how many entries it brought. */
  searches(): { readonly code: number; readonly entries: number }[] {
    const lines = readFileSync(this.logFile, 'utf8').matchAll(/SEARCH RESULT .*?err=(\d+) .*?nentries=(\d+)/g);
    return [...lines].map(([, code, entries]) => ({ code: Number(code), entries: Number(entries) }));
  }

  /** Starts the server on the same ports and waits until it accepts connections. */
  async up(): Promise<void> {
    this.child = spawn(
      SLAPD,
      [
        ...['-f', join(this.folder, 'slapd.conf'), '-d', '256'],
        ...['-h', `ldap://127.0.0.1:${this.clearPort} ldaps://127.0.0.1:${this.port}`],
      ],
      { stdio: ['ignore', 'ignore', openSync(this.logFile, 'a')] },
    );
    await eventually(() => accepts(this.port));
  }

  /** Ends the server immediately, as a crash does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }
}

export interface Ran {
  /** The tool's exit status: the LDAP result code for most of them. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one of OpenLDAP's client tools; LDIF lines are not wrapped. `ca` is the authority that it trusts, `input` what it reads. */
export function tool(name: string, args: readonly string[], ca = '/dev/null', input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, LDAPTLS_CACERT: ca, LDAPTLS_REQCERT: 'demand', LC_ALL: 'C.UTF-8' };
    const child = execFile(name, args, { env, timeout: 20_000, maxBuffer: 2 ** 26 }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code !== 'number') reject(new Error(`${name}: ${error?.message ?? 'was killed'}`));
      else resolve({ code, out, err });
    });
    child.stdin?.end(input);
  });
}

/** The names of the entries in LDIF output, in their order. */
export function namesIn(ldifText: string): string[] {
  return [...ldifText.matchAll(/^dn(::?) (.*)$/gm)].map(([, colons, value]) =>
    colons === '::' ? Buffer.from(value ?? '', 'base64').toString('utf8') : (value ?? ''),
  );
}

export const directory = { orgId: ORG_ID, orgDN: ORG_DN, usersDN: USERS_DN, userDN };
