// Works beside the binds: receives refusals after their answers are sent, and asks JumpCloud for the reason.
import type { CloudApi } from '../cloud/ports.js';
import { Investigation, type MissingSince, type Question } from '../cloud/reason/investigation.js';
import { type Dropped, Refusals } from '../cloud/refusals.js';
import type { CloudFinding, CloudReason } from '../gate/explain/cloud-reason.js';
import { ASKED_ABOUT } from '../gate/explain/cloud-reasons.js';
import type { Trace } from '../gate/trace.js';
import { parseDN } from '../ldap/dn.js';
import type { LogSource } from '../ops/log/source.js';
import type { NamedListener } from '../ops/telemetry/listeners.js';

/** What is known here about an account, for the app that was asked; undefined for an app that is gone. */
export interface Standing extends Pick<Question, 'groups' | 'isInMirror' | 'isMfaHost'> {
  readonly isKnownAccount: boolean;
}

export interface CloudSideParts {
  readonly api: CloudApi;
  readonly standing: (account: string, app: string | undefined) => Standing | undefined;
  /** Renderings; `group` is the one that the remedy names. */
  readonly report: (finding: CloudFinding, trace: Trace, source: LogSource, group: string) => void;
  readonly missingSince?: MissingSince;
  /** Every refusal that has got its finding, those included that share one. */
  readonly found?: (trace: Trace) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Types of an RDN that name a user. */
const USER_TYPES = new Set(['uid', 'cn', 'mail', 'samaccountname', 'userprincipalname']);

/** Milliseconds back, for the bind that is explained. */
const EXPLAINED = 60_000;

/** Characters of a name that is looked into for a user. */
const LONGEST_NAME = 1024;

export interface FoundCount {
  readonly reason: CloudReason;
  readonly app: string | undefined;
  count: number;
}

/** Listens to ended operations and asks JumpCloud about refused binds after their answers are sent. Never delays or changes an answer. */
export class CloudSide implements NamedListener {
  readonly name = 'cloud';
  private readonly refusals: Refusals;
  private readonly saidOnce = new WeakSet<CloudFinding>();
  private readonly counted = new Map<string, FoundCount>();
  private readonly now: () => number;

  constructor(private readonly parts: CloudSideParts) {
    const { api, clock = () => performance.now(), now = Date.now, defect } = parts;
    this.now = now;
    const investigation = new Investigation(api, now, clock, parts.missingSince);
    this.refusals = new Refusals({
      ...{ clock, now, defect },
      find: (question) => investigation.find(question),
      names: () => namesIn(api),
    });
  }

  /** Refusals with a finding, by reason and app: both are closed lists. */
  get found(): Iterable<Readonly<FoundCount>> {
    return this.counted.values();
  }

  get dropped(): Readonly<Record<Dropped, number>> {
    return this.refusals.dropped;
  }

  operation(trace: Trace, source: LogSource): void {
    const isCredentialRefused = trace.operation === 'bind' ? ASKED_ABOUT.get(trace.reason) : undefined;
    if (isCredentialRefused === undefined) return;
    const account = accountOf(trace);
    if (account === undefined) return;
    const standing = this.parts.standing(account, source.app);
    if (standing === undefined) return;
    const to = this.now();
    const refusal = {
      ...standing,
      account,
      isCredentialRefused,
      isAttempt: true,
      from: to - trace.duration,
      to,
      address: source.address,
    };
    this.refusals.refused(refusal, (finding) => this.tell(finding, trace, source, standing.groups?.[0] ?? ''));
  }

  /** For explaining a bind that ends, or would end, at this account. Resolves with undefined if JumpCloud cannot be asked about it. */
  ask(account: string, app: string | undefined, isCredentialRefused: boolean): Promise<CloudFinding | undefined> {
    const standing = this.parts.standing(account, app);
    if (standing === undefined) return Promise.resolve(undefined);
    const to = this.now();
    const question = { ...standing, account, isCredentialRefused, from: to - EXPLAINED, to };
    return this.refusals.ask({ ...question, address: '' });
  }

  /** Something about this user has changed. */
  forget(account: string): void {
    this.refusals.forget(account);
  }

  stop(): void {
    this.refusals.stop();
  }

  private tell(finding: CloudFinding, trace: Trace, source: LogSource, group: string): void {
    trace.cloud = finding;
    const { reason } = finding;
    const key = `${reason} ${source.app ?? ''}`;
    const known = this.counted.get(key);
    if (known === undefined) this.counted.set(key, { reason, app: source.app, count: 1 });
    else known.count += 1;
    // Refusals that share a finding are counted; a line is the exception (R120).
    if (!this.saidOnce.has(finding)) {
      this.saidOnce.add(finding);
      this.parts.report(finding, trace, source, group);
    }
    this.parts.found?.(trace);
  }
}

async function* namesIn(api: CloudApi): AsyncGenerator<readonly string[]> {
  for await (const { users } of api.users('names')) yield users.flatMap(({ username, email }) => [username, email]);
}

/** Undefined without an API: then nothing is different. */
export function cloudSide(api: CloudApi | undefined, parts: Omit<CloudSideParts, 'api'>): CloudSide | undefined {
  return api === undefined ? undefined : new CloudSide({ ...parts, api });
}

/** The canonical uid; of a name that led to none, the user name in it. Undefined for a service account, which is one of Jumpgate's own. */
function accountOf({ account, name }: Trace): string | undefined {
  if (account !== '') return account.includes('=') ? undefined : account;
  if (name.length > LONGEST_NAME) return undefined;
  const said = name.includes('=') ? userIn(name) : name.slice(name.lastIndexOf('\\') + 1);
  return said === undefined || said === '' ? undefined : said.toLowerCase();
}

/** The value of the first RDN, if it names a user. */
function userIn(name: string): string | undefined {
  const [first, ...others] = parseDN(name)?.[0] ?? [];
  return first !== undefined && others.length === 0 && USER_TYPES.has(first.type.toLowerCase())
    ? first.value
    : undefined;
}
