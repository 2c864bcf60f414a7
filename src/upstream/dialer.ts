// How the upstream is dialled, by the verifier and by the reader alike: verified TLS, resumed sessions, no delay, keep-alive.
import { connect as connectTcp, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { AddressBook } from './address-book.js';
import type { UpstreamEndpoint } from './endpoint.js';
import { StartTlsTransport } from './start-tls.js';
import { contextOptions, tlsOptions, type UpstreamTls } from './upstream-tls.js';

/** Milliseconds of silence before the system asks whether the far end is still there; shorter than firewalls forget. */
const KEEP_ALIVE = 10_000;
/** Milliseconds for one address of a host before the next is tried as well; Node's 250 is too short for far continents. */
const NEXT_ADDRESS = 500;

/** Opens verified TLS connections to the upstream and resumes their sessions. Rejects before a byte of LDAP is sent if verification fails (R76). */
export class Dialer {
  private readonly context: SecureContext;
  private readonly sessions = new Map<string, Buffer>();
  private readonly expiries = new Map<string, number>();

  constructor(
    private readonly tls: UpstreamTls,
    private readonly addresses = new AddressBook(),
  ) {
    this.context = createSecureContext(contextOptions(tls));
  }

  /** When the certificate that an address showed last ends, in milliseconds of the wall clock; undefined if none was seen. */
  expiryOf({ host, port }: UpstreamEndpoint): number | undefined {
    return this.expiries.get(`${host}:${port}`);
  }

  /**
   * A socket that is being connected; after `secureConnect` (`connect` in cleartext) it may be used. `onread` is called with what arrives, in its
   * single buffer, instead of `data` events; with StartTLS there are `data` events anyway.
   */
  dial(endpoint: UpstreamEndpoint, onread?: OnReadOpts): Socket | TLSSocket {
    const { host, port } = endpoint;
    const where = {
      host,
      port,
      lookup: this.addresses.lookup,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS,
      ...(onread === undefined || endpoint.startTLS ? {} : { onread }),
    } satisfies TcpNetConnectOpts;
    if (endpoint.tls && !endpoint.startTLS) return eager(this.secured(endpoint, where));
    const socket = eager(connectTcp(where));
    return endpoint.startTLS ? this.secured(endpoint, securedLater(host, socket), socket) : socket;
  }

  /** `below`: the socket of the system, where `where` has another one. */
  private secured(endpoint: UpstreamEndpoint, where: ConnectionOptions, below?: Socket): TLSSocket {
    const key = `${endpoint.host}:${endpoint.port}`;
    const session = this.sessions.get(key);
    const socket = connectTls({
      ...where,
      ...tlsOptions(endpoint, this.tls),
      secureContext: this.context,
      ...(session === undefined ? {} : { session }),
    });
    socket.once('secureConnect', () => {
      // A resumed session shows the certificate of the handshake that it came from.
      if (!socket.isSessionReused()) this.expiries.set(key, Date.parse(socket.getPeerCertificate().valid_to));
    });
    socket.on('session', (next: Buffer) => this.sessions.set(key, next));
    if (below !== undefined) keepAlong(socket, below);
    return socket;
  }
}

function eager<Either extends Socket>(socket: Either): Either {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  return socket;
}

/** Where TLS begins once StartTLS is agreed on. */
export function securedLater(host: string, socket: Socket): ConnectionOptions {
  return { host, socket: new StartTlsTransport(socket) };
}

/** TLS over a stream does not pass `ref` and `unref` on to the socket below. */
function keepAlong(socket: TLSSocket, below: Socket): void {
  socket.ref = () => {
    below.ref();
    return socket;
  };
  socket.unref = () => {
    below.unref();
    return socket;
  };
}
