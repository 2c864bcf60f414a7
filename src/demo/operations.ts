// The operations that ldapjs routes, under JumpCloud's rules of access: readers see their organisation, others may bind and compare.
import ldap from 'ldapjs';
import { compareEntry } from '../directory/compare.js';
import { makeRootDSE } from '../directory/root-dse.js';
import { NO_LIMITS, openSearch, type SearchSpecials } from '../directory/search.js';
import { NO_VIEW } from '../directory/snapshot.js';
import { makeSubschema } from '../directory/subschema.js';
import { UNLIMITED } from '../directory/work.js';
import { type DN, isBelowOrEqual, parseDN } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import { type LDAPResult, Oid, type Scope, type SearchResultEntry } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import type { Accounts } from './accounts.js';
import { type Admission, NOBODY } from './admission.js';
import { CONTROLS, EXTENSIONS, PAGED, PPOLICY } from './direct-answers.js';
import { later } from './intake.js';
import type { RawHandler, RawLdapjs, RawRequest, RawResponse } from './ldapjs-types.js';
import { ORG_DN, userDN } from './tree.js';

const raw = ldap as unknown as RawLdapjs;

const UNAUTHENTICATED = 'unauthenticated bind (DN with no password) disallowed';
const ORG = parseDN(ORG_DN) ?? [];
/** An empty PasswordPolicyResponseValue. */
const NO_WARNING = '0\0';
const POLICY_ERRORS = { passwordExpired: 0, accountLocked: 1 };

const SPECIALS: SearchSpecials = {
  rootDSE: makeRootDSE({
    namingContexts: ['dc=jumpcloud,dc=com'],
    supportedExtension: EXTENSIONS,
    supportedControl: CONTROLS,
    supportedSASLMechanisms: [],
    vendorVersion: 'embedded',
  }),
  subschema: makeSubschema(),
};

const WRITES = {
  add: 'no write access to parent',
  modify: '',
  del: 'no write access to parent',
  modifyDN: "no write access to parent's children",
};

/** Handlers for the operations that ldapjs routes, with JumpCloud's access rules. */
export class StandInOperations {
  /** The uid that each connection is bound as; nobody's are not in here. */
  private readonly identities = new WeakMap<object, string>();
  /** Of searches on their way through ldapjs, by the message ID. */
  private readonly filters = new WeakMap<object, Map<number, Filter>>();

  /** `pushDelay`: milliseconds until somebody has confirmed a push. */
  constructor(
    private readonly accounts: Accounts,
    private readonly pushDelay: number,
  ) {}

  /** A search goes on to ldapjs, which would change the backslashes and parentheses in its filter. */
  expect(connection: object, messageID: number, filter: Filter): void {
    const filters = this.filters.get(connection) ?? new Map<number, Filter>();
    this.filters.set(connection, filters.set(messageID, filter));
  }

  /** A bind has begun (RFC 4511 4.2.1). */
  forget(connection: object): void {
    this.identities.delete(connection);
  }

  mount(server: ldap.Server): void {
    const routes = server as unknown as Record<string, (mount: string, handle: RawHandler) => void>;
    routes.bind!('', (request, response) => this.bind(request, response));
    routes.search!('', (request, response) => this.search(request, response));
    routes.compare!('', (request, response) => this.compare(request, response));
    routes.exop!(Oid.whoAmI, (request, response) => this.whoAmI(request, response));
    routes.exop!(Oid.passwordModify, (request, response) =>
      this.refuseWrite(request, response, 'only authenticated users may change passwords', ''),
    );
    for (const [operation, text] of Object.entries(WRITES)) {
      routes[operation]!('', (request, response) =>
        this.refuseWrite(request, response, 'modifications require authentication', text),
      );
    }
  }

  private bind(request: RawRequest, response: RawResponse): void {
    const password = request.credentials ?? '';
    if (password === '') return end(response, result(ResultCode.unwillingToPerform, UNAUTHENTICATED));
    const dn = String(request.dn);
    const name = parseDN(dn) ?? [];
    const answer = () => {
      if (request.connection.destroyed) return;
      const person = this.accounts.named(name);
      const admission = person === undefined ? NOBODY : this.accounts.admit(person, password);
      const { isAdmitted, factors } = admission;
      this.accounts.journal.bound({ dn, username: person?.uid ?? uidIn(name), isAdmitted, factors });
      if (person !== undefined && isAdmitted) this.identities.set(request.connection, person.uid);
      addPolicy(request, response, admission);
      end(response, result(isAdmitted ? ResultCode.success : ResultCode.invalidCredentials));
    };
    const asked = this.accounts.named(name);
    later(asked !== undefined && this.accounts.asksForPush(asked, password) ? this.pushDelay : 0, answer);
  }

  private search(request: RawRequest, response: RawResponse): void {
    const filters = this.filters.get(request.connection);
    const filter = filters?.get(request.messageId);
    filters?.delete(request.messageId);
    const start = pageStart(request);
    if (start === undefined) {
      return end(response, result(ResultCode.protocolError, 'paged results cookie is invalid'));
    }
    if (filter === undefined) return end(response, result(ResultCode.protocolError, 'no filter'));
    const uid = this.identities.get(request.connection);
    const base = String(request.dn);
    // Users without the right to read get success without entries, as with OpenLDAP's access level "search".
    const isBlind = uid !== undefined && !this.accounts.mayRead(uid) && isBelowOrEqual(parseDN(base) ?? [], ORG);
    const cursor = openSearch(
      uid === undefined ? NO_VIEW : this.accounts.viewOf(uid),
      SPECIALS,
      {
        kind: 'searchRequest',
        baseObject: base,
        scope: request.scope as Scope,
        derefAliases: 0,
        sizeLimit: isBlind ? 0 : request.sizeLimit,
        timeLimit: 0,
        typesOnly: request.typesOnly,
        filter,
        attributes: request.attributes,
      },
      NO_LIMITS,
    );
    const entries: SearchResultEntry[] = [];
    for (;;) {
      const next = cursor.advance(UNLIMITED, 0);
      if (next === 'again') continue;
      if ('kind' in next) entries.push(next);
      else return sendPage(request, response, start, isBlind ? [] : entries, next.result);
    }
  }

  private compare(request: RawRequest, response: RawResponse): void {
    const uid = this.identities.get(request.connection);
    const view = uid === undefined ? NO_VIEW : this.accounts.viewOf(uid);
    const value = Buffer.from(request.value ?? '', 'utf8');
    const attribute = request.attribute ?? '';
    end(
      response,
      compareEntry(view, SPECIALS, { kind: 'compareRequest', entry: String(request.dn), attribute, value }),
    );
  }

  private whoAmI(request: RawRequest, response: RawResponse): void {
    const uid = this.identities.get(request.connection);
    response.responseValue = uid === undefined ? '' : `dn:${userDN(uid)}`;
    end(response, result(ResultCode.success));
  }

  private refuseWrite(request: RawRequest, response: RawResponse, toNobody: string, toSomebody: string): void {
    const isNobody = !this.identities.has(request.connection);
    end(
      response,
      isNobody
        ? result(ResultCode.strongerAuthRequired, toNobody)
        : result(ResultCode.insufficientAccessRights, toSomebody),
    );
  }
}

/** The user name that a DN seems to mean. */
const uidIn = ([first]: DN) => first?.find(({ type }) => type.toLowerCase() === 'uid')?.value ?? '';

function addPolicy(request: RawRequest, response: RawResponse, { error }: Admission): void {
  if (!request.controls.some(({ type }) => type === PPOLICY)) return;
  response.addControl(
    error === undefined
      ? new raw.Control({ type: PPOLICY, value: NO_WARNING })
      : new raw.PasswordPolicyControl({ value: { error: POLICY_ERRORS[error] } }),
  );
}

interface PageRequest {
  readonly size: number;
  readonly cookie: Buffer;
}

const pageRequest = (request: RawRequest) =>
  request.controls.find(({ type }) => type === PAGED)?.value as PageRequest | undefined;

/** Where the page asked for begins; 0 without paging, undefined for a cookie that is none of ours. */
function pageStart(request: RawRequest): number | undefined {
  const cookie = pageRequest(request)?.cookie.toString('latin1') ?? '';
  return /^[0-9]{0,9}$/.test(cookie) ? Number(cookie) : undefined;
}

function sendPage(
  request: RawRequest,
  response: RawResponse,
  start: number,
  entries: readonly SearchResultEntry[],
  final: LDAPResult,
): void {
  const page = pageRequest(request);
  const stop = page === undefined ? entries.length : start + page.size;
  for (const entry of entries.slice(start, stop)) sendEntry(response, entry);
  const isLast = stop >= entries.length;
  if (page !== undefined) {
    const cookie = Buffer.from(isLast ? '' : String(stop), 'latin1');
    response.addControl(new raw.PagedResultsControl({ value: { size: 0, cookie } }));
  }
  end(response, isLast ? final : result(ResultCode.success));
}

/** ldapjs' own filtering of attributes is case-sensitive, so what to send is decided here. */
function sendEntry(response: RawResponse, entry: SearchResultEntry): void {
  const attributes = entry.attributes.map(({ type, values }) => new raw.Attribute({ type, values: [...values] }));
  response.send(new raw.SearchEntry({ objectName: entry.objectName, messageId: response.messageId, attributes }), true);
}

function end(response: RawResponse, { code, matchedDN, text }: LDAPResult): void {
  response.status = code;
  response.matchedDN = matchedDN;
  response.diagnosticMessage = text;
  response.end();
}
