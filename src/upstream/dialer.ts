// How the upstream is dialled, by the verifier and by the reader alike: verified TLS, resumed sessions, no delay, keep-alive.
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { AddressBook } from './address-book.js';
import { tlsOptions, type UpstreamEndpoint } from './endpoint.js';

/** Milliseconds of silence before the system asks whether the far end is still there; shorter than firewalls forget. */
const KEEP_ALIVE = 10_000;
/** Milliseconds for one address of a host before the next is tried as well; Node's 250 is too short for far continents. */
const NEXT_ADDRESS = 500;

export class Dialer {
  private readonly context: SecureContext;
  private readonly sessions = new Map<string, Buffer>();
  private readonly expiries = new Map<string, number>();

  constructor(
    /** PEM; undefined for the system's authorities. */
    private readonly ca: Buffer | string | undefined,
    private readonly addresses = new AddressBook(),
  ) {
    this.context = createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
  }

  /** When the certificate that an address showed last ends, in milliseconds of the wall clock; undefined if none was seen. */
  expiryOf({ host, port }: UpstreamEndpoint): number | undefined {
    return this.expiries.get(`${host}:${port}`);
  }

  /** A socket that is being connected; `secureConnect` (or `connect` in clear) says that it may be used. */
  dial(endpoint: UpstreamEndpoint): Socket | TLSSocket {
    const { host, port } = endpoint;
    const where = {
      host,
      port,
      lookup: this.addresses.lookup,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS,
    } satisfies TcpNetConnectOpts;
    const socket = endpoint.tls ? this.secured(endpoint, where) : connectTcp(where);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
    return socket;
  }

  private secured(endpoint: UpstreamEndpoint, where: TcpNetConnectOpts): TLSSocket {
    const key = `${endpoint.host}:${endpoint.port}`;
    const session = this.sessions.get(key);
    const socket = connectTls({
      ...where,
      ...tlsOptions(endpoint, this.ca),
      secureContext: this.context,
      ...(session === undefined ? {} : { session }),
    });
    socket.once('secureConnect', () => {
      // A resumed session shows the certificate of the handshake that it came from.
      if (!socket.isSessionReused()) this.expiries.set(key, Date.parse(socket.getPeerCertificate().valid_to));
    });
    socket.on('session', (next: Buffer) => this.sessions.set(key, next));
    return socket;
  }
}
