// Answers that are the same for every user of the organisation, asked once per five minutes.
import type { CloudApi, CloudBinding, CloudGroup, CloudLdapServer, CloudLockout, CloudPolicy } from '../ports.js';

/** Milliseconds. */
const KEPT = 5 * 60_000;
/** Groups come from the configuration, so there are few; this bounds them for any caller. */
const MOST = 256;

interface Kept {
  readonly answer: Promise<unknown>;
  readonly until: number;
}

/** Called for each call that is made, but not for cached answers. */
export type Counted = () => void;

/** Each answer may reject with a `CloudError`, which is not cached. Callers at the same time share one call. */
export class Organisation {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly api: CloudApi,
    /** Milliseconds, never going back. */
    private readonly clock: () => number,
  ) {}

  servers(counted: Counted): Promise<readonly CloudLdapServer[]> {
    return this.once('servers', counted, () => this.api.ldapServers('reason'));
  }

  lockout(counted: Counted): Promise<CloudLockout> {
    return this.once('lockout', counted, () => this.api.lockout('reason'));
  }

  policies(counted: Counted): Promise<readonly CloudPolicy[]> {
    return this.once('policies', counted, () => this.api.ldapPolicies('reason'));
  }

  groupNamed(name: string, counted: Counted): Promise<CloudGroup | undefined> {
    return this.once(`group ${name}`, counted, () => this.api.groupNamed('reason', name));
  }

  bindingsOfGroup(id: string, counted: Counted): Promise<readonly CloudBinding[]> {
    return this.once(`bindings ${id}`, counted, () => this.api.bindingsOfGroup('reason', id));
  }

  private once<Answer>(key: string, counted: Counted, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.kept.get(key);
    if (known !== undefined && this.clock() < known.until) return known.answer as Promise<Answer>;
    counted();
    const answer = ask();
    const entry = { answer, until: this.clock() + KEPT };
    this.kept.delete(key);
    this.kept.set(key, entry);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > MOST && oldest !== undefined) this.kept.delete(oldest);
    answer.catch(() => {
      if (this.kept.get(key) === entry) this.kept.delete(key);
    });
    return answer;
  }
}
