// How a client is connected.

/** How bytes travel between the client and here. A client of the socket file (ldapi) is on this machine. */
export type Channel = 'clear' | 'tls' | 'ldapi';
