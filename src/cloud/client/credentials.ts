// Who Jumpgate is to JumpCloud's API: a key in a header, or a service account's token, which is asked for and renewed before it ends
// (RFC 6749 4.4).
import { CloudError } from '../ports.js';
import { type Bounds, exchange, type Fetch } from './exchange.js';

/** Reveals what it holds for the one place that needs it. */
interface Hidden {
  reveal(): string;
}

export type Access =
  | { readonly kind: 'key'; readonly key: Hidden }
  | { readonly kind: 'client'; readonly clientId: string; readonly clientSecret: Hidden; readonly tokenUrl: string };

/** Milliseconds before its end at which a token is renewed, and what it lives at least and at most, whatever the answer says. */
const MARGIN = 60_000;
const SHORTEST = 30_000;
const LONGEST = 24 * 3_600_000;
const TOKEN_OCTETS = 64 * 1024;
/** Characters that a token may have: it becomes a header. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

export interface Credentials {
  /** Rejects with a CloudError. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** These were refused: true if there can be others. */
  renew(refused: Readonly<Record<string, string>>): boolean;
}

/** The credentials for a key or a service account; tokens are renewed before they expire. */
export function credentialsFor(
  access: Access,
  fetch: Fetch,
  bounds: Omit<Bounds, 'octets'>,
  clock: () => number,
): Credentials {
  if (access.kind === 'client') return new TokenCredentials(access, fetch, bounds, clock);
  return { headers: async () => ({ 'x-api-key': access.key.reveal() }), renew: () => false };
}

class TokenCredentials implements Credentials {
  private token: { readonly value: string; readonly endsAt: number } | undefined;
  /** One request at a time, shared by all who need the token. */
  private asking: Promise<string> | undefined;

  constructor(
    private readonly access: Extract<Access, { kind: 'client' }>,
    private readonly fetch: Fetch,
    private readonly bounds: Omit<Bounds, 'octets'>,
    private readonly clock: () => number,
  ) {}

  async headers(): Promise<Readonly<Record<string, string>>> {
    const { token } = this;
    const value = token !== undefined && this.clock() < token.endsAt ? token.value : await this.ask();
    return { authorization: `Bearer ${value}` };
  }

  renew({ authorization }: Readonly<Record<string, string>>): boolean {
    // Another call may have got a new one already.
    if (this.token !== undefined && authorization === `Bearer ${this.token.value}`) this.token = undefined;
    return true;
  }

  private ask(): Promise<string> {
    this.asking ??= this.askOnce().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async askOnce(): Promise<string> {
    const { clientId, clientSecret, tokenUrl } = this.access;
    const name = 'POST /oauth2/token';
    // Both parts are encoded before they are put together (RFC 6749 2.3.1).
    const basic = [clientId, clientSecret.reveal()].map((part) => encodeURIComponent(part)).join(':');
    const { status, text } = await exchange(
      this.fetch,
      {
        method: 'POST',
        url: tokenUrl,
        name,
        headers: {
          authorization: `Basic ${Buffer.from(basic, 'utf8').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: 'grant_type=client_credentials&scope=api',
      },
      { ...this.bounds, octets: TOKEN_OCTETS },
    );
    if (status === 400 || status === 401 || status === 403)
      throw new CloudError('refused', `${name}: ${status}: the client ID or its secret is wrong, or was revoked`);
    if (status === 429) throw new CloudError('busy', `${name}: 429`);
    if (status !== 200) throw new CloudError('away', `${name}: ${status}`);
    const { access_token: value, expires_in: seconds } = tokenIn(text);
    if (typeof value !== 'string' || !TOKEN.test(value))
      throw new CloudError('garbled', `${name}: no token in the answer`);
    const lives = typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 - MARGIN : SHORTEST;
    this.token = { value, endsAt: this.clock() + Math.min(LONGEST, Math.max(SHORTEST, lives)) };
    return value;
  }
}

function tokenIn(text: string): { readonly access_token?: unknown; readonly expires_in?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
