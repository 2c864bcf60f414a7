// Which operations somebody wants to see: the same questions for /operations, /events, the page and `jumpgate watch`.
import { ResultCode } from '../../ldap/result-code.js';
import { canonicalAddress } from '../../runtime/address.js';
import type { OperationRecord } from './recent-operations.js';

export interface OperationFilter {
  /** Part of the account, or of the name that the client used; without regard to case. */
  readonly user?: string;
  /** Canonical, as records have it. */
  readonly address?: string;
  /** The name of one. */
  readonly app?: string;
  /** A code. */
  readonly result?: number;
  /** Jumpgate's own, or the one that JumpCloud has given since. */
  readonly reason?: string;
  /** Part of anything that is shown. */
  readonly q?: string;
}

/** The filter in a query. Returns what is wrong with it as text. `apps`: the names that there are, where that is known. */
export function readFilter(query: URLSearchParams, apps?: readonly string[]): OperationFilter | string {
  const app = query.get('app') ?? '';
  if (app !== '' && apps !== undefined && !apps.includes(app)) return noApp(app, apps);
  const text = (name: string) => {
    const value = query.get(name);
    return value === null || value === '' ? {} : { [name]: value };
  };
  const address = query.get('address')?.trim() ?? '';
  const result = query.get('result') ?? '';
  const code = result === '' ? undefined : codeOf(result);
  if (result !== '' && code === undefined) return 'result is a code such as 49, or a name such as invalidCredentials';
  return {
    ...text('user'),
    ...(address === '' ? {} : { address: canonicalAddress(address) }),
    ...text('app'),
    ...text('reason'),
    ...text('q'),
    ...(code === undefined ? {} : { result: code }),
  };
}

/** A filter as a query, the other way round. */
export function filterQuery(filter: OperationFilter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]));
}

/** A name that is misspelt would be waited for in vain. */
function noApp(name: string, apps: readonly string[]): string {
  const there = apps.length === 0 ? 'the only one has no name' : `there is ${apps.join(', ')}`;
  return `there is no app ${JSON.stringify(name)}; ${there}`;
}

function codeOf(text: string): number | undefined {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text);
  const found = Object.entries(ResultCode).find(([name]) => name.toLowerCase() === text.toLowerCase());
  return found?.[1];
}

/** True if a record matches every part of the filter; texts are compared without case. */
export function matches(record: OperationRecord, filter: OperationFilter): boolean {
  const { user, address, app, result, reason, q } = filter;
  return (
    (app === undefined || record.app === app) &&
    (result === undefined || record.code === result) &&
    (reason === undefined || record.reason === reason || record.cloud?.reason === reason) &&
    (address === undefined || record.address === address) &&
    (user === undefined || has(record.account, user) || (record.operation === 'bind' && has(record.target, user))) &&
    (q === undefined || isFound(record, q))
  );
}

/** A short number is a result code or part of a name: as part of an address or of a port it would find nearly everything. */
function isFound(record: OperationRecord, q: string): boolean {
  const text = q.trim();
  if (!/^[0-9]{1,3}$/.test(text)) return has(textOf(record), text);
  const { code, target, account, reference = '' } = record;
  return code === Number(text) || has([target, account, reference].join(' '), text);
}

/** Everything of a record that somebody may look for. */
export function textOf(record: OperationRecord): string {
  const { operation, target, account, address, app = '', code, result, reason, search, reference = '', cloud } = record;
  return [
    operation,
    target,
    account,
    address,
    app,
    code,
    result,
    reason,
    reference,
    search?.filter ?? '',
    cloud?.reason ?? '',
    cloud?.sentence ?? '',
  ].join(' ');
}

function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
