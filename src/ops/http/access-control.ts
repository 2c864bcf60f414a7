// Who may ask the operator's HTTP port. With a configured token: clients that show it. Without: this machine may look, but none of the
// web pages in its browser, and clients that can read the instance's own token may act.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { sameOctets } from '../../runtime/same-octets.js';
import { type Answer, json } from './route.js';
import type { TokenFile } from './token-file.js';

export interface AccessControlOptions {
  /** The configured token's bytes, unchanged; undefined: none is set. */
  readonly token: () => Buffer | undefined;
  /** The instance's own, where none is configured; undefined: no folder took it, and nobody may act. */
  readonly ownToken: () => Pick<TokenFile, 'path' | 'token' | 'restore'> | undefined;
}

const COOKIE = 'jumpgate';
/** What a browser on this machine calls it; a page of another host that has bound its name to 127.0.0.1 calls it otherwise. */
const THIS_MACHINE = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/i;

/** Decides who may ask the ops port: by token, cookie, or from this machine. Compares secrets in constant time. */
export class AccessControl {
  /** Cookies end with the process. */
  private readonly key = randomBytes(32);

  constructor(
    private readonly options: AccessControlOptions,
    /** True while the port can be reached from this machine alone. */
    private readonly isLocal: () => boolean,
  ) {}

  /** Why a request is turned away; undefined: it may pass. */
  refusal(request: IncomingMessage): Answer | undefined {
    const token = this.options.token();
    if (token !== undefined) return this.shows(request, token) ? undefined : UNAUTHORIZED;
    if (!this.isLocal() || !isFromHere(request)) return FORBIDDEN;
    // To look is one thing. An explanation tells who is a member, and a purge lifts a limit: any user of this machine could ask.
    return request.method === 'POST' ? this.refusalToAct(request) : undefined;
  }

  /** The cookie that stands for a token which came as `?token=`, for the page's own requests; undefined for a wrong one. */
  cookieFor(shown: string): string | undefined {
    const token = this.options.token();
    if (token === undefined || !sameOctets(Buffer.from(shown, 'utf8'), token)) return undefined;
    return `${COOKIE}=${this.pass(token)}; HttpOnly; SameSite=Strict; Path=/`;
  }

  private refusalToAct({ headers }: IncomingMessage): Answer | undefined {
    const own = this.options.ownToken();
    if (own === undefined) return TOKENLESS;
    if (sameOctets(bearerIn(headers) ?? NONE, own.token)) return undefined;
    own.restore();
    const error = 'POST requires the token of this instance: Authorization: Bearer …';
    return json(401, { error, tokenFile: own.path }, CHALLENGE);
  }

  private shows({ method, headers }: IncomingMessage, token: Buffer): boolean {
    const bearer = bearerIn(headers);
    if (bearer !== undefined) return sameOctets(bearer, token);
    // A cookie is sent by the browser without anybody's doing: it lets its owner look, not act.
    if (method !== 'GET' && method !== 'HEAD') return false;
    const cookie = (headers.cookie ?? '').split(/; */).find((part) => part.startsWith(`${COOKIE}=`));
    return (
      cookie !== undefined && sameOctets(Buffer.from(cookie.slice(COOKIE.length + 1)), Buffer.from(this.pass(token)))
    );
  }

  private pass(token: Buffer): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}

const NONE = Buffer.alloc(0);

function bearerIn({ authorization = '' }: IncomingHttpHeaders): Buffer | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  // Header values arrive as latin1.
  return bearer === undefined ? undefined : Buffer.from(bearer, 'latin1');
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="jumpgate"' };
const TOKENLESS = json(
  401,
  { error: 'POST requires a token, but no folder was writable for one: set ops.tokenFile' },
  CHALLENGE,
);
const FORBIDDEN = json(403, { error: 'only from this machine, and not from another page in its browser' });
const UNAUTHORIZED = json(
  401,
  { error: 'send the token: Authorization: Bearer …, or /?token=… in a browser' },
  CHALLENGE,
);

/** Browsers say which name they asked for, and from which page: a page of another origin must neither read nor act. */
function isFromHere({ method, headers }: IncomingMessage): boolean {
  const { host, origin } = headers;
  if (host !== undefined && !THIS_MACHINE.test(host)) return false;
  // No page of ours acts.
  if (method === 'POST') return origin === undefined && headers['sec-fetch-site'] === undefined;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = headers['sec-fetch-site'] ?? 'none';
  return site === 'none' || site === 'same-origin' || headers['sec-fetch-mode'] === 'navigate';
}
