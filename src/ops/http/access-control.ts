// Who may ask the operator's HTTP port: without a token this machine and none of the web pages in its browser, with a token whoever shows it.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sameOctets } from '../../runtime/same-octets.js';
import { type Answer, json } from './route.js';

export interface AccessControlOptions {
  /** The token's octets as they stand; undefined: none is set. */
  readonly token: () => Buffer | undefined;
}

const COOKIE = 'jumpgate';
/** What a browser on this machine calls it; a page of another host that has bound its name to 127.0.0.1 calls it otherwise. */
const THIS_MACHINE = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/i;

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
    if (!this.isLocal()) return FORBIDDEN;
    return isFromHere(request) ? undefined : FORBIDDEN;
  }

  /** The cookie that stands for a token which came as `?token=`, for the page's own requests; undefined for a wrong one. */
  cookieFor(shown: string): string | undefined {
    const token = this.options.token();
    if (token === undefined || !sameOctets(Buffer.from(shown, 'utf8'), token)) return undefined;
    return `${COOKIE}=${this.pass(token)}; HttpOnly; SameSite=Strict; Path=/`;
  }

  private shows({ method, headers }: IncomingMessage, token: Buffer): boolean {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    // Header values arrive as latin1.
    if (bearer !== undefined) return sameOctets(Buffer.from(bearer, 'latin1'), token);
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

const FORBIDDEN = json(403, { error: 'from this machine, and not from another page in its browser' });
const UNAUTHORIZED = json(
  401,
  { error: 'show the token: Authorization: Bearer …, or /?token=… in a browser' },
  { 'www-authenticate': 'Bearer realm="jumpgate"' },
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
