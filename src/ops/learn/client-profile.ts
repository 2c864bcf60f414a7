// What clients ask and how they behave, learnt from operations as they end: shapes of searches and behaviour per address, never a value.
import type { Reason } from '../../gate/reason.js';
import { Oid } from '../../ldap/message.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';
import type { FaultRecord } from '../telemetry/telemetry.js';
import type { SearchShape } from './search-shape.js';

export interface SearchProfile extends SearchShape {
  /** The one that was asked, where apps have names. */
  readonly app?: string;
  readonly count: number;
  readonly entries: { readonly least: number; readonly most: number };
  /** Names of the LDAP results that came. */
  readonly results: readonly string[];
  /** Who asked: a user, an account that is not a user, or nobody. */
  readonly as: readonly ('user' | 'service' | 'nobody')[];
}

export type BindNameForm = 'DN' | 'user name' | 'email address' | 'DOMAIN\\name' | 'nothing';

export interface ClientProfile {
  readonly address: string;
  /** For which it came, where apps have names. */
  readonly apps?: readonly string[];
  readonly connections: number;
  readonly binds: readonly { readonly reason: Reason; readonly count: number }[];
  readonly names: readonly { readonly form: BindNameForm; readonly count: number }[];
  readonly searches: readonly SearchProfile[];
  readonly mostBindsOnOne: number;
  /** Milliseconds between two operations of one connection. */
  readonly longestSilence: number;
  readonly isSecure: boolean;
  readonly isClear: boolean;
  readonly usesStartTLS: boolean;
  readonly wantsStartTLS: boolean;
  readonly usesPaging: boolean;
  readonly writes: number;
  /** Other refusals: reasons of searches, compares and extended operations. */
  readonly refusals: readonly Reason[];
  readonly faults: readonly string[];
}

/** The limits of each: clients must not fill a memory, not even that of a terminal. */
const MOST_CLIENTS = 500;
const MOST_CONNECTIONS = 5000;
const MOST_SHAPES = 100;
const MOST_APPS = 64;

class Client {
  connections = 0;
  readonly apps = new Set<string>();
  readonly open = new Map<number, { binds: number; at: number }>();
  readonly binds = new Map<Reason, number>();
  readonly names = new Map<BindNameForm, number>();
  readonly searches = new Map<string, Shape>();
  readonly refusals = new Set<Reason>();
  readonly faults = new Set<string>();
  mostBindsOnOne = 0;
  longestSilence = 0;
  isSecure = false;
  isClear = false;
  usesStartTLS = false;
  wantsStartTLS = false;
  usesPaging = false;
  writes = 0;
}

interface Shape {
  readonly app: string | undefined;
  readonly shape: SearchShape;
  count: number;
  least: number;
  most: number;
  readonly results: Set<string>;
  readonly as: Set<SearchProfile['as'][number]>;
}

/** What each address asks and how it behaves. Bounded in addresses, shapes and apps; holds no values. */
export class ClientProfiles {
  private readonly byAddress = new Map<string, Client>();

  operation(record: OperationRecord): void {
    const client = this.clientAt(record.address);
    if (client === undefined) return;
    const connection = connectionOf(client, record);
    if (record.app !== undefined && client.apps.size < MOST_APPS) client.apps.add(record.app);
    if (record.channel === 'tls') client.isSecure = true;
    else if (record.operation !== 'extended') client.isClear = true;
    switch (record.operation) {
      case 'bind':
        add(client.binds, record.reason);
        add(client.names, nameForm(record.target));
        client.mostBindsOnOne = Math.max(client.mostBindsOnOne, ++connection.binds);
        return;
      case 'search':
        if (record.search !== undefined) addSearch(client, record, record.search);
        break;
      case 'write':
        client.writes++;
        break;
      case 'extended':
        if (record.target === Oid.startTLS) client[record.code === 0 ? 'usesStartTLS' : 'wantsStartTLS'] = true;
        break;
      case 'compare':
      case 'abandon':
        break;
    }
    if (record.reason !== 'ok') client.refusals.add(record.reason);
  }

  fault({ address, fault }: FaultRecord): void {
    this.clientAt(address)?.faults.add(fault);
  }

  /** Who asked most comes first. */
  clients(): ClientProfile[] {
    const told = [...this.byAddress].map(([address, client]) => habitsOf(address, client));
    const weight = ({ binds, searches }: ClientProfile) =>
      [...binds, ...searches].reduce((sum, { count }) => sum + count, 0);
    return told.sort((a, b) => weight(b) - weight(a));
  }

  private clientAt(address: string): Client | undefined {
    const known = this.byAddress.get(address);
    if (known !== undefined || this.byAddress.size >= MOST_CLIENTS) return known;
    const client = new Client();
    this.byAddress.set(address, client);
    return client;
  }
}

function habitsOf(address: string, client: Client): ClientProfile {
  const { binds, names, searches, refusals, faults, apps, open: _open, ...rest } = client;
  return {
    address,
    ...(apps.size === 0 ? {} : { apps: [...apps] }),
    ...rest,
    binds: sorted([...binds].map(([reason, count]) => ({ reason, count }))),
    names: sorted([...names].map(([form, count]) => ({ form, count }))),
    searches: sorted(
      [...searches.values()].map(({ app, shape, count, least, most, results, as }) => {
        const whose = app === undefined ? {} : { app };
        return { ...whose, ...shape, count, entries: { least, most }, results: [...results], as: [...as] };
      }),
    ),
    refusals: [...refusals],
    faults: [...faults],
  };
}

function sorted<Item extends { readonly count: number }>(items: Item[]): Item[] {
  return items.sort((a, b) => b.count - a.count);
}

function connectionOf(client: Client, { connection, time }: OperationRecord): { binds: number; at: number } {
  const at = Date.parse(time);
  const known = client.open.get(connection);
  if (known !== undefined) {
    client.longestSilence = Math.max(client.longestSilence, at - known.at);
    known.at = at;
    return known;
  }
  client.connections++;
  const begun = { binds: 0, at };
  // The oldest is forgotten: most likely it is closed.
  const [oldest] = client.open.keys();
  if (client.open.size >= MOST_CONNECTIONS && oldest !== undefined) client.open.delete(oldest);
  client.open.set(connection, begun);
  return begun;
}

function addSearch(client: Client, record: OperationRecord, shape: SearchShape): void {
  client.usesPaging ||= shape.paged;
  const { app } = record;
  const base = withoutPerson(shape.base);
  const key = JSON.stringify([app, base, shape.scope, shape.filter, shape.attributes]);
  let known = client.searches.get(key);
  if (known === undefined) {
    if (client.searches.size >= MOST_SHAPES) return;
    const none = { count: 0, least: record.entries, most: 0, results: new Set<string>(), as: new Set<never>() };
    known = { app, shape: { ...shape, base }, ...none };
    client.searches.set(key, known);
  }
  known.count++;
  known.least = Math.min(known.least, record.entries);
  known.most = Math.max(known.most, record.entries);
  known.results.add(record.result);
  // A user's account is its uid, any other account's is a name.
  known.as.add(record.account === '' ? 'nobody' : record.account.includes('=') ? 'service' : 'user');
}

/** Bases that differ only in whose entry they are have one shape. */
function withoutPerson(base: string): string {
  return base.replace(/^(uid|mail)=(?:\\.|[^,\\])*/i, '$1=…');
}

function nameForm(name: string): BindNameForm {
  if (name === '') return 'nothing';
  if (name.includes('=')) return 'DN';
  if (name.includes('\\')) return 'DOMAIN\\name';
  return name.includes('@') ? 'email address' : 'user name';
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
