// JumpCloud's REST API (V1, V2) and Directory Insights, as far as they are asked here: see `CloudApi`.
import { Caller, type CallerOptions } from './client/caller.js';
import { listIn, numberIn, objectIn, textsIn } from './client/json.js';
import {
  bindingIn,
  eventIn,
  groupIn,
  idIn,
  ldapServerIn,
  lockoutIn,
  policyIn,
  targetIn,
  userIn,
} from './client/records.js';
import {
  type CloudApi,
  type CloudBinding,
  CloudError,
  type CloudGroup,
  type CloudHealth,
  type CloudLdapServer,
  type CloudLockout,
  type CloudPolicy,
  type CloudUser,
  type EventPage,
  type EventQuery,
  type Purpose,
  type UserPage,
} from './ports.js';

/** Base addresses without a slash at the end. */
export interface CloudUrls {
  readonly console: string;
  readonly api: string;
}

/** V2 answers at most so many to a call. */
const PAGE = 100;
/** Pages that are followed: 25,000 of something. */
const MOST_PAGES = 250;
const EVENT_OCTETS = 1024 * 1024;
const MOST_EVENTS = 1000;
/** What is read of a user's record. */
const USER_FIELDS = [
  ...['username', 'email', 'state', 'activated', 'suspended', 'account_locked', 'account_locked_date'],
  ...['password_expired', 'password_expiration_date', 'password_never_expires', 'delegatedAuthority'],
  ...['ldap_binding_user', 'mfa', 'mfaEnrollment'],
].join(' ');

export class JumpCloudApi implements CloudApi {
  private readonly caller: Caller;

  constructor(
    private readonly urls: CloudUrls,
    options: CallerOptions,
  ) {
    this.caller = new Caller(options);
  }

  get health(): CloudHealth {
    return this.caller;
  }

  stop(): void {
    this.caller.stop();
  }

  async user(purpose: Purpose, name: string, byMail = false): Promise<CloudUser | undefined> {
    const found = await this.userBy(purpose, 'username', name);
    return found === undefined && byMail ? this.userBy(purpose, 'email', name) : found;
  }

  /** The list knows what a search does not: who decides about the password. */
  private async userBy(purpose: Purpose, field: 'username' | 'email', value: string): Promise<CloudUser | undefined> {
    const query = { filter: `${field}:$eq:${value}`, fields: USER_FIELDS, limit: '2' };
    const { json } = await this.get(purpose, '/api/systemusers', query);
    const users = resultsIn(json, '/api/systemusers').flatMap((one) => userIn(one) ?? []);
    // What a filter means is the server's affair; whose name it is, is not.
    return users.find((user) => user[field].toLowerCase() === value.toLowerCase());
  }

  async userById(purpose: Purpose, id: string): Promise<CloudUser | undefined> {
    try {
      const { json } = await this.get(
        purpose,
        `/api/systemusers/${idOf(id)}`,
        { fields: USER_FIELDS },
        '/api/systemusers/ID',
      );
      const user = userIn(json);
      if (user === undefined) throw new CloudError('garbled', 'GET /api/systemusers/ID: no user in the answer');
      return user;
    } catch (error) {
      if (error instanceof CloudError && error.status === 404) return undefined;
      throw error;
    }
  }

  async ldapServers(purpose: Purpose): Promise<readonly CloudLdapServer[]> {
    return (await this.all(purpose, '/api/v2/ldapservers')).flatMap((one) => ldapServerIn(one) ?? []);
  }

  async bindingsOfUser(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const found = await this.all(purpose, `/api/v2/users/${idOf(id)}/ldapservers`, {}, '/api/v2/users/ID/ldapservers');
    return found.flatMap((one) => bindingIn(one) ?? []);
  }

  async bindingsOfGroup(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const name = '/api/v2/usergroups/ID/ldapservers';
    const found = await this.all(purpose, `/api/v2/usergroups/${idOf(id)}/ldapservers`, {}, name);
    return found.flatMap((one) => bindingIn(one) ?? []);
  }

  async groupsOfUser(purpose: Purpose, id: string): Promise<readonly string[]> {
    const found = await this.all(purpose, `/api/v2/users/${idOf(id)}/memberof`, {}, '/api/v2/users/ID/memberof');
    return found.flatMap((one) => targetIn(one) ?? []);
  }

  async groupNamed(purpose: Purpose, name: string): Promise<CloudGroup | undefined> {
    // A comma divides filters, and a star stands for anything: a name with one is looked for among all.
    const isPlain = !/[,*\\]/.test(name);
    const found = await this.all(purpose, '/api/v2/usergroups', isPlain ? { filter: `name:eq:${name}` } : {});
    const groups = found.flatMap((one) => groupIn(one) ?? []);
    return groups.find((group) => group.name === name) ?? groups.find((group) => same(group.name, name));
  }

  async *membersOfGroup(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const name = '/api/v2/usergroups/ID/membership';
    for await (const page of this.pages(purpose, `/api/v2/usergroups/${idOf(id)}/membership`, {}, name))
      yield page.flatMap((one) => targetIn(one) ?? []);
  }

  async *usersOfServer(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const name = '/api/v2/ldapservers/ID/users';
    for await (const page of this.pages(purpose, `/api/v2/ldapservers/${idOf(id)}/users`, {}, name))
      yield page.flatMap((one) => targetIn(one) ?? []);
  }

  async *users(purpose: Purpose, from = 0): AsyncGenerator<UserPage> {
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { fields: USER_FIELDS, sort: '_id', limit: String(PAGE), skip: String(from + page * PAGE) };
      const { json } = await this.get(purpose, '/api/systemusers', query);
      const results = resultsIn(json, '/api/systemusers');
      yield {
        users: results.flatMap((one) => userIn(one) ?? []),
        next: results.length < PAGE ? undefined : from + (page + 1) * PAGE,
        total: numberIn(objectIn(json).totalCount),
      };
      if (results.length < PAGE) return;
    }
    throw new CloudError('garbled', `/api/systemusers: more than ${MOST_PAGES * PAGE} users`);
  }

  async ldapPolicies(purpose: Purpose): Promise<readonly CloudPolicy[]> {
    return (await this.all(purpose, '/api/v2/authn/policies')).flatMap((one) => policyIn(one) ?? []);
  }

  /** Of the first organisation that the credentials see. */
  async lockout(purpose: Purpose): Promise<CloudLockout> {
    const list = await this.get(purpose, '/api/organizations', { limit: '1' });
    const [first] = resultsIn(list.json, '/api/organizations');
    const id = idIn(objectIn(first)._id);
    if (id === undefined) throw new CloudError('garbled', '/api/organizations: no organisation in the answer');
    const { json } = await this.get(purpose, `/api/organizations/${id}`, {}, '/api/organizations/ID');
    return lockoutIn(json);
  }

  async events(purpose: Purpose, query: EventQuery): Promise<EventPage> {
    const { services, since, until, newestFirst, after } = query;
    const limit = Math.min(query.limit, MOST_EVENTS);
    const body = {
      service: services,
      start_time: new Date(since).toISOString(),
      ...(until === undefined ? {} : { end_time: new Date(until).toISOString() }),
      sort: newestFirst ? 'DESC' : 'ASC',
      limit,
      ...searchTerm(query),
      ...(after === undefined ? {} : { search_after: after }),
    };
    const name = 'POST /insights/directory/v1/events';
    const url = `${this.urls.api}/insights/directory/v1/events`;
    const { json, answer } = await this.caller.call(purpose, {
      ...{ method: 'POST', url, name, body, octets: EVENT_OCTETS, isOfPlan: true },
    });
    if (!Array.isArray(json)) throw new CloudError('garbled', `${name}: no list in the answer`);
    const all = listIn(json, MOST_EVENTS);
    const events = all.flatMap((one) => eventIn(one) ?? []);
    return { events, next: all.length < limit ? undefined : cursorIn(answer.header('x-search_after')) };
  }

  private get(purpose: Purpose, path: string, query: Readonly<Record<string, string>> = {}, name = path) {
    const parameters = new URLSearchParams(query).toString();
    const url = `${this.urls.console}${path}${parameters === '' ? '' : `?${parameters}`}`;
    return this.caller.call(purpose, { method: 'GET', url, name: `GET ${name}` });
  }

  /** All of a list of V2. */
  private async all(...list: Parameters<JumpCloudApi['pages']>): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const page of this.pages(...list)) found.push(...page);
    return found;
  }

  /** The pages of a list of V2. */
  private async *pages(
    purpose: Purpose,
    path: string,
    query: Readonly<Record<string, string>> = {},
    name = path,
  ): AsyncGenerator<readonly unknown[]> {
    const sort = /\/(membership|ldapservers|memberof|users)$/.test(path) ? {} : { sort: '_id' };
    for (let page = 0; page < MOST_PAGES; page++) {
      const pages = { limit: String(PAGE), skip: String(page * PAGE) };
      const { json } = await this.get(purpose, path, { ...query, ...sort, ...pages }, name);
      if (!Array.isArray(json)) throw new CloudError('garbled', `GET ${name}: no list in the answer`);
      yield listIn(json, PAGE);
      if (json.length < PAGE) return;
    }
    throw new CloudError('garbled', `GET ${name}: more than ${MOST_PAGES * PAGE} of them`);
  }
}

/** The list in an answer of V1: without one it says nothing. */
function resultsIn(json: unknown, name: string): readonly unknown[] {
  const { results } = objectIn(json);
  if (!Array.isArray(results)) throw new CloudError('garbled', `GET ${name}: no list in the answer`);
  return listIn(results);
}

/** One conjunction: the API takes no more. */
function searchTerm({ username, types = [] }: EventQuery): object {
  const [only] = types;
  const terms = {
    // Values are stored in lower case.
    ...(username === undefined ? {} : { username: username.toLowerCase() }),
    ...(types.length === 1 && only !== undefined ? { event_type: only } : {}),
  };
  return Object.keys(terms).length === 0 ? {} : { search_term: { and: terms } };
}

function cursorIn(header: string | undefined): string[] | undefined {
  if (header === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(header);
    const items = Array.isArray(parsed) ? parsed.map((item) => String(item)) : [];
    return items.length === 0 ? undefined : textsIn(items);
  } catch {
    return undefined;
  }
}

/** A part of an address: nothing but what an ID is made of. */
function idOf(id: string): string {
  const known = idIn(id);
  if (known === undefined)
    throw new CloudError('garbled', 'an ID of JumpCloud has other characters than letters and digits');
  return known;
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
