// JumpCloud's REST API (V1, V2) and Directory Insights, as far as they are asked here: see `CloudApi`.
import { inTurns } from '../runtime/in-turns.js';
import { type Call, Caller, type CallerOptions, type Read } from './client/caller.js';
import type { HttpAnswer } from './client/exchange.js';
import { itemsOf } from './client/items.js';
import { listIn, OddField, objectIn, textIn, textsIn, timeIn } from './client/json.js';
import { type Page, pageOf } from './client/pages.js';
import {
  bindingIn,
  eventIn,
  groupIn,
  idIn,
  ldapServerIn,
  lockoutIn,
  longEventOf,
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

/** The most records in one answer of V2. */
const PAGE = 100;
/** Pages that are followed: 25,000 of something. */
const MOST_PAGES = 250;
const MOST_EVENTS = 1000;
/** Bytes of an answer. An object is parsed in one go, which takes 0.4 ms at the most; lists are parsed in slices. An event has about a thousand. */
const OBJECT_OCTETS = 128 * 1024;
const LIST_OCTETS = 1024 * 1024;
const EVENT_OCTETS = 4 * 1024 * 1024;
const OF_ONE = { isOfOne: true } as const;
/** Milliseconds of a slice. */
const SLICE = 1;
/** What is read of a user's record. */
const USER_FIELDS = [
  ...['username', 'email', 'state', 'activated', 'suspended', 'account_locked', 'account_locked_date'],
  ...['password_expired', 'password_expiration_date', 'password_never_expires', 'delegatedAuthority'],
  ...['ldap_binding_user', 'mfa', 'mfaEnrollment'],
].join(' ');

/** The client for JumpCloud's API. Its promises reject with CloudError only; calls are bounded in time, size and number by the Caller. */
export class JumpCloudApi implements CloudApi {
  private readonly caller: Caller;

  constructor(
    private readonly urls: CloudUrls,
    options: CallerOptions,
  ) {
    this.caller = new Caller(options);
  }

  get health(): CloudHealth {
    return this.caller.health;
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
    // What a filter means is the server's affair; whose name it is, is not.
    const isIts = (one: unknown) => textIn(objectIn(one)[field])?.toLowerCase() === value.toLowerCase();
    return this.ask(
      purpose,
      '/api/systemusers',
      query,
      '/api/systemusers',
      OBJECT_OCTETS,
      async (answer) => {
        const { results } = await pageIn(answer, (one) => (isIts(one) ? one : undefined));
        const found = results.find((one) => one !== undefined);
        return found === undefined ? undefined : certain(userIn(found));
      },
      OF_ONE,
    );
  }

  async userById(purpose: Purpose, id: string): Promise<CloudUser | undefined> {
    const name = '/api/systemusers/ID';
    try {
      const read = (json: unknown) => certain(userIn(json));
      return await this.get(purpose, `/api/systemusers/${idOf(id)}`, { fields: USER_FIELDS }, read, name, OF_ONE);
    } catch (error) {
      if (error instanceof CloudError && error.status === 404) return undefined;
      throw error;
    }
  }

  async ldapServers(purpose: Purpose): Promise<readonly CloudLdapServer[]> {
    return this.all(purpose, '/api/v2/ldapservers', (one) => certain(ldapServerIn(one)));
  }

  async bindingsOfUser(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const name = '/api/v2/users/ID/ldapservers';
    return this.all(purpose, `/api/v2/users/${idOf(id)}/ldapservers`, (one) => certain(bindingIn(one)), {}, name);
  }

  async bindingsOfGroup(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const name = '/api/v2/usergroups/ID/ldapservers';
    return this.all(purpose, `/api/v2/usergroups/${idOf(id)}/ldapservers`, (one) => certain(bindingIn(one)), {}, name);
  }

  async groupsOfUser(purpose: Purpose, id: string): Promise<readonly string[]> {
    const name = '/api/v2/users/ID/memberof';
    return this.all(purpose, `/api/v2/users/${idOf(id)}/memberof`, (one) => certain(targetIn(one)), {}, name);
  }

  async groupNamed(purpose: Purpose, name: string): Promise<CloudGroup | undefined> {
    // A comma divides filters, and a star stands for anything: a name with one is looked for among all.
    const isPlain = !/[,*\\]/.test(name);
    const query = isPlain ? { filter: `name:eq:${name}` } : {};
    const groups = await this.all(purpose, '/api/v2/usergroups', (one) => certain(groupIn(one)), query);
    return groups.find((group) => group.name === name) ?? groups.find((group) => same(group.name, name));
  }

  async *membersOfGroup(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const name = '/api/v2/usergroups/ID/membership';
    yield* this.pages(purpose, `/api/v2/usergroups/${idOf(id)}/membership`, (one) => certain(targetIn(one)), {}, name);
  }

  async *usersOfServer(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const name = '/api/v2/ldapservers/ID/users';
    yield* this.pages(purpose, `/api/v2/ldapservers/${idOf(id)}/users`, (one) => certain(targetIn(one)), {}, name);
  }

  async *users(purpose: Purpose, from = 0): AsyncGenerator<UserPage> {
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { fields: USER_FIELDS, sort: '_id', limit: String(PAGE), skip: String(from + page * PAGE) };
      const path = '/api/systemusers';
      const { results, total } = await this.ask(purpose, path, query, path, LIST_OCTETS, (answer) =>
        pageIn(answer, readableUser),
      );
      const next = results.length < PAGE ? undefined : from + (page + 1) * PAGE;
      yield { users: results.flat(), next, total };
      if (next === undefined) return;
    }
    throw new CloudError('garbled', `/api/systemusers: more than ${MOST_PAGES * PAGE} users`);
  }

  async ldapPolicies(purpose: Purpose): Promise<readonly CloudPolicy[]> {
    const found = await this.all(purpose, '/api/v2/authn/policies', policyIn);
    return found.filter((policy) => policy !== undefined);
  }

  /** Of the first organisation that the credentials see. */
  async lockout(purpose: Purpose): Promise<CloudLockout> {
    const id = await this.get(purpose, '/api/organizations', { limit: '1' }, (json) =>
      certain(idIn(objectIn(resultsIn(json)[0])._id)),
    );
    return this.get(purpose, `/api/organizations/${id}`, {}, lockoutIn, '/api/organizations/ID');
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
    const call = { method: 'POST', url, name, body, octets: EVENT_OCTETS, isOfPlan: true } as const;
    return this.caller.call(purpose, call, async (answer) => {
      let at = newestFirst ? (until ?? Number.MAX_SAFE_INTEGER) : since;
      const read = (item: unknown) => {
        const event = eventIn(item);
        at = event?.at ?? at;
        return event;
      };
      const all = await listOf(answer, MOST_EVENTS, read, (edges) => longEventOf(edges, at));
      const events = all.filter((event) => event !== undefined);
      const next = all.length < limit ? undefined : cursorIn(answer.header('x-search_after'));
      return { events, next, answeredAt: timeIn(answer.header('date')) };
    });
  }

  /** What `read` makes of an object. */
  private get<Result>(
    purpose: Purpose,
    path: string,
    query: Readonly<Record<string, string>>,
    read: (json: unknown) => Result,
    name = path,
    about: Pick<Call, 'isOfOne'> = {},
  ): Promise<Result> {
    return this.ask(purpose, path, query, name, OBJECT_OCTETS, ({ text }) => read(JSON.parse(text)), about);
  }

  private ask<Result>(
    purpose: Purpose,
    path: string,
    query: Readonly<Record<string, string>>,
    name: string,
    octets: number,
    read: Read<Result>,
    about: Pick<Call, 'isOfOne'> = {},
  ): Promise<Result> {
    const parameters = new URLSearchParams(query).toString();
    const url = `${this.urls.console}${path}${parameters === '' ? '' : `?${parameters}`}`;
    return this.caller.call(purpose, { method: 'GET', url, name: `GET ${name}`, octets, ...about }, read);
  }

  /** All of a list of V2. */
  private async all<Item>(...list: Parameters<typeof this.pages<Item>>): Promise<Item[]> {
    const found: Item[] = [];
    for await (const page of this.pages<Item>(...list)) found.push(...page);
    return found;
  }

  /** The pages of a list of V2. */
  private async *pages<Item>(
    purpose: Purpose,
    path: string,
    read: (item: unknown) => Item,
    query: Readonly<Record<string, string>> = {},
    name = path,
  ): AsyncGenerator<readonly Item[]> {
    const sort = /\/(membership|ldapservers|memberof|users)$/.test(path) ? {} : { sort: '_id' };
    for (let page = 0; page < MOST_PAGES; page++) {
      const pages = { limit: String(PAGE), skip: String(page * PAGE) };
      const about = path.startsWith('/api/v2/users/') ? OF_ONE : {};
      const readAll = (answer: HttpAnswer) => listOf(answer, PAGE, read);
      const items = await this.ask(purpose, path, { ...query, ...sort, ...pages }, name, LIST_OCTETS, readAll, about);
      yield items;
      if (items.length < PAGE) return;
    }
    throw new CloudError('garbled', `GET ${name}: more than ${MOST_PAGES * PAGE} of them`);
  }
}

function listOf<Item>(
  { text }: HttpAnswer,
  most: number,
  read: (item: unknown) => Item,
  tooLong?: (edges: string) => Item,
): Promise<Item[]> {
  return inTurns(itemsOf(text, most, read, undefined, undefined, tooLong), SLICE);
}

/** The list in an answer of V1: without one it says nothing. */
function resultsIn(json: unknown): readonly unknown[] {
  const { results } = objectIn(json);
  if (!Array.isArray(results)) throw new OddField('there are no results');
  return listIn(results);
}

/** A page of V1, and how many there are in all. */
function pageIn<Item>({ text }: HttpAnswer, read: (item: unknown) => Item): Promise<Page<Item>> {
  return inTurns(pageOf(text, PAGE, read), SLICE);
}

/** Among many, one that cannot be read is left out. */
function readableUser(one: unknown): CloudUser[] {
  try {
    const user = userIn(one);
    return user === undefined ? [] : [user];
  } catch (error) {
    if (error instanceof OddField) return [];
    throw error;
  }
}

/** One that could not be read might be the one that matters. */
function certain<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new OddField('an object has no ID');
  return item;
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
    throw new CloudError('garbled', 'an ID of JumpCloud has characters other than letters and digits');
  return known;
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
