// Where an operation came from, as log, telemetry and page show it.

/** One object for each event: listeners may keep it, and it does not change any more. */
export interface LogSource {
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: 'clear' | 'tls' | 'ldapi';
  /** The app that it is for, where apps have names and it is known. */
  readonly app?: string | undefined;
  /** True if the client has not sent a byte: a health check, or a port scan. */
  readonly isSilent?: boolean;
}
