// Who may call the embedded JumpCloud's API: an API key, or a token for a service account's credentials.
import { randomBytes } from 'node:crypto';
import { ORG_ID } from '../people.js';

/** What a call needs the permission for. */
export type Scope = 'users' | 'groups' | 'ldap' | 'organisation' | 'policies' | 'insights';

/** Checks API keys and tokens for the embedded JumpCloud's API. */
export class Access {
  readonly clientId = 'd2f1c7a0-5b1e-4f0e-9c55-6a7e3a5b9c10';
  /** Both may be replaced while it runs: the old one is wrong from then on. */
  clientSecret = randomBytes(24).toString('base64url');
  apiKey = `jca_${randomBytes(24).toString('base64url')}`;
  /** Seconds. */
  tokenLifetime = 3600;
  /** Calls that need one of these are refused with 403. */
  readonly denied = new Set<Scope>();
  private readonly tokens = new Map<string, number>();

  /** `now`: milliseconds since 1970. */
  constructor(private readonly now: () => number) {}

  /** For `authorization` of HTTP Basic; undefined for wrong credentials. */
  token(authorization: string): { readonly token: string; readonly lifetime: number } | undefined {
    const [, basic = ''] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
    const given = Buffer.from(basic, 'base64').toString('utf8').split(':').map(decoded);
    if (given.length !== 2 || given[0] !== this.clientId || given[1] !== this.clientSecret) return undefined;
    const token = randomBytes(32).toString('base64url');
    this.tokens.set(token, this.now() + this.tokenLifetime * 1000);
    return { token, lifetime: this.tokenLifetime };
  }

  /** Every token that was given is wrong from now on. */
  revokeTokens(): void {
    this.tokens.clear();
  }

  /** The status that a call is refused with; undefined: it may go on. */
  refusal(headers: Readonly<Record<string, string | undefined>>, scope: Scope): 401 | 403 | undefined {
    const { 'x-api-key': key, authorization = '', 'x-org-id': org } = headers;
    const [, bearer = ''] = /^Bearer (.+)$/i.exec(authorization) ?? [];
    const isKnown = key === undefined ? (this.tokens.get(bearer) ?? 0) > this.now() : key === this.apiKey;
    if (!isKnown || (org !== undefined && org !== ORG_ID)) return 401;
    return this.denied.has(scope) ? 403 : undefined;
  }
}

/** RFC 6749 2.3.1: both parts are form-encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
}
