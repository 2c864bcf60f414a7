// The calls that the embedded JumpCloud's API knows, each as a function from what was asked to what is answered.
import type { Accounts } from '../accounts.js';
import { type Group, ORG_ID, type Person } from '../people.js';
import type { Scope } from './access.js';
import { countEvents, queryEvents } from './event-query.js';
import type { EventRing } from './events.js';
import {
  groupsOfServer,
  groupsOfUser,
  memberEdges,
  membership,
  serversOfGroup,
  serversOfUser,
  usersOfServer,
} from './graph.js';
import { groupId, SERVER_ID, userId } from './ids.js';
import { bodyFilter, filtered, page, projected, searchFilter, sorted, type Version } from './query.js';
import * as records from './records.js';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Call {
  /** The parts of the path that name something. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: records.JsonRecord;
}

export interface Site {
  readonly accounts: Accounts;
  readonly events: EventRing;
  readonly hasInsights: boolean;
  readonly now: () => number;
}

type Handle = (site: Site, call: Call) => Answer;

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly scope: Scope;
  readonly handle: Handle;
}

const ok = (body: unknown, headers?: Answer['headers']): Answer => ({
  status: 200,
  body,
  ...(headers === undefined ? {} : { headers }),
});
const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } };

function select(version: Version, all: readonly records.JsonRecord[], query: URLSearchParams) {
  const found = sorted(version, filtered(version, all, query), query);
  const part = page(found, query.get('limit'), query.get('skip'));
  const fields = query.get('fields') ?? undefined;
  return { total: found.length, records: projected(part, fields, version === 'v1' ? ' ' : ',') };
}

/** Version 1 has the total in the body. */
function listV1(all: readonly records.JsonRecord[], query: URLSearchParams): Answer {
  const { total, records: results } = select('v1', all, query);
  return ok({ totalCount: total, results });
}

const list = (all: readonly records.JsonRecord[], { query }: Call): Answer => ok(select('v2', all, query).records);

function counted(all: readonly records.JsonRecord[], { query }: Call): Answer {
  const { total, records: results } = select('v2', all, query);
  return ok(results, { 'x-total-count': String(total) });
}

const withUser =
  (answer: (site: Site, person: Person, call: Call) => Answer): Handle =>
  (site, call) => {
    const person = site.accounts.people.find(({ uid }) => userId(uid) === call.id);
    return person === undefined ? NOT_FOUND : answer(site, person, call);
  };

const withGroup =
  (answer: (site: Site, group: Group, call: Call) => Answer): Handle =>
  (site, call) => {
    const group = site.accounts.groups.find(({ name }) => groupId(name) === call.id);
    return group === undefined ? NOT_FOUND : answer(site, group, call);
  };

const withServer =
  (answer: Handle): Handle =>
  (site, call) =>
    call.id === SERVER_ID ? answer(site, call) : NOT_FOUND;

const searchUsers: Handle = ({ accounts }, { body }) => {
  const [holds, isFound] = [bodyFilter(body.filter), searchFilter(body.searchFilter)];
  const all = accounts.people.map((person) => records.userRecord(accounts, person));
  const found = all.filter((record) => holds(record) && isFound(record));
  const number = (value: unknown) => (value === undefined ? null : String(value));
  const part = page(found, number(body.limit), number(body.skip));
  const fields = typeof body.fields === 'string' ? body.fields : undefined;
  return ok({ totalCount: found.length, results: projected(part, fields, ' ') });
};

const organisation: Handle = ({ accounts, hasInsights }, { id }) =>
  id === ORG_ID ? ok(records.organisationRecord(accounts, hasInsights)) : NOT_FOUND;

const policies = ({ accounts }: Site) => accounts.policies.map(records.policyRecord);
const groupRecords = ({ accounts }: Site) => accounts.groups.map(records.groupRecord);
const fullUsers = ({ accounts }: Site) => accounts.people.map((person) => records.fullUserRecord(accounts, person));

const withInsights =
  (answer: Handle): Handle =>
  (site, call) =>
    site.hasInsights ? answer(site, call) : { status: 403, body: { message: 'Directory Insights is not enabled' } };

const events: Handle = ({ events, now }, { body }) => {
  const found = queryEvents(events.readable(), body, now());
  return ok(found.events, found.headers);
};

const get = (path: string, scope: Scope, handle: Handle): Route => ({
  method: 'GET',
  path: pathOf(path),
  scope,
  handle,
});
const post = (path: string, scope: Scope, handle: Handle): Route => ({
  method: 'POST',
  path: pathOf(path),
  scope,
  handle,
});
const pathOf = (path: string) => new RegExp(`^${path.replace('{id}', '(?<id>[^/]+)')}/?$`);

export const ROUTES: readonly Route[] = [
  post('/api/search/systemusers', 'users', searchUsers),
  get('/api/systemusers', 'users', (site, { query }) => listV1(fullUsers(site), query)),
  get(
    '/api/systemusers/{id}',
    'users',
    withUser(({ accounts }, person, { query }) => {
      const [record] = projected([records.fullUserRecord(accounts, person)], query.get('fields') ?? undefined, ' ');
      return ok(record);
    }),
  ),
  get('/api/organizations', 'organisation', (_, { query }) => listV1([records.organisationListRecord()], query)),
  get('/api/organizations/{id}', 'organisation', organisation),
  get('/api/v2/ldapservers', 'ldap', ({ accounts }, call) => list([records.serverRecord(accounts)], call)),
  get(
    '/api/v2/ldapservers/{id}',
    'ldap',
    withServer(({ accounts }) => ok(records.serverRecord(accounts))),
  ),
  get(
    '/api/v2/ldapservers/{id}/users',
    'ldap',
    withServer(({ accounts }, call) => list(usersOfServer(accounts), call)),
  ),
  get(
    '/api/v2/ldapservers/{id}/usergroups',
    'ldap',
    withServer(({ accounts }, call) => list(groupsOfServer(accounts), call)),
  ),
  get(
    '/api/v2/ldapservers/{id}/sambadomains',
    'ldap',
    withServer((_, call) => list([], call)),
  ),
  get('/api/v2/usergroups', 'groups', (site, call) => list(groupRecords(site), call)),
  get(
    '/api/v2/usergroups/{id}',
    'groups',
    withGroup((_, group) => ok(records.groupRecord(group))),
  ),
  get(
    '/api/v2/usergroups/{id}/ldapservers',
    'groups',
    withGroup((_, group, call) => list(serversOfGroup(group), call)),
  ),
  get(
    '/api/v2/usergroups/{id}/members',
    'groups',
    withGroup((_, group, call) => list(memberEdges(group), call)),
  ),
  get(
    '/api/v2/usergroups/{id}/membership',
    'groups',
    withGroup((_, group, call) => list(membership(group), call)),
  ),
  get(
    '/api/v2/users/{id}/ldapservers',
    'users',
    withUser(({ accounts }, person, call) => list(serversOfUser(accounts, person), call)),
  ),
  get(
    '/api/v2/users/{id}/memberof',
    'users',
    withUser(({ accounts }, person, call) => list(groupsOfUser(accounts, person), call)),
  ),
  get('/api/v2/authn/policies', 'policies', (site, call) => counted(policies(site), call)),
  get('/api/v2/authn/policies/{id}', 'policies', (site, { id }) => {
    const policy = policies(site).find((record) => record.id === id);
    return policy === undefined ? NOT_FOUND : ok(policy);
  }),
  post('/insights/directory/v1/events', 'insights', withInsights(events)),
  post(
    '/insights/directory/v1/events/count',
    'insights',
    withInsights(({ events, now }, { body }) => ok({ count: countEvents(events.readable(), body, now()) })),
  ),
];
