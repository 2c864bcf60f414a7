// How a client is connected.

/** How octets travel between client and here. Whoever may open the socket file of ldapi is on this machine. */
export type Channel = 'clear' | 'tls' | 'ldapi';
