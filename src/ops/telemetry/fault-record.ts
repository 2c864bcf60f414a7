// One fault of a connection, as page, `watch` and programs get it.

/** A connection that broke or was ended. */
export interface FaultRecord {
  readonly time: string;
  readonly fault: string;
  readonly detail: string;
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  /** Where apps have names, and it is known. */
  readonly app?: string;
}
