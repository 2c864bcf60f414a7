// Where an operation came from, as log, telemetry and page show it.

/** An object of each event: whoever hears of it may keep it, and it does not change any more. */
export interface LogSource {
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: 'clear' | 'tls' | 'ldapi';
  /** True if the client has not sent an octet: a health check, or a port scan. */
  readonly isSilent?: boolean;
}
