// Directory Insights of the embedded JumpCloud: binds and changes, the newest five thousand of them.
import type { BindRecord, Change, Factors, Journal, Subject } from '../change.js';
import { ORG_ID } from '../people.js';
import { idOf } from './ids.js';
import type { JsonRecord } from './records.js';

const MOST_EVENTS = 5000;

interface Kept {
  readonly at: number;
  /** Events cannot be read before. */
  readonly readableAt: number;
  readonly record: JsonRecord;
}

const success = (isSuccess: boolean | undefined) => (isSuccess === undefined ? undefined : { success: isSuccess });

/** Without what was not asked for. */
const present = (fields: Readonly<Record<string, unknown>>): JsonRecord =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const methods = ({ password, totp, push }: Factors): JsonRecord =>
  present({ password: success(password), totp: success(totp), jumpcloud_protect: success(push) });

/** As in an association, which names what it connects. */
const end = (subject: Subject): JsonRecord => ({ type: subject.kind, object_id: idOf(subject), name: subject.name });

function resource(subject: Subject): JsonRecord {
  const base = { type: subject.kind, id: idOf(subject) };
  return subject.kind === 'user' ? { ...base, username: subject.name.toLowerCase() } : { ...base, name: subject.name };
}

/** Of one millisecond, in the order in which they happened. */
const eventId = (at: number, count: number) => at.toString(16).padStart(12, '0') + count.toString(16).padStart(12, '0');

/** The newest five thousand events. */
export class EventRing implements Journal {
  /** Milliseconds from an event until it can be read; may be changed while it runs. */
  delay = 0;
  private kept: Kept[] = [];
  private connections = 0;
  private count = 0;

  /** `now`: milliseconds since 1970. */
  constructor(private readonly now: () => number) {}

  bound({ dn, username, isAdmitted, factors }: BindRecord): void {
    const name = username.toLowerCase();
    this.connections++;
    this.keep('ldap', 'ldap_bind', {
      dn: dn.toLowerCase(),
      username: name,
      success: isAdmitted,
      error_code: isAdmitted ? 0 : 49,
      error_message: isAdmitted ? '' : 'Invalid Credentials',
      auth_method: '128',
      mech: '',
      start_tls: false,
      tls_established: true,
      connection_id: String(this.connections),
      operation_number: 0,
      initiated_by: { type: 'user', username: name },
      auth_meta: { auth_methods: methods(factors) },
    });
  }

  changed(change: Change): void {
    const initiated = { initiated_by: { type: 'admin', id: idOf({ kind: 'user', name: 'administrator' }) } };
    if ('about' in change) {
      const changes = change.fields === undefined ? {} : { changes: change.fields };
      this.keep('directory', change.type, {
        ...initiated,
        success: true,
        resource: resource(change.about),
        ...changes,
      });
      return;
    }
    const { op, from, to } = change;
    const association = { op, connection: { from: end(from), to: end(to) } };
    this.keep('directory', change.type, { ...initiated, success: true, association });
  }

  /** Those that can be read now, oldest first. */
  readable(): readonly JsonRecord[] {
    const now = this.now();
    return this.kept.filter(({ readableAt }) => readableAt <= now).map(({ record }) => record);
  }

  private keep(service: string, type: string, fields: JsonRecord): void {
    const at = this.now();
    this.count++;
    const common = { id: eventId(at, this.count), service, event_type: type, timestamp: new Date(at).toISOString() };
    const record = { ...common, organization: ORG_ID, '@version': '1', ...fields };
    this.kept.push({ at, readableAt: at + this.delay, record });
    if (this.kept.length > MOST_EVENTS) this.kept = this.kept.slice(-MOST_EVENTS);
  }
}
