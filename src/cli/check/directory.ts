// The check's look at the directory as the reader sees it: bind, base, rights, the group and its members.
import { AndFilter, EqualityFilter } from 'ldapts';
import { gatesOf, upstreamTlsOf } from '../../app/names.js';
import { makeLayout, makeReader, upstreamReaderDN } from '../../app.js';
import type { Config } from '../../config/config.js';
import { ReadError, searchLimitText, type UpstreamImage } from '../../directory/reader.js';
import { groupsText, type Names } from '../../gate/explain/reasons.js';
import type { Layout } from '../../layout/layout.js';
import { dnKey, formatDN, isBelowOrEqual, parseDN } from '../../ldap/dn.js';
import { resultName } from '../../ldap/result-code.js';
import { bindDnRemedy, questionLimitRemedy, READ_FAULTS, searchLimitRemedy } from '../../ops/explain/read-faults.js';
import { nearest } from '../../runtime/nearest.js';
import { Dialer } from '../../upstream/dialer.js';
import { endpointName, type UpstreamEndpoint } from '../../upstream/endpoint.js';
import { isGroupNamed } from '../../upstream/gate-groups.js';
import { Probe, type Probed } from '../../upstream/probe.js';
import { regionHint } from '../../upstream/regions.js';
import { appFindings, hasApps } from './apps.js';
import { duplicates } from './duplicates.js';
import { seenMembers } from './members.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

export const DIRECTORY_STEPS = ['rootDSE', 'reader bind', 'base', 'reader rights', 'group', 'members', 'duplicates'];

const PAGED_RESULTS = '1.2.840.113556.1.4.319';
/** timeLimitExceeded, sizeLimitExceeded and adminLimitExceeded (RFC 4511 A.2). */
const isLimit = (code: number) => code === 3 || code === 4 || code === 11;
const isClass = (value: string) => new EqualityFilter({ attribute: 'objectClass', value });

/** Follows the reader as far as it comes; false if the members cannot be read. */
export async function checkDirectory(endpoint: UpstreamEndpoint, config: Config, report: Report): Promise<boolean> {
  const probe = new Probe(endpoint, new Dialer(upstreamTlsOf(config)), config.upstream, config.directory.limits);
  try {
    const look = new DirectoryLook(endpoint, config, probe);
    await report.run('rootDSE', 'network', () => look.rootDSE());
    const steps = [
      ['reader bind', () => look.bind()],
      ['base', () => look.base()],
      ['reader rights', () => look.rights()],
      ['group', () => look.group()],
      ['members', () => look.members()],
      ['duplicates', () => look.duplicates()],
    ] as const;
    for (const [i, [step, work]] of steps.entries()) {
      if (await report.run(step, 'directory', work)) continue;
      report.skip(
        steps.slice(i + 1).map(([name]) => name),
        `${step} failed`,
      );
      return false;
    }
    // An app that nobody gets into says nothing against the others.
    if (hasApps(config)) await report.run('apps', 'directory', () => look.apps());
    return true;
  } finally {
    await probe.close();
  }
}

class DirectoryLook {
  private readonly layout: Layout;
  private readonly readerDN: string;
  private readonly usersDN: string;
  private readonly names: Names;
  private image: UpstreamImage | undefined;

  constructor(
    private readonly endpoint: UpstreamEndpoint,
    private readonly config: Config,
    private readonly probe: Probe,
  ) {
    this.layout = makeLayout(config);
    this.readerDN = upstreamReaderDN(config, this.layout);
    this.usersDN = formatDN(this.layout.upstreamUsersDN);
    const user = config.upstream.reader.user ?? parseDN(this.readerDN)?.[0]?.[0]?.value ?? 'NAME';
    this.names = { group: groupsText(gatesOf(config).gates), user };
  }

  /** What the server says of itself to everybody. Nothing here depends on it but the way it is read. */
  async rootDSE(): Promise<Finding> {
    const attributes = ['supportedLDAPVersion', 'supportedControl', 'vendorName', 'namingContexts'];
    const remedy = 'Check that an LDAP server listens at upstream.urls, and nothing in between that speaks otherwise.';
    try {
      const { code, entries } = await this.probe.search({
        base: '',
        scope: 'base',
        filter: '(objectClass=*)',
        attributes,
      });
      const [dse] = entries;
      if (code !== 0 || dse === undefined) return ok(`not shown (${code} ${resultName(code)}), and not needed`);
      const versions = dse.supportedLDAPVersion ?? [];
      if (versions.length > 0 && !versions.includes('3')) return failed(`LDAP ${versions.join(', ')}`, remedy);
      const vendor = dse.vendorName?.[0];
      const text = `LDAPv3${vendor === undefined ? '' : ` of ${vendor}`}`;
      const controls = dse.supportedControl ?? [];
      if (controls.length === 0 || controls.includes(PAGED_RESULTS)) return ok(text);
      return warning(
        `${text}, without paged results`,
        'Is this JumpCloud? A large group may not be readable in one piece.',
      );
    } catch (error) {
      const isAskedFor = error instanceof Error && /certificate required|handshake failure/.test(error.message);
      const certificate = 'The upstream asks for a certificate of ours: name it in upstream.tls.certFile and keyFile.';
      return failed(this.silence(error), isAskedFor ? certificate : remedy);
    }
  }

  async bind(): Promise<Finding | readonly Finding[]> {
    const { remedy } = READ_FAULTS.refused;
    try {
      const code = await this.probe.bind(this.readerDN, this.config.upstream.reader.password.reveal());
      if (code === 0) return ok(this.readerDN);
      const detail = `${this.readerDN}: ${code} ${resultName(code)}`;
      switch (code) {
        case 34:
        case 48:
        case 49:
        case 53:
          return failed(detail, `${this.strayReader() ?? remedy(this.names)}${this.region()}`);
        default:
          return failed(
            detail,
            'JumpCloud has trouble of its own: try again, and ask JumpCloud if it lasts.',
            'network',
          );
      }
    } catch (error) {
      return failed(this.silence(error), READ_FAULTS.unreachable.remedy(this.names), 'network');
    }
  }

  /** What a refusal may come from as well, where the host is JumpCloud's. */
  private region(): string {
    const hint = regionHint(this.endpoint.host);
    return hint === undefined ? '' : ` ${hint}`;
  }

  /** A reader that cannot be right: what the refusal does not tell, the names do. */
  private strayReader(): string | undefined {
    const dn = parseDN(this.readerDN) ?? [];
    if (!isBelowOrEqual(dn, this.layout.upstreamUsersDN))
      return `upstream.reader.dn is not below ${this.usersDN}: is upstream.orgId that of the reader?`;
    return this.names.user.includes('@')
      ? `upstream.reader.user is the user name, not the email address. ${READ_FAULTS.refused.remedy(this.names)}`
      : undefined;
  }

  /** Another organisation is not there for this reader; its own is there, and empty to who may not read. */
  async base(): Promise<Finding> {
    return this.asked(async () => {
      const everything = '(objectClass=*)';
      const { code, entries } = await this.probe.search({
        base: this.usersDN,
        scope: 'base',
        filter: everything,
        attributes: ['1.1'],
      });
      if (code === 32)
        return failed(`${this.usersDN} is not there (32)`, READ_FAULTS['no-base'].remedy(this.names), 'configuration');
      if (isLimit(code)) return this.limited(this.usersDN, code);
      if (code !== 0) return failed(`${this.usersDN}: ${code} ${resultName(code)}`, bindDnRemedy(this.names));
      if (entries.length === 0)
        return failed(
          `${this.usersDN} answers with success and nothing: this user may not read`,
          bindDnRemedy(this.names),
        );
      return ok(this.usersDN);
    });
  }

  async rights(): Promise<Finding> {
    return this.asked(async () => {
      const few = await this.people(3);
      // A limit of no entry at all looks as if there were nobody, until no limit is asked for.
      const { code, entries } = few.entries.length === 0 ? await this.people(0) : few;
      if (isLimit(code)) return this.limited('a search for people', code);
      if (code !== 0) return failed(`a search for people: ${code} ${resultName(code)}`, bindDnRemedy(this.names));
      if (entries.length === 0) return failed('a search for people finds nobody', bindDnRemedy(this.names));
      return ok(`may search for people; nobody but the reader needs “Enable as LDAP Bind DN”`);
    });
  }

  private people(sizeLimit: number): Promise<Probed> {
    const filter = isClass('inetOrgPerson');
    return this.probe.search({ base: this.usersDN, scope: 'one', filter, attributes: ['uid'], sizeLimit });
  }

  /** No verdict: the reader divides what it may not ask for as a whole, and the step of the members does it as well. */
  private limited(what: string, code: number): Finding {
    return warning(
      `${what}: ${code} ${resultName(code)}, the directory limits its searches`,
      questionLimitRemedy(this.names),
    );
  }

  /** Each group of each app once. A missing group fails the check only if nobody can log in to any app: see the step `apps`. */
  async group(): Promise<readonly Finding[]> {
    const { gates, everyone } = gatesOf(this.config);
    const all = hasApps(this.config)
      ? 'an app lets everybody in'
      : 'everybody in the directory gets in (group.everyone)';
    const found = everyone ? [ok(all)] : [];
    for (const name of gates) found.push(await this.groupNamed(name));
    const isSomeThere = found.some(({ status }) => status === 'ok');
    return found.map((finding) => {
      const { status, detail, remedy = '' } = finding;
      return status === 'failed' && isSomeThere ? warning(detail, remedy) : finding;
    });
  }

  private async groupNamed(name: string): Promise<Finding> {
    return this.asked(async () => {
      const filter = new AndFilter({
        filters: [isClass('groupOfNames'), new EqualityFilter({ attribute: 'cn', value: name })],
      });
      const attributes = ['cn', 'member'];
      const { code, entries } = await this.probe.search({ base: this.usersDN, scope: 'one', filter, attributes });
      if (isLimit(code)) return this.limited(`a search for ${name}`, code);
      const usersKey = dnKey(this.layout.upstreamUsersDN);
      const [group, second] = entries.filter(({ dn = [] }) => isGroupNamed(dn[0] ?? '', name, usersKey));
      if (second !== undefined) return failed(`there are several groups named ${name}`, 'Rename one of them.');
      if (group === undefined) return this.noGroup(name);
      const members = (group.member ?? []).filter((dn) => dn !== '').length;
      if (members === 0)
        return failed(`${name} has no member`, READ_FAULTS['empty-group'].remedy({ ...this.names, group: name }));
      return ok(`${name} has ${members} ${members === 1 ? 'member' : 'members'}`);
    });
  }

  /** JumpCloud shows neither a group that is not bound to the directory nor one without a member in it. */
  private async noGroup(name: string): Promise<Finding> {
    const filter = isClass('groupOfNames');
    const search = { base: this.usersDN, scope: 'one', filter, attributes: ['cn'] } as const;
    const { code, entries } = await this.probe.search(search);
    const groups = entries.flatMap(({ cn = [] }) => cn).filter((cn) => cn !== '');
    const near = nearest(name, groups);
    const some = groups.length === 0 ? 'no group at all' : groups.slice(0, 10).join(', ');
    const there = isLimit(code) ? `more than the directory returns for one search: ${code} ${resultName(code)}` : some;
    const hint = near === undefined ? '' : `Did you mean ${near}? `;
    return failed(
      `there is no group ${name} (there is: ${there})`,
      `${hint}${READ_FAULTS['no-group'].remedy({ ...this.names, group: name })}`,
    );
  }

  /** Reads everything just as the mirror does. */
  async members(): Promise<readonly Finding[] | Finding> {
    const reader = makeReader(this.config, this.layout);
    try {
      const image = await reader.read();
      this.image = image;
      const seen = seenMembers(image, this.layout, this.readerDN);
      if (seen === undefined) return failed('none can be seen', READ_FAULTS.unseen.remedy(this.names));
      return [...seen, ...this.limitOf(image)];
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      const { remedy, faultClass } = READ_FAULTS[error.kind];
      return failed(error.message, remedy(this.names), faultClass);
    } finally {
      reader.close();
    }
  }

  private limitOf({ searchLimit }: UpstreamImage): Finding[] {
    if (searchLimit === undefined) return [];
    const text = `${searchLimitText(searchLimit)}: members and groups are read in parts`;
    return [warning(text, searchLimitRemedy(this.names))];
  }

  /** A name that leads to two people lets neither in. */
  async duplicates(): Promise<Finding | readonly Finding[]> {
    const { image, layout } = this;
    return image === undefined ? [] : duplicates(this.config, image, layout);
  }

  /** Who gets into each of the apps, and by what. */
  async apps(): Promise<readonly Finding[]> {
    const { image, layout } = this;
    return image === undefined ? [] : appFindings(this.config, image, layout);
  }

  /** What became of a question that was not answered. */
  private silence(error: unknown): string {
    const { operationTime } = this.config.upstream;
    const message = error instanceof Error ? error.message : String(error);
    const text = /timed out/i.test(message) ? `no answer within ${operationTime} ms (upstream.operationTime)` : message;
    return `${endpointName(this.endpoint)}: ${text}`;
  }

  private async asked(work: () => Promise<Finding>): Promise<Finding> {
    try {
      return await work();
    } catch (error) {
      return failed(this.silence(error), READ_FAULTS.unreachable.remedy(this.names), 'network');
    }
  }
}
