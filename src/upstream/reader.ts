// The reader: searches the upstream as the LDAP binding user, over ldapts. No user's password ever goes this way.
import { AndFilter, Client, type Entry, EqualityFilter, type Filter, OrFilter, ResultCodeError } from 'ldapts';
import {
  type FoundPerson,
  ReadError,
  type Reader,
  type UpstreamEntry,
  type UpstreamImage,
} from '../directory/reader.js';
import { dnKey, parseDN } from '../ldap/dn.js';
import { isTlsFault, parseEndpoint, tlsOptions, type UpstreamEndpoint } from './endpoint.js';

export interface LdaptsReaderOptions {
  readonly urls: readonly string[];
  readonly ca: Buffer | string | undefined;
  readonly connectTime: number;
  readonly operationTime: number;
  readonly allowCleartext: boolean;
  readonly dn: string;
  readonly password: string;
  /** The upstream container of people and groups. */
  readonly usersDN: string;
  /** Name of the group; undefined for everybody. */
  readonly group: string | undefined;
}

const PAGE = 500;
/** Values that are octets and not text; everything else survives ldapts' strings unharmed. */
const BINARY = [
  'jpegPhoto',
  'photo',
  'userCertificate',
  'userCertificate;binary',
  'userSMIMECertificate',
  'userPKCS12',
];
const ATTRIBUTES = ['*', 'createTimestamp', 'modifyTimestamp', 'entryUUID'];
const INVALID_CREDENTIALS = [48, 49, 53];
const NO_SUCH_OBJECT = 32;

const equal = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
const isClass = (name: string) => equal('objectClass', name);

export class LdaptsReader implements Reader {
  private readonly endpoints: readonly UpstreamEndpoint[];
  private client: Client | undefined;
  private preferred = 0;
  /** Operations run one after another: ldapts may open several sockets when used before it is connected. */
  private turn: Promise<unknown> = Promise.resolve();
  private groupDN: string | undefined;

  constructor(private readonly options: LdaptsReaderOptions) {
    this.endpoints = options.urls.map((url) => parseEndpoint(url, options.allowCleartext));
    // ldapts takes certain names for SASL mechanisms; a DN with an = is none of them.
    if (parseDN(options.dn) === undefined || options.dn === '')
      throw new Error(`the reader's name is not a DN: ${options.dn}`);
    if (options.password === '') throw new Error('the reader needs a password');
  }

  read(): Promise<UpstreamImage> {
    return this.inTurn(async (client) => {
      const group = this.options.group === undefined ? undefined : await this.readGroup(client, this.options.group);
      const person = isClass('inetOrgPerson');
      const users = await this.search(
        client,
        group === undefined ? person : new AndFilter({ filters: [person, equal('memberOf', group.dn)] }),
      );
      if (group !== undefined && users.length === 0) {
        throw new ReadError('partial', `the group ${this.options.group} has members, but not one of them can be seen`);
      }
      const groups = await this.search(
        client,
        new OrFilter({ filters: [isClass('groupOfNames'), isClass('posixGroup')] }),
      );
      return { group, users, groups };
    });
  }

  lookUp(attribute: 'uid' | 'mail', value: string): Promise<readonly FoundPerson[]> {
    return this.inTurn(async (client) => {
      const { group } = this.options;
      if (group !== undefined) this.groupDN ??= (await this.readGroup(client, group)).dn;
      const groupKey = this.groupDN === undefined ? undefined : keyOf(this.groupDN);
      const isMember = (entry: UpstreamEntry) =>
        groupKey === undefined || valuesOf(entry, 'memberOf').some((dn) => keyOf(dn) === groupKey);
      const filters: Filter[] = [isClass('inetOrgPerson'), equal(attribute, value)];
      const found = await this.search(client, new AndFilter({ filters }));
      return found.map((entry) => ({ entry, isMember: isMember(entry) }));
    });
  }

  close(): void {
    this.drop();
  }

  private inTurn<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const mine = this.turn.then(async () => {
      try {
        const client = await this.bound();
        const result = await work(client);
        // ldapts reconnects by itself and is then nobody; what such a connection returned is not the whole truth.
        if (!client.isBound) throw new ReadError('partial', 'the connection was lost during the read');
        return result;
      } catch (error) {
        this.drop();
        throw this.explained(error);
      }
    });
    this.turn = mine.catch(() => {});
    return mine;
  }

  private async bound(): Promise<Client> {
    if (this.client?.isBound === true) return this.client;
    this.drop();
    let last: unknown;
    for (let i = 0; i < this.endpoints.length; i++) {
      const index = (this.preferred + i) % this.endpoints.length;
      try {
        this.client = await this.connect(this.endpoints[index]!);
        this.preferred = index;
        return this.client;
      } catch (error) {
        last = error;
        if (error instanceof ResultCodeError && INVALID_CREDENTIALS.includes(error.code)) break;
      }
    }
    throw last;
  }

  private async connect(endpoint: UpstreamEndpoint): Promise<Client> {
    const { connectTime, operationTime, dn, password, ca } = this.options;
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    const client = new Client({
      url: `${endpoint.tls ? 'ldaps' : 'ldap'}://${host}:${endpoint.port}`,
      connectTimeout: connectTime,
      timeout: operationTime,
      strictDN: false,
      ...(endpoint.tls ? { tlsOptions: tlsOptions(endpoint, ca) } : {}),
    });
    try {
      await client.bind(dn, password);
      return client;
    } catch (error) {
      void client.unbind().catch(() => {});
      throw error;
    }
  }

  private drop(): void {
    const { client } = this;
    this.client = undefined;
    if (client?.isConnected === true) void client.unbind().catch(() => {});
  }

  private async readGroup(client: Client, name: string): Promise<UpstreamEntry> {
    const filter = new AndFilter({ filters: [isClass('groupOfNames'), equal('cn', name)] });
    let found: UpstreamEntry[];
    try {
      found = await this.search(client, filter);
    } catch (error) {
      if (!(error instanceof ResultCodeError) || error.code !== NO_SUCH_OBJECT) throw error;
      throw new ReadError('no-base', `the base ${this.options.usersDN} is not there, or the reader may not see it`);
    }
    const [group, second] = found;
    if (second !== undefined) throw new ReadError('failed', `there are ${found.length} groups named ${name}`);
    if (group === undefined) throw new ReadError('no-group', `there is no group ${name}, or the reader may not see it`);
    if (valuesOf(group, 'member').length === 0) throw new ReadError('empty-group', `the group ${name} has no member`);
    this.groupDN = group.dn;
    return group;
  }

  /** People and groups stand directly below the container; ldapts pages through them. */
  private async search(client: Client, filter: Filter): Promise<UpstreamEntry[]> {
    const pages = client.searchPaginated(this.options.usersDN, {
      scope: 'one',
      filter,
      attributes: ATTRIBUTES,
      explicitBufferAttributes: BINARY,
      timeLimit: Math.ceil(this.options.operationTime / 1000),
      paged: { pageSize: PAGE },
    });
    const entries: UpstreamEntry[] = [];
    for await (const page of pages) for (const entry of page.searchEntries) entries.push(upstreamEntry(entry));
    return entries;
  }

  /** Any failure as a ReadError that names host and cause, and no secret. */
  private explained(error: unknown): ReadError {
    if (error instanceof ReadError) return error;
    const where = this.endpoints.map(({ host, port }) => `${host}:${port}`).join(', ');
    if (error instanceof ResultCodeError) {
      const { code } = error;
      const text = error.message.replace(/ ?Code: 0x[0-9a-f]+$/, '');
      if (INVALID_CREDENTIALS.includes(code))
        return new ReadError('refused', `${where} refused the reader's bind (code ${code})`);
      if (code === 3 || code === 4 || code === 11)
        return new ReadError('partial', `${where} ended the read with code ${code}: ${text}`);
      if (code === NO_SUCH_OBJECT)
        return new ReadError('no-base', `${where}: the base ${this.options.usersDN} is not readable`);
      return new ReadError('failed', `${where} answered code ${code}: ${text}`);
    }
    const cause = error instanceof Error ? error : new Error(String(error));
    return new ReadError(isTlsFault(cause) ? 'tls' : 'unreachable', `${where}: ${cause.message}`, { cause });
  }
}

function keyOf(dn: string): string {
  const parsed = parseDN(dn);
  return parsed === undefined ? '' : dnKey(parsed);
}

function valuesOf(entry: UpstreamEntry, type: string): string[] {
  const attribute = entry.attributes.find((candidate) => candidate.type.toLowerCase() === type.toLowerCase());
  return (attribute?.values ?? []).map((value) => value.toString('utf8'));
}

function upstreamEntry({ dn, ...rest }: Entry): UpstreamEntry {
  const attributes = Object.entries(rest).map(([type, value]) => ({
    type,
    values: (Array.isArray(value) ? value : [value]).map((one) =>
      Buffer.isBuffer(one) ? one : Buffer.from(one, 'utf8'),
    ),
  }));
  return { dn, attributes };
}
