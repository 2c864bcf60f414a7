// JumpCloud's REST API (V1, V2) and Directory Insights, as far as they are asked here: see `CloudApi`.
import { Caller, type CallerOptions } from './client/caller.js';
import { ConsoleApi, MOST_PAGES, PAGE } from './client/console-api.js';
import { askEvents } from './client/insights.js';
import { listIn, OddField, objectIn, textIn } from './client/json.js';
import { bindingIn, groupIn, idIn, ldapServerIn, lockoutIn, policyIn, targetIn, userIn } from './client/records.js';
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

/** What is read of a user's record. */
const USER_FIELDS = [
  ...['username', 'email', 'state', 'activated', 'suspended', 'account_locked', 'account_locked_date'],
  ...['password_expired', 'password_expiration_date', 'password_never_expires', 'delegatedAuthority'],
  ...['ldap_binding_user', 'mfa', 'mfaEnrollment'],
].join(' ');

/** The client for JumpCloud's API. Its promises reject with CloudError only; calls are bounded in time, size and number by the Caller. */
export class JumpCloudApi implements CloudApi {
  private readonly caller: Caller;
  private readonly consoleApi: ConsoleApi;

  constructor(
    private readonly urls: CloudUrls,
    options: CallerOptions,
  ) {
    this.caller = new Caller(options);
    this.consoleApi = new ConsoleApi(this.caller, urls.console);
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
  private userBy(purpose: Purpose, field: 'username' | 'email', value: string): Promise<CloudUser | undefined> {
    const query = { filter: `${field}:$eq:${value}`, fields: USER_FIELDS, limit: '2' };
    // What a filter means is the server's affair; whose name it is, is not.
    const isIts = (one: unknown) => textIn(objectIn(one)[field])?.toLowerCase() === value.toLowerCase();
    return this.consoleApi.search(
      purpose,
      { path: '/api/systemusers', query, isOfOne: true },
      (one) => (isIts(one) ? one : undefined),
      (results) => {
        const found = results.find((one) => one !== undefined);
        return found === undefined ? undefined : certain(userIn(found));
      },
    );
  }

  async userById(purpose: Purpose, id: string): Promise<CloudUser | undefined> {
    const query = { fields: USER_FIELDS };
    const question = { path: `/api/systemusers/${idOf(id)}`, name: '/api/systemusers/ID', query, isOfOne: true };
    try {
      return await this.consoleApi.object(purpose, question, certainly(userIn));
    } catch (error) {
      if (error instanceof CloudError && error.status === 404) return undefined;
      throw error;
    }
  }

  async ldapServers(purpose: Purpose): Promise<readonly CloudLdapServer[]> {
    return this.consoleApi.list(purpose, { path: '/api/v2/ldapservers' }, certainly(ldapServerIn));
  }

  async bindingsOfUser(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const path = `/api/v2/users/${idOf(id)}/ldapservers`;
    const question = { path, name: '/api/v2/users/ID/ldapservers', isOfOne: true };
    return this.consoleApi.list(purpose, question, certainly(bindingIn));
  }

  async bindingsOfGroup(purpose: Purpose, id: string): Promise<readonly CloudBinding[]> {
    const path = `/api/v2/usergroups/${idOf(id)}/ldapservers`;
    const question = { path, name: '/api/v2/usergroups/ID/ldapservers' };
    return this.consoleApi.list(purpose, question, certainly(bindingIn));
  }

  async groupsOfUser(purpose: Purpose, id: string): Promise<readonly string[]> {
    const path = `/api/v2/users/${idOf(id)}/memberof`;
    const question = { path, name: '/api/v2/users/ID/memberof', isOfOne: true };
    return this.consoleApi.list(purpose, question, certainly(targetIn));
  }

  async groupNamed(purpose: Purpose, name: string): Promise<CloudGroup | undefined> {
    // A comma divides filters, and a star stands for anything: a name with one is looked for among all.
    const isPlain = !/[,*\\]/.test(name);
    const query = isPlain ? { filter: `name:eq:${name}` } : {};
    const groups = await this.consoleApi.list(purpose, { path: '/api/v2/usergroups', query }, certainly(groupIn));
    return groups.find((group) => group.name === name) ?? groups.find((group) => same(group.name, name));
  }

  async *membersOfGroup(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const path = `/api/v2/usergroups/${idOf(id)}/membership`;
    const question = { path, name: '/api/v2/usergroups/ID/membership' };
    yield* this.consoleApi.pages(purpose, question, certainly(targetIn));
  }

  async *usersOfServer(purpose: Purpose, id: string): AsyncGenerator<readonly string[]> {
    const path = `/api/v2/ldapservers/${idOf(id)}/users`;
    const question = { path, name: '/api/v2/ldapservers/ID/users' };
    yield* this.consoleApi.pages(purpose, question, certainly(targetIn));
  }

  async *users(purpose: Purpose, from = 0): AsyncGenerator<UserPage> {
    const path = '/api/systemusers';
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { fields: USER_FIELDS, sort: '_id', limit: String(PAGE), skip: String(from + page * PAGE) };
      const { results, total } = await this.consoleApi.page(purpose, { path, query }, readableUser);
      const next = results.length < PAGE ? undefined : from + (page + 1) * PAGE;
      yield { users: results.flat(), next, total };
      if (next === undefined) return;
    }
    throw new CloudError('garbled', `/api/systemusers: more than ${MOST_PAGES * PAGE} users`);
  }

  async ldapPolicies(purpose: Purpose): Promise<readonly CloudPolicy[]> {
    const found = await this.consoleApi.list(purpose, { path: '/api/v2/authn/policies' }, policyIn);
    return found.filter((policy) => policy !== undefined);
  }

  /** Of the first organisation that the credentials see. */
  async lockout(purpose: Purpose): Promise<CloudLockout> {
    const first = { path: '/api/organizations', query: { limit: '1' } };
    const id = await this.consoleApi.object(purpose, first, (json) => certain(idIn(objectIn(resultsIn(json)[0])._id)));
    const question = { path: `/api/organizations/${id}`, name: '/api/organizations/ID' };
    return this.consoleApi.object(purpose, question, lockoutIn);
  }

  async events(purpose: Purpose, query: EventQuery): Promise<EventPage> {
    return askEvents(this.caller, this.urls.api, purpose, query);
  }
}

/** The list in an answer of V1: without one it says nothing. */
function resultsIn(json: unknown): readonly unknown[] {
  const { results } = objectIn(json);
  if (!Array.isArray(results)) throw new OddField('there are no results');
  return listIn(results);
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

/** The same for what `read` makes of it. */
function certainly<Item>(read: (value: unknown) => Item | undefined): (value: unknown) => Item {
  return (value) => certain(read(value));
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
