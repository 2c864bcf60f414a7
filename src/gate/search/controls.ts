// Which controls are understood with which operation, and what becomes of a message that insists on another (RFC 4511 4.1.11).
import type { Filter } from '../../ldap/filter.js';
import type { Control, PolicyNews, Request, SortKey } from '../../ldap/message.js';
import {
  decodeAssertion,
  decodePagedResults,
  decodeSortKeys,
  decodeValuesReturnFilter,
  encodePolicyNews,
  PASSWORD_POLICY,
  type PagedResults,
} from '../../wire/controls.js';
import { ProtocolError } from '../../wire/errors.js';

export const ControlType = {
  /** RFC 3296: there are no referrals here, so asking to see them as entries changes nothing. */
  manageDsaIT: '2.16.840.1.113730.3.4.2',
  /** [MS-ADTS] 3.1.1.3.4.1.4: no referrals to other domains, please. */
  domainScope: '1.2.840.113556.1.4.1339',
  pagedResults: '1.2.840.113556.1.4.319',
  sortRequest: '1.2.840.113556.1.4.473',
  sortResponse: '1.2.840.113556.1.4.474',
  matchedValues: '1.2.826.0.1.3344810.2.3',
  assertion: '1.3.6.1.1.12',
  /** draft-behera-ldap-password-policy: asked for by many. */
  passwordPolicy: PASSWORD_POLICY,
} as const;

const EVERYWHERE: readonly string[] = [ControlType.manageDsaIT];

/** By operation; what is not listed is not understood there. */
const UNDERSTOOD: Partial<Record<Request['kind'], readonly string[]>> = {
  bindRequest: [ControlType.passwordPolicy],
  searchRequest: [
    ControlType.domainScope,
    ControlType.pagedResults,
    ControlType.sortRequest,
    ControlType.matchedValues,
    ControlType.assertion,
  ],
  compareRequest: [ControlType.assertion],
};

/** Exactly what the root DSE lists (R46). */
export const SUPPORTED_CONTROLS: readonly string[] = [
  ...new Set([...EVERYWHERE, ...Object.values(UNDERSTOOD).flat()]),
].sort();

/** The controls of one request, read. */
export interface RequestControls {
  readonly paged?: PagedResults;
  readonly sort?: { readonly keys: readonly SortKey[]; readonly critical: boolean };
  readonly matchedValues?: readonly Filter[];
  readonly assertion?: Filter;
  readonly passwordPolicy?: true;
}

export type ReadControls =
  | { readonly kind: 'read'; readonly controls: RequestControls }
  /** Critical and not understood with this operation (R43). */
  | { readonly kind: 'unmet' }
  /** Understood, but its value is junk, or it is there twice (R48). */
  | { readonly kind: 'malformed'; readonly why: string };

const NONE: ReadControls = { kind: 'read', controls: {} };

/** Reads what belongs to the operation; the rest is ignored unless it is critical (R44). */
export function readControls(kind: Request['kind'], controls: readonly Control[] | undefined): ReadControls {
  if (controls === undefined || controls.length === 0) return NONE;
  const known = UNDERSTOOD[kind] ?? [];
  const mine = controls.filter(({ type }) => known.includes(type));
  if (controls.some(({ type, critical }) => critical && !known.includes(type) && !EVERYWHERE.includes(type)))
    return { kind: 'unmet' };
  if (new Set(mine.map(({ type }) => type)).size < mine.length)
    return { kind: 'malformed', why: 'the same control twice' };
  try {
    return { kind: 'read', controls: Object.assign({}, ...mine.map(readOne)) as RequestControls };
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: 'malformed', why: error.message };
    throw error;
  }
}

function readOne({ type, critical, value }: Control): RequestControls {
  switch (type) {
    case ControlType.pagedResults:
      return { paged: decodePagedResults(value) };
    case ControlType.sortRequest:
      return { sort: { keys: decodeSortKeys(value), critical } };
    case ControlType.matchedValues:
      return { matchedValues: decodeValuesReturnFilter(value) };
    case ControlType.assertion:
      return { assertion: decodeAssertion(value) };
    case ControlType.passwordPolicy:
      return { passwordPolicy: true };
    default:
      return {};
  }
}

/** The response control of a bind; without news it is the same for everybody (R2). */
export function policyControl(news: PolicyNews = {}): Control {
  return { type: ControlType.passwordPolicy, critical: false, value: encodePolicyNews(news) };
}
